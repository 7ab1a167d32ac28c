//! [`Handle`]: from any thread, onto a loop.

use std::fmt;
use std::panic::{Location, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::{Handle as TokioHandle, Runtime};

use crate::context::{self, Loop};
use crate::driver::Spawned;
use crate::error::{Deadlock, Error};
use crate::job::AnyJob;
use crate::owner::{self, Owner, Wait};
use crate::registry::{self, Ours};
use crate::slot::{Outcome, contain};
use crate::spare::ScopedJob;
use crate::spin::LoopWas;
use crate::task::Task;

/// Where a handle's jobs go.
#[derive(Clone)]
enum Target {
    Ours(Arc<Ours>),
    Foreign { runtime: TokioHandle, on: Arc<Loop>, probe: Arc<Probe> },
}

/// Asks a runtime of somebody else's whether it has been shut down, which it says only by what it does to a task. The one that
/// it has not run yet is kept, so that there is one at most.
#[derive(Default)]
struct Probe(Mutex<Option<Owner<()>>>);

impl Probe {
    fn is_refused(&self, runtime: &TokioHandle, on: &Arc<Loop>) -> bool {
        let kept = self.lock().take();
        // In a statement of its own: what drops a probe may be a subscriber's code, and not under the lock.
        let waits = kept.filter(|sent| !sent.is_done());
        let mut sent = waits.unwrap_or_else(|| owner::submit(std::future::ready(()), |job| spawn(runtime, on, job)));
        if sent.is_done() {
            return matches!(sent.take(), Some(Outcome::Stopped(_)));
        }
        let of_another_thread = self.lock().replace(sent);
        drop(of_another_thread);
        false
    }

    fn lock(&self) -> MutexGuard<'_, Option<Owner<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Points to an event loop: one of ours, or an existing tokio runtime of either flavour.
///
/// A loop of ours gives one by `Handle::from(&event_loop)`, or lends one: an [`EventLoop`](crate::EventLoop) and a
/// [`LocalHandle`](crate::LocalHandle) dereference to it.
///
/// It is cheap to clone, and any thread may use it. It does not keep the loop running: when the loop has ended,
/// calls through it give [`Error::Closed`].
///
/// # Examples
///
/// ```
/// let event_loop = bridge::EventLoop::new()?;
/// let handle = event_loop.handle().clone();
/// let answer = std::thread::spawn(move || handle.block_on(async { 6 * 7 })).join().unwrap();
/// assert_eq!(answer?, 42);
/// # std::io::Result::Ok(())
/// ```
///
/// An existing runtime:
///
/// ```
/// let runtime = tokio::runtime::Runtime::new()?;
/// let handle = bridge::Handle::from(&runtime);
/// assert_eq!(handle.block_on(async { 1 + 1 }).unwrap(), 2);
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone)]
pub struct Handle {
    target: Target,
    limit: Option<Duration>,
}

impl Handle {
    /// The event loop that the calling code runs on, as `asyncio.get_running_loop`. Also on the
    /// `spawn_blocking` threads of that loop.
    ///
    /// # Panics
    ///
    /// At the caller's line, when there is none. [`try_current`](Handle::try_current) tells.
    ///
    /// # Examples
    ///
    /// ```
    /// use bridge::Handle;
    ///
    /// let answer = bridge::run(async {
    ///     let handle = Handle::current();
    ///     tokio::task::spawn_blocking(move || handle.block_on(async { 42 })).await
    /// });
    /// assert_eq!(answer.unwrap().unwrap(), 42);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn current() -> Handle {
        Handle::try_current().expect(NO_LOOP)
    }

    /// As [`current`](Handle::current), or `None` where there is no event loop.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(bridge::Handle::try_current().is_none());
    /// ```
    #[must_use]
    pub fn try_current() -> Option<Handle> {
        match registry::running() {
            Some(ours) => Some(Handle::ours(ours)),
            None => TokioHandle::try_current().ok().map(Handle::from),
        }
    }

    /// Runs `future` on the loop, and blocks this thread until it is finished and dropped. So the future may
    /// borrow whatever it likes from the calling thread.
    ///
    /// It is polled on the loop's thread. When this returns or unwinds, nothing of it is left: not after a
    /// timeout, not after a panic, not after the loop's end.
    ///
    /// The expression that makes `future` runs on this thread, before the call. What needs the loop's context to
    /// be made, as `tokio::time::sleep(…)` does, goes inside an `async` block: `async { sleep(limit).await }`.
    ///
    /// # Errors
    ///
    /// - [`Closed`](Error::Closed): the loop has ended, or ended during the call.
    /// - [`WouldDeadlock`](Error::WouldDeadlock): this thread runs the loop that is asked, or a loop that it
    ///   waits for; or it is a worker, inside a task that the loop waits for. Nothing is run.
    /// - [`TimedOut`](Error::TimedOut): the limit of [`with_timeout`](Handle::with_timeout) ran out.
    ///
    /// # Panics
    ///
    /// With the future's own payload, if the future panics.
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::new()?;
    /// let mut lines = vec![String::from("one")];
    /// let count = event_loop.block_on(async {
    ///     lines.push(String::from("two"));
    ///     lines.len()
    /// });
    /// assert_eq!(count?, lines.len());
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn block_on<F>(&self, future: F) -> Result<F::Output, Error>
    where
        F: Future + Send,
        F::Output: Send,
    {
        let site = Location::caller();
        self.scoped(|wait| owner::call(future, |job| self.send(job), wait), site)
    }

    /// Submits `future` and returns at once, as `asyncio.run_coroutine_threadsafe`. Its first poll is never on
    /// this thread's stack, also when this is the loop's own thread; submissions of one thread start in order.
    ///
    /// On a loop that has ended the future is dropped, and the task is [`Closed`](Error::Closed) already.
    /// [`with_timeout`](Handle::with_timeout) does not limit tasks.
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::new()?;
    /// let tasks: Vec<_> = (0..3).map(|i| event_loop.submit(async move { i * i })).collect();
    /// let squares: Result<Vec<_>, _> = tasks.into_iter().map(bridge::Task::result).collect();
    /// assert_eq!(squares?, [0, 1, 4]);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn submit<F>(&self, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Task::new(owner::submit(future, |job| self.send(job)), Arc::clone(self.on()))
    }

    /// Runs `f` on the loop's thread, soon, as `loop.call_soon_threadsafe`. Nobody waits for it; a panic in it
    /// is contained. Calls of one thread run in order.
    ///
    /// # Errors
    ///
    /// [`Closed`](Error::Closed): the loop has ended, and `f` was dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::new()?;
    /// let (tell, told) = std::sync::mpsc::channel();
    /// event_loop.call_soon(move || tell.send(std::thread::current().id()).unwrap())?;
    /// assert_ne!(told.recv().unwrap(), std::thread::current().id());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn call_soon(&self, f: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        let mut f = Unrun(Some(f));
        let task = self.submit(async move {
            if let Some(f) = f.0.take() {
                f();
            }
        });
        if task.leave() { Ok(()) } else { Err(Error::Closed) }
    }

    /// The same loop with a limit: `block_on`, `block_on_local`, companions and `Iter::next` through the new
    /// handle take that long at most. Of two limits the shorter holds. The handle that [`current`](Handle::current)
    /// gives inside has none.
    ///
    /// A call whose limit runs out is withdrawn if it was not started. Else its future is dropped on the loop,
    /// and the call waits for that: it is exact while the loop is responsive, and late by the length of one
    /// poll where it is not. A future that completes in the very poll that the limit falls into has completed.
    /// A limit of zero runs nothing; `Duration::MAX` is none.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let event_loop = bridge::EventLoop::new()?;
    /// let hasty = event_loop.with_timeout(Duration::from_millis(10));
    /// assert!(matches!(hasty.block_on(std::future::pending::<()>()), Err(bridge::Error::TimedOut(_))));
    /// assert_eq!(hasty.block_on(async { 1 }).unwrap(), 1);
    /// # std::io::Result::Ok(())
    /// ```
    #[must_use = "the limit holds for calls through the handle that this returns"]
    pub fn with_timeout(&self, limit: Duration) -> Handle {
        let limit = self.limit.map_or(limit, |old| old.min(limit));
        Handle { target: self.target.clone(), limit: Some(limit) }
    }

    /// Whether the loop takes no more work: it has ended, or its shutdown has begun.
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::new()?;
    /// let handle = event_loop.handle().clone();
    /// assert!(!handle.is_closed());
    /// event_loop.shutdown()?;
    /// assert!(handle.is_closed());
    /// # std::io::Result::Ok(())
    /// ```
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match &self.target {
            Target::Ours(ours) => ours.remote.is_closed(),
            Target::Foreign { runtime, on, probe } => on.is_left_behind() || probe.is_refused(runtime, on),
        }
    }

    #[cfg(feature = "stream")]
    pub(crate) fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// Those of a loop of ours. No other's end waits for its streams.
    #[cfg(feature = "stream")]
    pub(crate) fn streams(&self) -> Option<&Arc<crate::streams::Streams>> {
        match &self.target {
            Target::Ours(ours) => Some(&ours.streams),
            Target::Foreign { .. } => None,
        }
    }

    pub(crate) fn ours(ours: Arc<Ours>) -> Handle {
        Handle { target: Target::Ours(ours), limit: None }
    }

    fn on(&self) -> &Arc<Loop> {
        match &self.target {
            Target::Ours(ours) => &ours.on,
            Target::Foreign { on, .. } => on,
        }
    }

    /// Gives a job to the loop. One that is closed drops it, and so completes it. What the loop was doing.
    fn send(&self, job: Arc<AnyJob>) -> LoopWas {
        match &self.target {
            Target::Ours(ours) => ours.remote.push(job),
            Target::Foreign { on, .. } if on.is_left_behind() => {
                job.refuse();
                LoopWas::Asleep
            }
            Target::Foreign { runtime, on, .. } => spawn(runtime, on, job),
        }
    }

    /// Whether a job would be refused, by a loop that another thread drives.
    fn is_closed_elsewhere(&self) -> bool {
        let id = self.on().id;
        let is_here = registry::drives(id) || TokioHandle::try_current().is_ok_and(|current| current.id() == id);
        !is_here && self.is_closed()
    }

    /// A scoped call, by what makes a wait into an outcome.
    pub(crate) fn scoped<T>(
        &self,
        call: impl FnOnce(Wait<'_>) -> Result<Outcome<T>, Deadlock>,
        site: &'static Location<'static>,
    ) -> Result<T, Error> {
        if self.limit == Some(Duration::ZERO) {
            return Err(Error::TimedOut(Duration::ZERO));
        }
        let on = self.on();
        let leave = |job: &Arc<ScopedJob>| context::may_wait(on, site, || Box::new(Arc::clone(job) as Arc<AnyJob>));
        let deadline = self.limit.and_then(|limit| Instant::now().checked_add(limit));
        match call(Wait { deadline, spin: on.spin(), leave: &leave }) {
            // Nothing would be waited for, also if the loop waits for this thread on its way out.
            Err(_) if self.is_closed_elsewhere() => Err(Error::Closed),
            Err(deadlock) => Err(Error::WouldDeadlock(deadlock)),
            Ok(Outcome::Panicked(payload)) => resume_unwind(payload),
            Ok(outcome) => outcome.into_result(self.limit.unwrap_or(Duration::MAX)),
        }
    }
}

/// Gives a job to a runtime of somebody else's, of which it is not known what it does.
fn spawn(runtime: &TokioHandle, on: &Arc<Loop>, job: Arc<AnyJob>) -> LoopWas {
    context::hand_over(|| drop(runtime.spawn(Spawned::new(job, Arc::clone(on)))));
    LoopWas::Asleep
}

/// A function that is to run, or else to be dropped, without a panic that would hide why it did not run.
struct Unrun<F>(Option<F>);

impl<F> Drop for Unrun<F> {
    fn drop(&mut self) {
        contain(|| self.0.take());
    }
}

const NO_LOOP: &str = "no event loop runs this code: pass a `Handle` to it, or call it from inside a loop";

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Handle");
        debug.field("on", &self.on().name);
        if let Some(limit) = &self.limit {
            debug.field("limit", limit);
        }
        debug.finish()
    }
}

impl From<TokioHandle> for Handle {
    /// The loop of ours that the runtime is, or else the runtime.
    ///
    /// Its futures run as tasks that it spawns. A call waits for as long as nobody drives it: a current-thread
    /// runtime has to be inside its `block_on`. A caller looks for its answer before it parks, for 50 µs at most and as
    /// [`Builder::spin`](crate::Builder::spin) says of callers. Which runtime a calling thread drives, for the check that a wait
    /// can end, is read off the context that it is in; code that has entered a second runtime's context by hand
    /// ([`tokio::runtime::Handle::enter`]) is taken for that one's.
    fn from(runtime: TokioHandle) -> Handle {
        match registry::by_id(runtime.id()) {
            Some(ours) => Handle::ours(ours),
            None => {
                let (on, probe) = (context::foreign(&runtime), Arc::default());
                Handle { target: Target::Foreign { runtime, on, probe }, limit: None }
            }
        }
    }
}

impl From<&Runtime> for Handle {
    fn from(runtime: &Runtime) -> Handle {
        Handle::from(runtime.handle().clone())
    }
}
