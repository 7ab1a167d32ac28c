//! [`EventLoop`], [`Builder`], [`run`], [`global`]: how a loop starts and how it ends.

use std::fmt;
use std::io;
use std::ops::Deref;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::runtime::Builder as TokioBuilder;

use crate::context;
use crate::driver::Plan;
use crate::error::Error;
use crate::handle::Handle;
use crate::local_handle::LocalHandle;
use crate::owner::Ending;
use crate::registry;
use crate::running::Running;
use crate::spin::DEFAULT_SPIN;

/// Makes the calling thread the event loop, runs `main` on it and returns its output, as `asyncio.run`.
///
/// Futures that are not `Send` may live here, and `tokio::task::spawn_local` works. While `main` runs, other
/// threads reach the loop through [`Handle::current`], taken inside. When `main` returns, or panics,
/// what is still running is cancelled, and every caller that waits gets [`Error::Closed`].
///
/// # Panics
///
/// With `main`'s panic; when the loop cannot be started (no file descriptors left, say); and when this thread
/// runs an event loop already, or is inside the `block_on` of a tokio runtime.
///
/// # Examples
///
/// ```
/// let answer = bridge::run(async {
///     let handle = bridge::Handle::current();
///     let thread = std::thread::spawn(move || handle.block_on(async { 6 * 7 }));
///     while !thread.is_finished() {
///         tokio::task::yield_now().await;
///     }
///     thread.join().unwrap()
/// });
/// assert_eq!(answer.unwrap(), 42);
/// ```
#[track_caller]
pub fn run<F: Future>(main: F) -> F::Output {
    assert!(
        !context::drives_any(),
        "this thread runs an event loop already: `.await` the future here, or call `bridge::run` on another thread"
    );
    let name = thread::current().name().map_or_else(unique_name, String::from);
    let mut runtime = runtime();
    runtime.thread_name(format!("{name}-blocking"));
    let running = match Running::start(runtime, &name, DEFAULT_SPIN, false) {
        Ok(running) => running,
        Err(error) => panic!("the event loop could not be started: {error}"),
    };
    running.run(main)
}

/// The process-wide event loop: started on first use, never stopped. Its thread ends with the process.
///
/// # Panics
///
/// When it cannot be started; the next call tries again.
///
/// # Examples
///
/// ```
/// let answer = bridge::global().block_on(async { 6 * 7 });
/// assert_eq!(answer.unwrap(), 42);
/// ```
#[track_caller]
pub fn global() -> &'static LocalHandle {
    static GLOBAL: OnceLock<EventLoop> = OnceLock::new();
    GLOBAL.get_or_init(|| match EventLoop::builder().thread_name("bridge-global").build() {
        Ok(event_loop) => event_loop,
        Err(error) => panic!("the global event loop could not be started: {error}"),
    })
}

/// What every loop is made of.
fn runtime() -> TokioBuilder {
    let mut runtime = TokioBuilder::new_current_thread();
    runtime.enable_all().on_thread_park(registry::on_idle);
    runtime
}

/// A name for a loop that was given none.
fn unique_name() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(1);
    // ORDERING: a number nobody else has, which is all.
    format!("bridge-loop-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// An event loop on a thread of its own.
///
/// It dereferences to its [`LocalHandle`]. Any thread may own it.
///
/// # Dropping
///
/// Closes the loop, cancels what is left and waits for its thread to end: futures are dropped on the loop's
/// thread, inside its context, and everyone who waits for them gets [`Error::Closed`]. A loop that is inside a
/// long poll, or has a `spawn_blocking` thread that is still busy, ends after that. To let work finish, use
/// [`shutdown`](EventLoop::shutdown).
///
/// Dropped on its own thread, on one of its `spawn_blocking` threads, or where waiting would close a circle of
/// loops that wait for each other, it closes without waiting.
///
/// # Examples
///
/// ```
/// let event_loop = bridge::EventLoop::new()?;
/// assert_eq!(event_loop.block_on(async { 6 * 7 }).unwrap(), 42);
/// # std::io::Result::Ok(())
/// ```
pub struct EventLoop {
    handle: LocalHandle,
    thread: Option<JoinHandle<()>>,
    ended: Ending,
    /// Where it was started: the line by which a drop, which has none of its own, is named in a [`Deadlock`].
    ///
    /// [`Deadlock`]: crate::Deadlock
    site: &'static Location<'static>,
}

// The handle of the thread is joined once, and its panic is not looked at.
impl UnwindSafe for EventLoop {}
impl RefUnwindSafe for EventLoop {}

impl EventLoop {
    /// Starts a loop with the defaults of [`Builder`].
    ///
    /// # Errors
    ///
    /// When the system gives no thread, or no file descriptor for the loop's I/O driver.
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::new()?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn new() -> io::Result<EventLoop> {
        EventLoop::builder().build()
    }

    /// A loop to be set up.
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::builder().thread_name("network").build()?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn builder() -> Builder {
        Builder { runtime: runtime(), name: None, spin: DEFAULT_SPIN }
    }

    /// The handle, to be cloned and given to threads.
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::new()?;
    /// let handle = event_loop.handle().clone();
    /// let thread = std::thread::spawn(move || handle.block_on(async { "from a thread" }));
    /// assert_eq!(thread.join().unwrap().unwrap(), "from a thread");
    /// # std::io::Result::Ok(())
    /// ```
    #[must_use]
    pub fn handle(&self) -> &LocalHandle {
        &self.handle
    }

    /// Finishes all that was submitted, then ends the loop and waits for its thread. From the call on the loop
    /// is closed to new work, also to that of its own tasks. Tasks that were spawned with tokio's own functions
    /// are not waited for. The stream of an `Iter` is, until it has ended or the iterator is dropped; but for a second
    /// only if the calling thread was the last to use that iterator, which is no error.
    ///
    /// # Errors
    ///
    /// [`WouldDeadlock`](Error::WouldDeadlock) on the loop's own thread, on one whose loop that loop waits for, and on a
    /// `spawn_blocking` thread of the loop, which ends after these. The loop then ends as by drop.
    /// [`Closed`](Error::Closed) in a process that was forked off the one that the loop is in.
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::new()?;
    /// let task = event_loop.submit(async {
    ///     tokio::task::yield_now().await;
    ///     "finished"
    /// });
    /// event_loop.shutdown()?;
    /// assert_eq!(task.result()?, "finished");
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn shutdown(self) -> Result<(), Error> {
        self.finish(None)
    }

    /// As [`shutdown`](EventLoop::shutdown), for `limit` at most: what is not finished by then is cancelled as
    /// by drop, which is waited for: a loop whose thread blocks, in a poll or in a call onto another loop, ends after that.
    /// `Duration::MAX` is no limit.
    ///
    /// # Errors
    ///
    /// [`TimedOut`](Error::TimedOut) if something had to be cancelled; else as `shutdown`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let event_loop = bridge::EventLoop::new()?;
    /// let task = event_loop.submit(std::future::pending::<()>());
    /// let ended = event_loop.shutdown_timeout(Duration::from_millis(10));
    /// assert!(matches!(ended, Err(bridge::Error::TimedOut(_))));
    /// assert!(matches!(task.result(), Err(bridge::Error::Closed)));
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn shutdown_timeout(self, limit: Duration) -> Result<(), Error> {
        self.finish(Some(limit))
    }

    #[track_caller]
    fn finish(mut self, limit: Option<Duration>) -> Result<(), Error> {
        let on = Arc::clone(&self.handle.ours().on);
        if on.is_left_behind() {
            return Err(Error::Closed);
        }
        let leave = self.ended.may_wait(&on, Location::caller()).map_err(Error::WouldDeadlock)?;
        self.handle.ours().remote.stop(Plan::Finish);
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        let in_time = leave.block(|| self.wait(deadline, leave.is_on_worker()));
        // The drop tells a loop that is late to abort, and joins its thread. The leave is kept until then: else a task of that
        // loop might be let into a wait for this thread in between, and the drop, refused, would not wait.
        let remote = Arc::clone(&self.handle.ours().remote);
        drop(self);
        drop(leave);
        match limit {
            Some(limit) if !in_time && remote.was_cut_short() => Err(Error::TimedOut(limit)),
            _ => Ok(()),
        }
    }

    /// Waits for a loop that finishes what was submitted. False: `deadline` came first.
    #[cfg(not(feature = "stream"))]
    fn wait(&mut self, deadline: Option<Instant>, _: bool) -> bool {
        self.ended.wait(deadline)
    }

    #[cfg(feature = "stream")]
    fn wait(&mut self, deadline: Option<Instant>, on_worker: bool) -> bool {
        /// Within which an iterator that was moved to another thread is taken to be asked there.
        const MOVED: Duration = Duration::from_secs(1);
        let patience = Instant::now() + MOVED;
        if deadline.is_some_and(|deadline| deadline <= patience) {
            return self.ended.wait(deadline);
        }
        self.ended.wait(Some(patience)) || {
            self.handle.ours().streams.give_up_asked_here(on_worker);
            self.ended.wait(deadline)
        }
    }
}

impl Drop for EventLoop {
    fn drop(&mut self) {
        let ours = Arc::clone(self.handle.ours());
        if ours.on.is_left_behind() {
            // In a fork there is no thread to stop, nor one to join.
            std::mem::forget(self.thread.take());
            return;
        }
        ours.remote.stop(Plan::Abort);
        // Refused: nobody joins the thread, which ends on its own.
        let Ok(leave) = self.ended.may_wait(&ours.on, self.site) else { return };
        leave.block(|| {
            self.ended.wait(None);
            // Not by the thread itself, which may own this in a thread-local that outlives the loop.
            if let Some(thread) = self.thread.take_if(|thread| thread.thread().id() != thread::current().id()) {
                // What a loop's thread panics with, if a hook of the user's did, has been reported by the panic
                // hook, and every caller has been told that the loop is closed.
                drop(thread.join());
            }
        });
    }
}

impl From<&EventLoop> for Handle {
    fn from(event_loop: &EventLoop) -> Handle {
        Handle::from(&event_loop.handle)
    }
}

impl Deref for EventLoop {
    type Target = LocalHandle;

    fn deref(&self) -> &LocalHandle {
        &self.handle
    }
}

impl fmt::Debug for EventLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventLoop").field("name", &self.handle.ours().on.name).finish_non_exhaustive()
    }
}

/// Sets up an [`EventLoop`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let event_loop = bridge::EventLoop::builder()
///     .thread_name("database")
///     .spin(Duration::ZERO)
///     .configure(|tokio| {
///         tokio.max_blocking_threads(4);
///     })
///     .build()?;
/// let name = event_loop.block_on(async { std::thread::current().name().map(String::from) });
/// assert_eq!(name.unwrap().as_deref(), Some("database"));
/// # std::io::Result::Ok(())
/// ```
#[must_use = "a builder does nothing until `build`"]
#[derive(Debug)]
pub struct Builder {
    runtime: TokioBuilder,
    name: Option<String>,
    spin: Duration,
}

impl Builder {
    /// The name of the loop's thread, by which a [`Deadlock`](crate::Deadlock) names the loop. Else it is
    /// `bridge-loop-` and a number.
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::builder().thread_name("audio").build()?;
    /// assert!(format!("{event_loop:?}").contains("audio"));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn thread_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// How long a thread looks before it parks: a caller for its answer, and the loop, once it has answered and has
    /// nothing else to do, for the next call. The default is 50 µs; `Duration::ZERO` parks at once, on both sides.
    ///
    /// A sleep and a wake cost several microseconds a side, and tens where a core has to be woken for them. A call that
    /// follows the last one within this time is answered without either, and costs a tenth, or less. What it costs:
    ///
    /// - A thread that looks keeps a core busy. Over all loops there are never more of these than the process has cores,
    ///   less one; with one core, nobody looks. An idle process looks at nothing and uses no CPU.
    /// - Looks that are in vain make the next ones rarer, down to one in 16. So calls that take longer than this time,
    ///   or come rarely, cost what a plain park does and a few microseconds of CPU.
    /// - On a machine whose cores are all wanted by others a thread that looks uses up its share of one, and may be put
    ///   aside just when the answer comes. Calls that wait for sockets were then seen to take two or three times as long as
    ///   with `Duration::ZERO`, the mean of all; calls that wait for nothing, less time or as long.
    /// - While the loop looks, its sockets, its timers and what is spawned onto its runtime have their turn every few
    ///   microseconds. It looks only after calls: a loop that gets none parks like any tokio runtime.
    /// - An [`EventLoop`] that is called closely by a thread on its own core moves to another of the cores that it may run
    ///   on (Linux, and no seccomp filter): virtual machines tend to leave the two on one core. Which cores it may run on
    ///   is as before then.
    ///
    /// The loop's side rests on tokio's `on_thread_park`. A [`configure`](Builder::configure) that sets that hook to one
    /// of its own turns the loop's side off, and leaves the callers'.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let frugal = bridge::EventLoop::builder().spin(Duration::ZERO).build()?;
    /// assert_eq!(frugal.block_on(async { 1 }).unwrap(), 1);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn spin(mut self, limit: Duration) -> Self {
        self.spin = limit;
        self
    }

    /// Sets up the tokio runtime that the loop is made of. It is a current-thread one, with I/O and time enabled as
    /// far as the program's tokio has them (its features `net` and `time`); `f` is called at once.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::atomic::{AtomicBool, Ordering};
    ///
    /// static PARKED: AtomicBool = AtomicBool::new(false);
    ///
    /// let event_loop = bridge::EventLoop::builder()
    ///     .configure(|tokio| {
    ///         tokio.on_thread_park(|| PARKED.store(true, Ordering::Relaxed));
    ///     })
    ///     .build()?;
    /// event_loop.block_on(async { tokio::time::sleep(std::time::Duration::from_millis(1)).await }).unwrap();
    /// assert!(PARKED.load(Ordering::Relaxed));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn configure(mut self, f: impl FnOnce(&mut TokioBuilder)) -> Self {
        f(&mut self.runtime);
        self
    }

    /// Starts the loop on a thread of its own.
    ///
    /// # Errors
    ///
    /// When the system gives no thread, or no file descriptor for the loop's I/O driver; `InvalidInput` for a
    /// name with a NUL in it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::ErrorKind;
    ///
    /// let nameless = bridge::EventLoop::builder().thread_name("\0").build();
    /// assert_eq!(nameless.unwrap_err().kind(), ErrorKind::InvalidInput);
    /// ```
    #[track_caller]
    pub fn build(self) -> io::Result<EventLoop> {
        let site = Location::caller();
        let Builder { mut runtime, name, spin } = self;
        let name = name.unwrap_or_else(unique_name);
        if name.contains('\0') {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the name of a thread cannot contain a NUL"));
        }
        runtime.thread_name(format!("{name}-blocking"));
        let (ended, end) = Ending::new();
        let (tell, started) = mpsc::sync_channel(1);
        let thread = thread::Builder::new().name(name.clone()).spawn(move || {
            let _end = end;
            match Running::start(runtime, &name, spin, true) {
                Ok(running) => {
                    // The one that is told waits until it is.
                    let _ = tell.send(Ok(LocalHandle::new(Arc::clone(&running.ours))));
                    drop(tell);
                    running.run_until_stopped();
                }
                Err(error) => drop(tell.send(Err(error))),
            }
        })?;
        let error = match started.recv() {
            Ok(Ok(handle)) => return Ok(EventLoop { handle, thread: Some(thread), ended, site }),
            Ok(Err(error)) => error,
            Err(mpsc::RecvError) => io::Error::other("the loop's thread panicked while it started"),
        };
        // Nothing is left of it when the caller is told. Its panic has been reported.
        drop(thread.join());
        Err(error)
    }
}
