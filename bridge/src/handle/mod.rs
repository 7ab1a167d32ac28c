//! [`Handle`]: from any thread, onto a loop.

mod as_handle;
mod budget;
mod call;
mod enter;
mod external;
mod here;
pub(crate) mod large;
mod local_handle;

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Handle as TokioHandle, Runtime};

use self::large::is_large;
use crate::deadlock::context;
use crate::deadlock::current::{self, LoopMeta};
use crate::error::Error;
use crate::event_loop::loop_ref::LoopRef;
use crate::park::Host;
use crate::park::cancel::Cancellers;
use crate::shared_loop::state::Shared;
use crate::task::Task;
use crate::task::canceller::Canceller;
use crate::task::join;
use crate::task::raw::header::Pushable;
use crate::unwind::catch_and_drop;

pub use self::as_handle::AsHandle;
pub use self::enter::EnterGuard;
pub(crate) use self::external::External;
pub use self::local_handle::LocalHandle;

/// Where a handle's jobs go.
#[derive(Clone)]
pub(super) enum Target {
    Loop(Arc<LoopRef>),
    External(Arc<External>),
}

/// Refers to a loop: a [`SharedLoop`](crate::SharedLoop), an [`EventLoop`](crate::EventLoop), or an external tokio
/// runtime of either flavour.
///
/// A loop of this crate gives one by `Handle::from(&event_loop)`, or lends one: it dereferences to it.
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
///
/// A blocking companion takes what has one: a handle, a loop, or a runtime. See [`AsHandle`].
#[derive(Clone)]
pub struct Handle {
    target: Target,
    timeout: Option<Duration>,
    cancellers: Cancellers,
}

impl Handle {
    /// The event loop that the calling code runs on, as `asyncio.get_running_loop`. Also on the
    /// `spawn_blocking` threads of that loop.
    ///
    /// # Panics
    ///
    /// At the caller's line, when there is none. [`try_current`](Handle::try_current) returns `None`.
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
        match LoopRef::current() {
            Ok(loop_ref) => Some(Handle::of_loop(loop_ref)),
            Err(context) => context.map(Handle::from),
        }
    }

    /// Runs `future` to its end, and blocks this thread until it is finished and dropped. So the future may borrow from the
    /// calling thread. When this returns or unwinds, nothing of the future is left: not after a timeout, a panic, or the
    /// loop's end.
    ///
    /// # Where the future runs
    ///
    /// | handle of | the future is polled and dropped |
    /// | --- | --- |
    /// | a [`SharedLoop`](crate::SharedLoop), an external runtime | on the calling thread, inside the loop's context |
    /// | an [`EventLoop`](crate::EventLoop), [`run`](crate::run) | on the loop's thread |
    ///
    /// A thread on which a current-thread runtime or an `EventLoop` polls must not wait inside such a poll for what its own
    /// scheduler has to bring. It polls the future once; one that is pending then goes on as a task of the loop, while the
    /// thread waits. The same goes, from the first poll, for a thread whose thread-locals are being destroyed.
    ///
    /// The expression that makes `future` runs on this thread, before the call. What needs the loop's context to
    /// be made, as `tokio::time::sleep(…)` does, goes inside an `async` block: `async { sleep(time).await }`.
    ///
    /// # Errors
    ///
    /// - [`Closed`](Error::Closed): the loop has ended, or ended during the call.
    /// - [`WouldDeadlock`](Error::WouldDeadlock): this thread drives the loop that is asked, inside one of its tasks, or a
    ///   loop that it waits for; or it is a worker, inside a task that the loop waits for.
    /// - [`TimedOut`](Error::TimedOut): the timeout of [`with_timeout`](Handle::with_timeout) ran out.
    /// - [`Cancelled`](Error::Cancelled): a canceller of [`with_canceller`](Handle::with_canceller) was cancelled.
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
        if const { is_large::<F>() } {
            self.block_on_for(None, Box::pin(future))
        } else {
            self.block_on_for(None, future)
        }
    }

    /// [`block_on`](Handle::block_on), for a companion. A large future has been boxed.
    #[track_caller]
    #[inline]
    pub(crate) fn block_on_for<F>(&self, companion: Option<&'static str>, future: F) -> Result<F::Output, Error>
    where
        F: Future + Send,
        F::Output: Send,
    {
        self.block_on_at(Location::caller(), companion, future)
    }

    /// Submits `future` and returns at once, as `asyncio.run_coroutine_threadsafe`. Its first poll is never on
    /// this thread's stack, also when this is the loop's own thread; submissions of one thread start in order.
    ///
    /// On a loop that has ended the future is dropped, and the task is [`Closed`](Error::Closed) already.
    /// [`with_timeout`](Handle::with_timeout) does not hold for tasks.
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
    #[track_caller]
    pub fn submit<F>(&self, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        if const { is_large::<F>() } { self.send_task(Box::pin(future)) } else { self.send_task(future) }
    }

    #[track_caller]
    fn send_task<F>(&self, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Task::new(join::submit(future, |job| self.send(job)), Arc::clone(self.on()), self.shared())
    }

    /// Runs `f` on the thread that drives the loop, soon, as `loop.call_soon_threadsafe`. Nobody waits for it; a panic in it
    /// is caught. Calls of one thread run in order.
    ///
    /// # Errors
    ///
    /// [`Closed`](Error::Closed): the loop has ended, and `f` was dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::new()?;
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// event_loop.call_soon(move || sender.send(std::thread::current().id()).unwrap())?;
    /// assert_ne!(receiver.recv().unwrap(), std::thread::current().id());
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn call_soon<F>(&self, f: F) -> Result<(), Error>
    where
        F: FnOnce() + Send + 'static,
    {
        if const { is_large::<F>() } { self.run_soon(Box::new(f)) } else { self.run_soon(f) }
    }

    #[track_caller]
    fn run_soon(&self, f: impl FnOnce() + Send + 'static) -> Result<(), Error> {
        let mut f = Unrun(Some(f));
        let task = self.submit(async move {
            if let Some(f) = f.0.take() {
                f();
            }
        });
        if task.detach() { Ok(()) } else { Err(Error::Closed) }
    }

    /// The same loop with a timeout: `block_on`, `block_on_local`, companions and `Iter::next` through the new handle take
    /// that long at most. Of two timeouts the shorter holds, but for `timeout = …` of a companion, which replaces that of its
    /// handle; [`without_timeout`](Handle::without_timeout) removes one. The handle that [`current`](Handle::current) gives inside
    /// has none. `Duration::ZERO` runs nothing, and `Duration::MAX` is no timeout.
    ///
    /// A call that times out drops its future, and returns after that. On the calling thread that is at once, or as soon as
    /// a poll ends that is under way; the call of a thread that drives a shared loop is late by 2 ms at most, or by the
    /// length of a poll of another task that it drives. On an `EventLoop` a call that was not started never runs, and one
    /// that was ends when its loop has left the poll that is under way. A future that completes in the very poll that the
    /// timeout falls into has completed.
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
    #[must_use = "the timeout holds for calls through the handle that this returns"]
    pub fn with_timeout(&self, timeout: Duration) -> Handle {
        self.with_own_timeout(self.timeout.map_or(timeout, |old| old.min(timeout)))
    }

    /// The same loop without a timeout: for a client that has a timeout of its own to set, again and again.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let handle = bridge::shared().with_timeout(Duration::from_millis(10));
    /// let longer = handle.without_timeout().with_timeout(Duration::from_secs(60));
    /// assert_eq!(longer.timeout(), Some(Duration::from_secs(60)));
    /// assert_eq!(bridge::shared().timeout(), None);
    /// ```
    #[must_use = "calls through the handle that this returns have no timeout"]
    pub fn without_timeout(&self) -> Handle {
        Handle { timeout: None, ..self.clone() }
    }

    /// How long calls through this handle may take. `None`: without a limit. See [`with_timeout`](Handle::with_timeout).
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// The same loop with that timeout, in the place of the handle's: for `timeout = …` of a companion.
    pub(crate) fn with_own_timeout(&self, timeout: Duration) -> Handle {
        Handle { timeout: Some(timeout), ..self.clone() }
    }

    /// The same loop with that timeout and no canceller: for what cleans up.
    #[cfg(feature = "facade")]
    pub(crate) fn to_clean_up(&self, timeout: Duration) -> Handle {
        Handle { cancellers: Cancellers::default(), ..self.with_timeout(timeout) }
    }

    /// The same loop with a canceller: `block_on`, `block_on_local`, companions and `Iter::next` through the new handle end as
    /// [`Cancelled`](Error::Cancelled) once it is cancelled, from wherever: a Ctrl-C handler's thread, a Cancel button,
    /// another call. Those that wait then end, and those that begin later run nothing. Of several cancellers any will do, and a
    /// timeout holds beside them. Tasks that are submitted are not cancelled, and the handle that
    /// [`current`](Handle::current) gives inside has no canceller.
    ///
    /// A call that is cancelled drops its future first, where that lives, and returns after that. On the calling thread that
    /// is at once, or as soon as a poll ends that is under way: of the future, or of another task where the thread drives a
    /// shared loop. On an `EventLoop` a call that was not started never runs, and one that was ends when its loop has left
    /// the poll that is under way. A future that completes in that very poll has completed, as with a timeout.
    ///
    /// `Iter::next` panics where a canceller ends it; `Iter::next_timeout` returns the error. The stream goes on.
    ///
    /// A program that is embedded somewhere, and has to ask for signals from time to time (Python's `check_signals`), waits in
    /// the calling thread and cancels a call on another one:
    ///
    /// ```
    /// use std::thread;
    /// use std::time::{Duration, Instant};
    ///
    /// use bridge::{Canceller, Error, Handle};
    ///
    /// /// What `PyErr_CheckSignals` is: an error if there was a Ctrl-C.
    /// fn check_signals(since: Instant) -> Result<(), ()> {
    ///     if since.elapsed() < Duration::from_millis(20) { Ok(()) } else { Err(()) }
    /// }
    ///
    /// fn interruptible<T: Send>(handle: &Handle, future: impl Future<Output = T> + Send) -> Result<T, Error> {
    ///     let canceller = Canceller::new();
    ///     let handle = handle.with_canceller(&canceller);
    ///     let started = Instant::now();
    ///     thread::scope(|scope| {
    ///         let call = scope.spawn(move || handle.block_on(future));
    ///         while !call.is_finished() {
    ///             if check_signals(started).is_err() {
    ///                 canceller.cancel();
    ///             }
    ///             thread::park_timeout(Duration::from_millis(10));
    ///         }
    ///         call.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    ///     })
    /// }
    ///
    /// let interrupted = interruptible(bridge::shared(), std::future::pending::<()>());
    /// assert!(matches!(interrupted, Err(Error::Cancelled)));
    /// ```
    ///
    /// # Examples
    ///
    /// ```
    /// use bridge::{Canceller, Error, threadsafe};
    ///
    /// #[threadsafe(fallible)]
    /// async fn download(name: &str) -> Vec<u8> {
    ///     std::future::pending().await
    /// }
    ///
    /// let canceller = Canceller::new();
    /// let handle = bridge::shared().with_canceller(&canceller);
    /// std::thread::scope(|scope| {
    ///     let call = scope.spawn(|| download_blocking(&handle, "large"));
    ///     canceller.cancel();
    ///     assert!(matches!(call.join().unwrap(), Err(Error::Cancelled)));
    /// });
    /// ```
    #[must_use = "the canceller holds for calls through the handle that this returns"]
    pub fn with_canceller(&self, canceller: &Canceller) -> Handle {
        Handle { cancellers: self.cancellers.with(canceller.token()), ..self.clone() }
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
            Target::Loop(loop_ref) => loop_ref.scheduler.is_closed(),
            Target::External(external) => external.on.is_of_parent_process() || external.has_ended(),
        }
    }

    #[cfg(feature = "stream")]
    pub(crate) fn cancellers(&self) -> &Cancellers {
        &self.cancellers
    }

    /// Those of a loop of this crate. No other's end waits for its streams.
    #[cfg(feature = "stream")]
    pub(crate) fn streams(&self) -> Option<&Arc<crate::stream::open::Streams>> {
        match &self.target {
            Target::Loop(loop_ref) => Some(&loop_ref.streams),
            Target::External(_) => None,
        }
    }

    pub(crate) fn of_loop(loop_ref: Arc<LoopRef>) -> Handle {
        Handle::new(Target::Loop(loop_ref))
    }

    fn new(target: Target) -> Handle {
        Handle { target, timeout: None, cancellers: Cancellers::default() }
    }

    fn on(&self) -> &Arc<LoopMeta> {
        match &self.target {
            Target::Loop(loop_ref) => &loop_ref.on,
            Target::External(external) => &external.on,
        }
    }

    fn shared(&self) -> Option<Arc<Shared>> {
        match &self.target {
            Target::Loop(loop_ref) => loop_ref.shared.clone(),
            Target::External(_) => None,
        }
    }

    /// A shared loop or an external runtime, whose callers poll for themselves.
    fn host(&self) -> Option<&dyn Host> {
        match &self.target {
            Target::Loop(loop_ref) => loop_ref.shared.as_ref().map(|shared| &**shared as &dyn Host),
            Target::External(external) => Some(&**external),
        }
    }

    /// Gives a job to the loop. One that is closed drops it, and so completes it.
    fn send(&self, job: Pushable) {
        match &self.target {
            Target::Loop(loop_ref) => loop_ref.scheduler.push(job),
            Target::External(external) if external.on.is_of_parent_process() => job.refuse(),
            Target::External(external) => external.spawn(job.into_task()),
        }
    }

    /// As [`send`](Handle::send), for a call that is under way: a shutdown lets it finish.
    fn send_inside(&self, job: Pushable) {
        match &self.target {
            Target::Loop(loop_ref) => loop_ref.scheduler.push_inside(job),
            Target::External(_) => self.send(job),
        }
    }

    /// Whether this thread neither drives the loop nor runs in its context, as its `spawn_blocking` threads do.
    fn is_outside(&self) -> bool {
        let id = self.on().id;
        let is_in_context = || TokioHandle::try_current().is_ok_and(|current| current.id() == id);
        !(current::drives(id) || is_in_context() && !context::is_in_guard(id))
    }
}

/// A function that is to run, or else to be dropped, without a panic that would hide why it did not run.
struct Unrun<F>(Option<F>);

impl<F> Drop for Unrun<F> {
    fn drop(&mut self) {
        catch_and_drop(|| self.0.take());
    }
}

const NO_LOOP: &str = "no event loop runs this code: pass a `Handle` to it, or call it from inside a loop";

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Handle");
        debug.field("on", &self.on().name);
        if let Some(timeout) = &self.timeout {
            debug.field("timeout", timeout);
        }
        if self.cancellers.is_cancelled() {
            debug.field("is_cancelled", &true);
        }
        debug.finish()
    }
}

impl From<TokioHandle> for Handle {
    /// The loop of this crate that the runtime is, or else the runtime.
    ///
    /// Scoped calls are polled on the calling thread, inside the runtime's context; their timers and sockets need somebody
    /// who drives the runtime: a current-thread one has to be inside its `block_on`. What is submitted becomes a task of the
    /// runtime. The first call spawns one more task, which ends with the runtime and ends waiting calls then.
    ///
    /// Which runtime a calling thread drives decides what it may wait for, and not which runtime's context it has entered
    /// ([`tokio::runtime::Handle::enter`]). As tokio's handle, this one keeps the file descriptors of a runtime that has ended.
    fn from(runtime: TokioHandle) -> Handle {
        let target = match LoopRef::by_id(runtime.id()) {
            Some(loop_ref) => Target::Loop(loop_ref),
            None => Target::External(External::of(&runtime)),
        };
        Handle::new(target)
    }
}

impl From<&TokioHandle> for Handle {
    fn from(runtime: &TokioHandle) -> Handle {
        Handle::from(runtime.clone())
    }
}

impl From<&Runtime> for Handle {
    fn from(runtime: &Runtime) -> Handle {
        Handle::from(runtime.handle().clone())
    }
}
