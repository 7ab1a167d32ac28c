//! [`SharedLoop`]: a loop without thread affinity. [`state`] and [`role`] describe how it works.

mod deferred_wake;
mod process_wide;
pub(crate) mod role;
pub(crate) mod state;

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::ops::Deref;
use std::panic::Location;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tokio::runtime::{Builder as TokioBuilder, RuntimeFlavor};

pub use self::process_wide::{next_shared, shared, try_next_shared, try_shared};

use self::state::{Engine, Shared};
use crate::deadlock::current::{Driving, LoopMeta};
use crate::error::Error;
use crate::event_loop::loop_ref::{LoopRef, Registered};
use crate::event_loop::loop_thread::LoopThread;
use crate::event_loop::scheduler::Scheduler;
use crate::event_loop::thread_setup::{self, ThreadSetup};
use crate::event_loop::{Builder, EventLoop};
use crate::handle::{AsHandle, Handle};
use crate::instrument::stall::Threshold;
use crate::task::latch::ShutdownLatch;

/// A loop without thread affinity: the threads that call it run it.
///
/// A scoped call ([`block_on`](Handle::block_on), a blocking companion) polls its future on the calling thread, which also
/// drives the loop's sockets, timers and tasks while it waits, unless another thread does. A thread of the loop's own
/// drives it while nobody waits, so background tasks go on. It is for libraries, facades and programs of threads: a call
/// costs no switch to another thread.
///
/// It dereferences to its [`Handle`]. Any thread may own it. Futures have to be `Send`; those that are not live on an
/// [`EventLoop`].
///
/// # Where futures run
///
/// - A scoped call polls and drops its future on the calling thread, inside the loop's context. A thread that a
///   current-thread runtime or an [`EventLoop`] polls on does so once; if the future is pending then, the
///   loop goes on with it while the thread waits.
/// - A submitted task is polled by the thread that drives the loop. A task that blocks a thread holds up the loop.
///
/// # Dropping
///
/// Closes the loop and waits for its end: tasks that are left are dropped on the loop's own thread, scoped calls drop their
/// futures on their own threads, and everyone who waits gets [`Error::Closed`]. A long poll, or a `spawn_blocking` thread
/// that is still busy, is waited for. To let work finish, use [`shutdown`](SharedLoop::shutdown).
///
/// Dropped by a task of its own, inside a call onto it, on one of its `spawn_blocking` threads, or where waiting would close
/// a cycle of loops that wait for each other, it closes without waiting.
///
/// # Examples
///
/// ```
/// let shared_loop = bridge::SharedLoop::new()?;
/// let answer = shared_loop.block_on(async {
///     tokio::time::sleep(std::time::Duration::from_millis(1)).await;
///     6 * 7
/// });
/// assert_eq!(answer.unwrap(), 42);
/// # std::io::Result::Ok(())
/// ```
pub struct SharedLoop {
    handle: Handle,
    thread: LoopThread,
}

impl SharedLoop {
    /// Starts a shared loop with the defaults of [`Builder`].
    ///
    /// # Errors
    ///
    /// When the system gives no thread, or no file descriptor for the loop's I/O driver.
    ///
    /// # Examples
    ///
    /// ```
    /// let shared_loop = bridge::SharedLoop::new()?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn new() -> io::Result<SharedLoop> {
        SharedLoop::builder().build_shared()
    }

    /// A loop to be set up, and started by [`Builder::build_shared`].
    ///
    /// # Examples
    ///
    /// ```
    /// let shared_loop = bridge::SharedLoop::builder().thread_name("client").build_shared()?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn builder() -> Builder {
        EventLoop::builder()
    }

    /// The handle, to be cloned and given to threads.
    ///
    /// # Examples
    ///
    /// ```
    /// let shared_loop = bridge::SharedLoop::new()?;
    /// let handle = shared_loop.handle().clone();
    /// let thread = std::thread::spawn(move || handle.block_on(async { "from a thread" }));
    /// assert_eq!(thread.join().unwrap().unwrap(), "from a thread");
    /// # std::io::Result::Ok(())
    /// ```
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Lets all that was submitted and all scoped calls finish, then ends the loop and waits for its own thread. From the
    /// call on the loop is closed to new work, also to that of its own tasks. Tasks that were spawned with tokio's own
    /// functions are not waited for. The stream of an `Iter` is, as [`EventLoop::shutdown`](crate::EventLoop::shutdown)
    /// says.
    ///
    /// # Errors
    ///
    /// [`WouldDeadlock`](Error::WouldDeadlock) in a task of the loop, inside a call onto it, on one of its `spawn_blocking`
    /// threads, and on a thread whose loop the loop waits for. The loop then ends as by drop.
    /// [`Closed`](Error::Closed) in a process that was forked off the one that the loop is in.
    ///
    /// # Examples
    ///
    /// ```
    /// let shared_loop = bridge::SharedLoop::new()?;
    /// let task = shared_loop.submit(async {
    ///     tokio::task::yield_now().await;
    ///     "finished"
    /// });
    /// shared_loop.shutdown()?;
    /// assert_eq!(task.result()?, "finished");
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn shutdown(self) -> Result<(), Error> {
        self.thread.finish(None)
    }

    /// As [`shutdown`](SharedLoop::shutdown), for `timeout` at most: what is not finished by then is cancelled, as by drop.
    /// `Duration::MAX` is no timeout.
    ///
    /// It returns within `timeout` and a quarter of a second, whatever is stuck: a thread inside a poll, a destructor or
    /// `spawn_blocking` is then abandoned, as [`EventLoop::shutdown_timeout`](crate::EventLoop::shutdown_timeout) says.
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
    /// let shared_loop = bridge::SharedLoop::new()?;
    /// let task = shared_loop.submit(std::future::pending::<()>());
    /// let ended = shared_loop.shutdown_timeout(Duration::from_millis(10));
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
    /// From the call on the loop takes no new work, and what is left is cancelled as by drop: scoped calls drop
    /// their futures on their own threads, and tasks are dropped on the loop's own thread. Who waits gets
    /// [`Error::Closed`] as soon as the future has been dropped: one that is inside a long poll is dropped after that poll.
    ///
    /// The SharedLoop is still to be dropped, which waits for the loop's thread, or to be given to
    /// [`shutdown_background`](SharedLoop::shutdown_background), which does not. To close it again does nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::thread;
    ///
    /// let shared_loop = bridge::SharedLoop::new()?;
    /// thread::scope(|scope| {
    ///     let caller = scope.spawn(|| shared_loop.block_on(std::future::pending::<()>()));
    ///     shared_loop.close();
    ///     assert!(matches!(caller.join().unwrap(), Err(bridge::Error::Closed)));
    /// });
    /// assert!(shared_loop.is_closed());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn close(&self) {
        self.thread.close();
    }

    /// As [`close`](SharedLoop::close), and drops the SharedLoop without waiting for its end.
    ///
    /// The loop's thread ends by itself, after the poll that it is in and after the `spawn_blocking` threads that are still
    /// busy (a read of the terminal, a look-up of a name). What these threads hold is freed when they end, or with the process.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    ///
    /// let shared_loop = bridge::SharedLoop::new()?;
    /// let task = shared_loop.submit(async {
    ///     tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_secs(3))).await
    /// });
    /// let started = Instant::now();
    /// shared_loop.shutdown_background();
    /// assert!(matches!(task.result(), Err(bridge::Error::Closed)));
    /// assert!(started.elapsed() < Duration::from_secs(3));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn shutdown_background(self) {
        self.thread.detach();
    }

    #[track_caller]
    fn start(
        mut runtime: TokioBuilder,
        name: &str,
        slow_poll: Duration,
        thread: ThreadSetup,
    ) -> io::Result<SharedLoop> {
        let site = Location::caller();
        let runtime = runtime.build()?;
        if runtime.handle().runtime_flavor() != RuntimeFlavor::CurrentThread {
            runtime.shutdown_background();
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a shared loop is made of a current-thread runtime",
            ));
        }
        let on = LoopMeta::new(runtime.handle().id(), Arc::from(name), Duration::ZERO);
        let shared = Arc::new(Shared::new(&runtime));
        let context = runtime.handle().clone();
        let scheduler = Scheduler::shared(Arc::clone(&shared) as Arc<_>, Threshold::new(slow_poll, &on.name));
        let scheduler = Arc::new(scheduler);
        let engine = Box::new(Engine::new(runtime, Arc::clone(&on), Arc::clone(&scheduler)));
        let driven = Arc::clone(&on);
        let loop_ref = LoopRef::shared(on, scheduler, Arc::clone(&shared), context);
        let registered = Registered::new(&loop_ref);
        let (ended, end) = ShutdownLatch::new();
        let (builder, hooks) = thread.split(name);
        // With a hook it is waited for.
        let (give, given) = mpsc::sync_channel::<Box<Engine>>(usize::from(!hooks.has_start()));
        let started = builder.spawn(move || {
            thread_setup::end_with_thread(end);
            // The shutdown waits for the hooks as well, and for the destructors that run at the end, and so for what they wait for.
            let _driving = Driving::start(driven);
            let _stops = hooks.start();
            let _registered = registered;
            if let Ok(engine) = given.recv() {
                shared.run(engine);
            }
        });
        let thread = match started {
            Ok(thread) => thread,
            Err(error) => {
                // Its plain drop may wait, which tokio does not allow in async code.
                engine.shutdown_background();
                return Err(error);
            }
        };
        if let Err(mpsc::SendError(engine)) = give.send(engine) {
            engine.shutdown_background();
            // Joined before the error is returned. The panic hook has reported its panic.
            drop(thread.join());
            return Err(thread_setup::panicked());
        }
        let handle = Handle::of_loop(Arc::clone(&loop_ref));
        Ok(SharedLoop { handle, thread: LoopThread::new(loop_ref, thread, ended, site) })
    }
}

impl From<&SharedLoop> for Handle {
    fn from(shared_loop: &SharedLoop) -> Handle {
        shared_loop.handle.clone()
    }
}

impl AsHandle for SharedLoop {
    #[inline]
    fn as_handle(&self) -> Cow<'_, Handle> {
        self.handle.as_handle()
    }
}

impl Deref for SharedLoop {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl fmt::Debug for SharedLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedLoop").field("name", &self.thread.name()).finish_non_exhaustive()
    }
}

impl Builder {
    /// Starts a loop without thread affinity, and the thread that drives it while nobody calls.
    ///
    /// # Errors
    ///
    /// As [`build`](Builder::build).
    ///
    /// # Examples
    ///
    /// ```
    /// let shared_loop = bridge::SharedLoop::builder().thread_name("client").build_shared()?;
    /// let thread = shared_loop.block_on(async { std::thread::current().id() });
    /// assert_eq!(thread.unwrap(), std::thread::current().id());
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn build_shared(self) -> io::Result<SharedLoop> {
        let (runtime, name, slow_poll, thread) = self.into_parts()?;
        SharedLoop::start(runtime, &name, slow_poll, thread)
    }
}
