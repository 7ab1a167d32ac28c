//! [`EventLoop`], [`Builder`], [`run`], [`global`]: how a loop starts and how it ends.
//!
//! The types that are "the loop":
//!
//! | type | what it is of a loop |
//! | --- | --- |
//! | [`EventLoop`], [`SharedLoop`](crate::SharedLoop) | what the user owns |
//! | [`LoopThread`] | the loop's thread, for that owner: how it is shut down, and joined |
//! | [`RunningLoop`] | an event loop, on the thread that runs it |
//! | [`Driver`](driver::Driver) | what polls the jobs of the loop, of either kind |
//! | [`Scheduler`](scheduler::Scheduler) | what all threads share of it: the queue, and how far its end is |
//! | [`Shared`](crate::shared_loop::state::Shared) | what they share of a shared loop besides: who drives it |
//! | [`LoopRef`](loop_ref::LoopRef) | all that handles need of it |
//! | [`LoopMeta`](crate::deadlock::current::LoopMeta) | who it is: its id and name |

pub(crate) mod driver;
pub(crate) mod loop_ref;
pub(crate) mod loop_thread;
mod running;
pub(crate) mod scheduler;
pub(crate) mod thread_setup;

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::ops::Deref;
use std::panic::Location;
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder as TokioBuilder;

use self::loop_thread::LoopThread;
use self::running::{BlockingPoolWait, RunningLoop};
use self::thread_setup::ThreadSetup;
use crate::deadlock::current::Driving;
use crate::deadlock::thread::drives_any;
use crate::error::Error;
use crate::fork::PerProcess;
use crate::handle::large::is_large;
use crate::handle::{AsHandle, Handle, LocalHandle};
use crate::instrument::stall::SLOW_POLL;
use crate::task::latch::ShutdownLatch;

/// Makes the calling thread the event loop, runs `main` on it and returns its output, as `asyncio.run`.
///
/// Futures that are not `Send` may live here, and `tokio::task::spawn_local` works. While `main` runs, other
/// threads reach the loop through [`Handle::current`], taken inside. When `main` returns, or panics,
/// what is still running is cancelled, and every caller that waits gets [`Error::Closed`].
///
/// It returns once the `spawn_blocking` threads that are busy then have finished, however long that takes: a thread that is
/// stuck in a read of standard input, say, holds it up. [`run_timeout`] does not wait for ever.
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
    if const { is_large::<F>() } { run_and_wait(Box::pin(main), None) } else { run_and_wait(main, None) }
}

/// As [`run`], but waits for busy `spawn_blocking` threads for `timeout` at most once `main` has returned or panicked, and then
/// abandons them. `main` itself may take as long as it likes.
///
/// # Panics
///
/// As [`run`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let (_keep, never) = std::sync::mpsc::channel::<()>();
/// let main = async {
///     // Stuck, as a read of standard input may be.
///     drop(tokio::task::spawn_blocking(move || never.recv()));
///     "done"
/// };
/// assert_eq!(bridge::run_timeout(main, Duration::from_millis(50)), "done");
/// ```
#[track_caller]
pub fn run_timeout<F: Future>(main: F, timeout: Duration) -> F::Output {
    if const { is_large::<F>() } {
        run_and_wait(Box::pin(main), Some(timeout))
    } else {
        run_and_wait(main, Some(timeout))
    }
}

#[track_caller]
fn run_and_wait<F: Future>(main: F, timeout: Option<Duration>) -> F::Output {
    assert!(
        !drives_any(),
        "this thread runs an event loop already: `.await` the future here, or call `bridge::run` on another thread"
    );
    let name = thread::current().name().map_or_else(thread_setup::unique_name, String::from);
    let (mut runtime, name_of_loop) = runtime();
    let _ = name_of_loop.set(name.clone());
    let pool_wait = timeout.map(|timeout| BlockingPoolWait::new(&mut runtime, format!("{name}-blocking"), timeout));
    let mut running = match RunningLoop::start(runtime, &name, Duration::ZERO, SLOW_POLL) {
        Ok(running) => running,
        Err(error) => panic!("the event loop could not be started: {error}"),
    };
    running.pool_wait = pool_wait;
    running.run(main)
}

/// The process-wide event loop: started on first use, never stopped. Its thread ends with the process. A process that was
/// forked off has one of its own.
///
/// # Panics
///
/// At the caller's line, when it cannot be started; the next call tries again. [`try_global`] returns the error.
///
/// # Examples
///
/// ```
/// let answer = bridge::global().block_on(async { 6 * 7 });
/// assert_eq!(answer.unwrap(), 42);
/// ```
#[track_caller]
pub fn global() -> &'static LocalHandle {
    match try_global() {
        Ok(global) => global,
        Err(error) => panic!("the global event loop could not be started: {error}"),
    }
}

/// As [`global`], where a loop that cannot be started is an error and no panic.
///
/// # Errors
///
/// When the system gives no thread, or no file descriptor for the loop's I/O driver. The next call tries again.
///
/// # Examples
///
/// ```
/// let answer = bridge::try_global()?.block_on(async { 6 * 7 });
/// assert_eq!(answer.unwrap(), 42);
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn try_global() -> io::Result<&'static LocalHandle> {
    static GLOBAL: PerProcess<EventLoop> = PerProcess::new();
    GLOBAL.get_or_try_init(|| EventLoop::builder().thread_name("bridge-global").build()).map(EventLoop::handle)
}

/// What every loop is made of. `spawn_blocking` threads have the name of the loop, which is given later, unless `configure`
/// names them.
fn runtime() -> (TokioBuilder, Arc<OnceLock<String>>) {
    let mut runtime = TokioBuilder::new_current_thread();
    let name = Arc::new(OnceLock::new());
    let of_loop = Arc::clone(&name);
    runtime.enable_all().thread_name_fn(move || {
        let of_loop = of_loop.get().map_or("bridge-loop", String::as_str);
        format!("{of_loop}-blocking")
    });
    (runtime, name)
}

/// An event loop on a thread of its own.
///
/// It dereferences to its [`LocalHandle`]. Any thread may own it.
///
/// # Dropping
///
/// Closes the loop, cancels what is left and waits for its thread to end: futures are dropped on the loop's
/// thread, inside its context, and everyone who waits for them gets [`Error::Closed`]. A loop that is inside a
/// long poll, or has a `spawn_blocking` thread that is still busy, ends after that, and the drop waits for it. To let work
/// finish, use [`shutdown`](EventLoop::shutdown); to wait no longer than some time,
/// [`shutdown_timeout`](EventLoop::shutdown_timeout).
///
/// Dropped on its own thread, on one of its `spawn_blocking` threads, or where waiting would close a cycle of
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
    thread: LoopThread,
}

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
        let (runtime, name_of_loop) = runtime();
        let thread = ThreadSetup::default();
        Builder { runtime, name: None, name_of_loop, spin: Duration::ZERO, slow_poll: SLOW_POLL, thread }
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
    /// are not waited for. The stream of an `Iter` is, until it has ended or the iterator is dropped; but it is given up once
    /// nobody has asked for an item for five seconds of the shutdown, or one if the calling thread was the last to do so. That is
    /// no error.
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
        self.thread.finish(None)
    }

    /// As [`shutdown`](EventLoop::shutdown), for `timeout` at most: what is not finished by then is cancelled, as by drop.
    /// `Duration::MAX` is no timeout.
    ///
    /// It returns within `timeout` and a quarter of a second, whatever is stuck. A `spawn_blocking` thread that is busy, or a
    /// loop's thread that blocks, in a poll, in a destructor (also of a thread-local) or in a call onto another loop, is then
    /// abandoned: it ends when it can, and callers get [`Closed`](Error::Closed) as soon as their futures have been dropped.
    ///
    /// # Errors
    ///
    /// [`TimedOut`](Error::TimedOut) if something had to be cancelled or abandoned; else as `shutdown`.
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
    pub fn shutdown_timeout(self, timeout: Duration) -> Result<(), Error> {
        self.thread.finish(Some(timeout))
    }

    /// Closes the loop and returns at once, from any thread: a Ctrl-C handler, a signal thread, a task of the loop.
    ///
    /// From the call on the loop takes no new work, and what is left is cancelled as by drop: futures are dropped on the loop's
    /// thread, inside its context. Who waits gets
    /// [`Error::Closed`] as soon as the future has been dropped: one that is inside a long poll is dropped after that poll.
    ///
    /// The EventLoop is still to be dropped, which waits for the loop's thread, or to be given to
    /// [`shutdown_background`](EventLoop::shutdown_background), which does not. To close it again does nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    ///
    /// let event_loop = bridge::EventLoop::new()?;
    /// thread::scope(|scope| {
    ///     let caller = scope.spawn(|| event_loop.block_on(std::future::pending::<()>()));
    ///     event_loop.close();
    ///     assert!(matches!(caller.join().unwrap(), Err(bridge::Error::Closed)));
    /// });
    /// assert!(event_loop.is_closed());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn close(&self) {
        self.thread.close();
    }

    /// As [`close`](EventLoop::close), and drops the EventLoop without waiting for its end.
    ///
    /// The loop's thread ends by itself, after the poll that it is in and after the `spawn_blocking` threads that are still
    /// busy (a read of the terminal, a look-up of a name). What these threads hold is freed when they end, or with the process.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    ///
    /// let event_loop = bridge::EventLoop::new()?;
    /// let task = event_loop.submit(async {
    ///     tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_secs(3))).await
    /// });
    /// let started = Instant::now();
    /// event_loop.shutdown_background();
    /// assert!(matches!(task.result(), Err(bridge::Error::Closed)));
    /// assert!(started.elapsed() < Duration::from_secs(3));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn shutdown_background(self) {
        self.thread.detach();
    }
}

impl From<&EventLoop> for Handle {
    fn from(event_loop: &EventLoop) -> Handle {
        Handle::from(&event_loop.handle)
    }
}

impl AsHandle for EventLoop {
    #[inline]
    fn as_handle(&self) -> Cow<'_, Handle> {
        self.handle.as_handle()
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
        f.debug_struct("EventLoop").field("name", &self.thread.name()).finish_non_exhaustive()
    }
}

/// Sets up an [`EventLoop`] or a [`SharedLoop`](crate::SharedLoop).
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
    /// For the runtime, once it is known.
    name_of_loop: Arc<OnceLock<String>>,
    spin: Duration,
    slow_poll: Duration,
    thread: ThreadSetup,
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

    /// The size of the stack of the loop's own thread, in bytes. The default is that of [`std::thread`].
    ///
    /// An [`EventLoop`] polls all its futures there; a [`SharedLoop`](crate::SharedLoop) those tasks that are not
    /// polled by a caller, on the caller's stack. The threads of `spawn_blocking` are tokio's: set them up by
    /// [`configure`](Builder::configure).
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::builder().thread_stack_size(16 << 20).build()?;
    /// let sum = event_loop.block_on(async { [1_u8; 8 << 20].iter().map(|byte| usize::from(*byte)).sum::<usize>() });
    /// assert_eq!(sum.unwrap(), 8 << 20);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn thread_stack_size(mut self, bytes: usize) -> Self {
        self.thread.stack_size = Some(bytes);
        self
    }

    /// Calls `f` on the loop's own thread before the loop begins: to attach it to a JVM, to set its priority or its CPU.
    ///
    /// If `f` panics, the loop is not started, and `build` returns an error. A second `f` takes the place of the first.
    /// `f` is not called on the threads that call a [`SharedLoop`](crate::SharedLoop), which are yours, nor on those of
    /// `spawn_blocking`: see [`configure`](Builder::configure).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use std::thread;
    ///
    /// let (sender, receiver) = mpsc::channel();
    /// let event_loop = bridge::EventLoop::builder()
    ///     .on_thread_start(move || sender.send(thread::current().id()).unwrap())
    ///     .build()?;
    /// let loops_thread = event_loop.block_on(async { thread::current().id() });
    /// assert_eq!(receiver.recv().unwrap(), loops_thread.unwrap());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn on_thread_start(mut self, f: impl Fn() + Send + Sync + 'static) -> Self {
        self.thread.on_start = Some(Box::new(f));
        self
    }

    /// Calls `f` on the loop's own thread after the loop has ended, when all its futures have been dropped. A shutdown, and a
    /// drop, wait for that. A panic of `f` is caught, and a second `f` takes the place of the first.
    ///
    /// The loops of [`global`] and [`shared`](crate::shared()) end with the process, and call nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    ///
    /// let (sender, receiver) = mpsc::channel();
    /// let event_loop = bridge::EventLoop::builder().on_thread_stop(move || sender.send("detached").unwrap()).build()?;
    /// event_loop.shutdown()?;
    /// assert_eq!(receiver.recv().unwrap(), "detached");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn on_thread_stop(mut self, f: impl Fn() + Send + Sync + 'static) -> Self {
        self.thread.on_stop = Some(Box::new(f));
        self
    }

    /// For an [`EventLoop`]: the longest time that a thread spins before it parks, a caller for its answer and the loop for
    /// its next call. The default is `Duration::ZERO`: no thread spins.
    ///
    /// A park and a wake cost several microseconds on each side of a call. On a machine with idle cores, 50 µs make calls
    /// that follow each other closely ten times as fast. On a machine without, a thread that spins takes the core of the
    /// thread that it waits for, and calls take several times as long. Of a loop's callers one spins at a time; the loop
    /// spins after it has answered a call, and looks at its sockets and timers every few microseconds meanwhile.
    ///
    /// A [`SharedLoop`](crate::SharedLoop) never spins.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let eager = bridge::EventLoop::builder().spin(Duration::from_micros(50)).build()?;
    /// assert_eq!(eager.block_on(async { 1 }).unwrap(), 1);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn spin(mut self, timeout: Duration) -> Self {
        self.spin = timeout;
        self
    }

    /// From when on a poll is slow: one that takes longer is a warning of `tracing`, with the line of the call or submission
    /// that the future comes from. The default is 100 ms; `Duration::MAX` is never.
    ///
    /// A future that is slow in a poll holds up all others of its loop; one that its caller polls, on a shared loop,
    /// sees no timeout and no cancel meanwhile. Measured are the futures of scoped calls and tasks, and what [`run`]
    /// runs; not a poll in which its caller has waited for another call, nor what was spawned by tokio's own functions.
    /// Of one line there is a warning every ten seconds at most, which says how many were left out.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let event_loop = bridge::EventLoop::builder().slow_poll(Duration::from_millis(5)).build()?;
    /// // With a subscriber, this is a warning that names this line.
    /// event_loop.block_on(async { std::thread::sleep(Duration::from_millis(10)) }).unwrap();
    /// # std::io::Result::Ok(())
    /// ```
    #[cfg(feature = "tracing")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tracing")))]
    pub fn slow_poll(mut self, threshold: Duration) -> Self {
        self.slow_poll = threshold;
        self
    }

    /// Sets up the tokio runtime that the loop is made of. It is a current-thread one, with I/O and time enabled as
    /// far as the program's tokio has them (its features `net` and `time`); `f` is called at once.
    ///
    /// What is set about threads (`thread_name`, `thread_stack_size`, `on_thread_start`, `on_thread_stop`) holds for the
    /// `spawn_blocking` threads, which else have the loop's name with `-blocking` after it. The loop's own thread is not one of
    /// tokio's: the methods of these names of this builder set it up. `worker_threads` has no effect, since the loop has one
    /// thread.
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
    /// name with a NUL in it; `Other` where a hook panics.
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
        let Builder { runtime, name, name_of_loop, spin, slow_poll, thread } = self;
        let name = thread_setup::name(name)?;
        let _ = name_of_loop.set(name.clone());
        let (ended, end) = ShutdownLatch::new();
        let (sender, started) = mpsc::sync_channel(1);
        let (builder, hooks) = thread.split(&name);
        let thread = builder.spawn(move || {
            thread_setup::end_with_thread(end);
            let stops = hooks.start();
            let on = match RunningLoop::start(runtime, &name, spin, slow_poll) {
                Ok(running) => {
                    let on = Arc::clone(&running.loop_ref.on);
                    // The receiver waits for it.
                    let _ = sender.send(Ok(Arc::clone(&running.loop_ref)));
                    drop(sender);
                    running.run_until_stopped();
                    Some(on)
                }
                Err(error) => {
                    drop(sender.send(Err(error)));
                    None
                }
            };
            // The shutdown waits for the hook as well, and so for what that waits for.
            let _driving = on.map(Driving::start);
            drop(stops);
        })?;
        let error = match started.recv() {
            Ok(Ok(loop_ref)) => {
                let handle = LocalHandle::new(Arc::clone(&loop_ref));
                return Ok(EventLoop { handle, thread: LoopThread::new(loop_ref, thread, ended, site) });
            }
            Ok(Err(error)) => error,
            Err(mpsc::RecvError) => thread_setup::panicked(),
        };
        // Joined before the error is returned. The panic hook has reported its panic.
        drop(thread.join());
        Err(error)
    }

    /// The tokio runtime that it sets up, the loop's name, which `spawn_blocking` threads get as well, when a poll is slow, and
    /// the loop's thread.
    pub(crate) fn into_parts(self) -> io::Result<(TokioBuilder, String, Duration, ThreadSetup)> {
        let Builder { runtime, name, name_of_loop, slow_poll, thread, .. } = self;
        let name = thread_setup::name(name)?;
        let _ = name_of_loop.set(name.clone());
        Ok((runtime, name, slow_poll, thread))
    }
}
