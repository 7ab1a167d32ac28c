//! [`SharedLoop`] and [`shared`]: a loop without thread affinity.
//!
//! A scoped call polls its future on the calling thread, outside of the runtime but inside its context
//! ([`handle`](crate::handle)). While that future is pending the thread drives the runtime, if nobody else does: it is
//! inside `Runtime::block_on` of a future that is ready once the thread has an event ([`waiter`](crate::park::waiter)). So
//! a driver leaves as soon as its own future can go on, and a blocking call inside that future may drive as well. Who
//! drives when is the matter of [`role`].
//!
//! What is submitted goes into a queue, as on an event loop, whose [`Driver`] is polled by whoever drives.
//!
//! # The end
//!
//! The owner closes the queue, and has the loop's own thread take the core and keep it. That thread
//!
//! 1. drives until what was submitted is done and no scoped call is left, or until it is told to abort;
//! 2. has the calls that are left give up: each drops its future, on its own thread, and returns `Closed`;
//! 3. drops the tasks that are left, in the loop's context;
//! 4. drives until the last call has left the context, so that no future is polled beside a runtime that is gone;
//! 5. drops the runtime, and ends.
//!
//! A runtime whose `block_on` panics is broken: the panic is that of a waker of the user's, or of a hook, and tokio has lost
//! what it parks on. The loop then ends as by an abort, and is not driven any more.

pub(crate) mod role;

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::atomic::{Ordering, compiler_fence, fence};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, mpsc};
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder as TokioBuilder, Handle as TokioHandle, Runtime, RuntimeFlavor};

use self::role::{OwnTurn, Role, Turn};
use crate::deadlock::registry::{Ours, Registered};
use crate::deadlock::{Driving, Loop};
use crate::error::Error;
use crate::event_loop::driver::{Driver, Plan, Remote};
use crate::event_loop::loop_thread::{self, LoopThread, ThreadSetup};
use crate::event_loop::{self, Builder};
use crate::fork::PerProcess;
use crate::handle::Handle;
use crate::instrument::NoSpans;
use crate::instrument::stall::Threshold;
use crate::park::Host;
use crate::park::waiter::Waiter;
use crate::task::join::Ending;
use crate::unwind::catch_and_drop;

/// A loop without thread affinity: the threads that call it run it.
///
/// A scoped call ([`block_on`](Handle::block_on), a blocking companion) polls its future on the calling thread, which also
/// drives the loop's sockets, timers and tasks while it waits, unless another thread does. A thread of the loop's own
/// drives it while nobody waits, so background tasks go on. It is for libraries, facades and programs of threads: a call
/// costs no switch to another thread.
///
/// It dereferences to its [`Handle`]. Any thread may own it. Futures have to be `Send`; those that are not live on an
/// [`EventLoop`](crate::EventLoop).
///
/// # Where futures run
///
/// - A scoped call polls and drops its future on the calling thread, inside the loop's context. A thread that a
///   current-thread runtime or an [`EventLoop`](crate::EventLoop) polls on does so once; if the future is pending then, the
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

/// The process-wide shared loop: started on first use, never stopped. Its own thread ends with the process. A process that was
/// forked off has one of its own.
///
/// # Panics
///
/// At the caller's line, when it cannot be started; the next call tries again. [`try_shared`] returns the error.
///
/// # Examples
///
/// ```
/// let answer = bridge::shared().block_on(async { 6 * 7 });
/// assert_eq!(answer.unwrap(), 42);
/// ```
#[track_caller]
pub fn shared() -> &'static Handle {
    match try_shared() {
        Ok(shared) => shared,
        Err(error) => panic!("the process-wide shared loop could not be started: {error}"),
    }
}

/// As [`shared`], where a loop that cannot be started is an error and no panic.
///
/// # Errors
///
/// When the system gives no thread, or no file descriptor for the loop's I/O driver. The next call tries again.
///
/// # Examples
///
/// ```
/// let answer = bridge::try_shared()?.block_on(async { 6 * 7 });
/// assert_eq!(answer.unwrap(), 42);
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn try_shared() -> io::Result<&'static Handle> {
    static SHARED: PerProcess<SharedLoop> = PerProcess::new();
    SHARED.get_or_try_init(|| SharedLoop::builder().thread_name("bridge-shared").build_shared()).map(SharedLoop::handle)
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
        event_loop::EventLoop::builder()
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
    pub(crate) fn start(
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
        let on = Loop::new(runtime.handle().id(), Arc::from(name), Duration::ZERO);
        let shared = Arc::new(Shared { role: Role::new(), context: RwLock::new(Some(runtime.handle().clone())) });
        let remote = Arc::new(Remote::shared(Arc::clone(&shared), Threshold::new(slow_poll, &on.name)));
        let driver = Driver::new(Arc::clone(&remote), Duration::ZERO);
        let ours = Ours::shared(Arc::clone(&on), remote, Arc::clone(&shared));
        let registered = Registered::new(&ours);
        let core = Box::new(Core { driver, runtime, on, ours: Arc::clone(&ours), is_broken: false });
        let (ended, end) = Ending::new();
        let (builder, hooks) = thread.split(name);
        // With a hook it is waited for.
        let (give, given) = mpsc::sync_channel::<Box<Core>>(usize::from(!hooks.has_start()));
        let started = builder.spawn(move || {
            let _end = end;
            let _stops = hooks.start();
            let _registered = registered;
            if let Ok(core) = given.recv() {
                shared.run(core);
            }
        });
        let thread = match started {
            Ok(thread) => thread,
            Err(error) => {
                // Its plain drop may wait, which tokio does not allow in async code.
                core.runtime.shutdown_background();
                return Err(error);
            }
        };
        if let Err(mpsc::SendError(core)) = give.send(core) {
            core.runtime.shutdown_background();
            // Nothing is left of it when the caller is told. Its panic has been reported.
            drop(thread.join());
            return Err(loop_thread::panicked());
        }
        Ok(SharedLoop { handle: Handle::ours(Arc::clone(&ours)), thread: LoopThread::new(ours, thread, ended, site) })
    }
}

impl From<&SharedLoop> for Handle {
    fn from(shared_loop: &SharedLoop) -> Handle {
        shared_loop.handle.clone()
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

/// What only the driver has.
#[derive(Debug)]
pub(crate) struct Core {
    driver: Driver,
    runtime: Runtime,
    on: Arc<Loop>,
    ours: Arc<Ours>,
    /// The runtime cannot park any more.
    is_broken: bool,
}

impl Core {
    /// Drives until `waiter` has an event, or `ends` agrees, which is asked whether the driver is over. False: tokio lets
    /// this thread drive nothing.
    fn drive(&mut self, waiter: &Waiter, mut ends: impl FnMut(bool) -> bool) -> bool {
        if self.is_broken {
            waiter.park(None);
            return true;
        }
        let Core { driver, runtime, on, .. } = self;
        // Before the subscriber is called: this thread has the core, and what waits for it in there would wait for ever.
        let driving = Driving::start(Arc::clone(on));
        let driving = (NoSpans::new(), driving);
        let mut has_begun = false;
        let driven = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(poll_fn(|cx| {
                has_begun = true;
                if !waiter.drives_on(cx) {
                    return Poll::Ready(());
                }
                let over = driver.poll(cx, || waiter.has_events()).is_ready();
                if ends(over) || (waiter.has_events() && !driver.has_left_pending()) {
                    return Poll::Ready(());
                }
                if waiter.has_events() {
                    // The next poll leaves, after the runtime has woken what yields.
                    cx.waker().wake_by_ref();
                }
                Poll::Pending
            }));
        }));
        waiter.stops_driving();
        drop(driving);
        if driven.is_err() && has_begun {
            // A waker of the user's, or a hook, that panics while the runtime parks leaves it without its sockets and timers
            // for good. The panic hook has run, and it is not this caller's.
            self.is_broken = true;
            self.ours.remote.stop(Plan::Abort);
        }
        let may_drive = driven.is_ok() || has_begun;
        catch_and_drop(|| driven);
        may_drive
    }
}

/// A shared loop, for those who call it.
#[derive(Debug)]
pub(crate) struct Shared {
    role: Role<Box<Core>>,
    /// The runtime's context. A call reads it for as long as it uses the runtime; it is taken away at the end.
    context: RwLock<Option<TokioHandle>>,
}

/// The right to use a shared loop's runtime.
pub(crate) struct InContext<'a> {
    context: Option<RwLockReadGuard<'a, Option<TokioHandle>>>,
    pub(crate) ours: &'a Ours,
    shared: &'a Shared,
}

impl InContext<'_> {
    #[inline]
    pub(crate) fn runtime(&self) -> &TokioHandle {
        let context = self.context.as_ref().and_then(|context| context.as_ref());
        context.expect("it was there when this was made, and is taken away after the last of these")
    }
}

impl Drop for InContext<'_> {
    #[inline]
    fn drop(&mut self) {
        self.context = None;
        meet();
        if self.ours.remote.is_closed() {
            self.shared.role.nudge_own();
        }
    }
}

/// Between what a thread has written and what it reads next, where another thread writes and reads the same the other way
/// round: a call that leaves the context, and then looks whether the loop ends; the end, which then looks whether calls are
/// left. One of them sees the other.
fn meet() {
    #[cfg(bridge_tsan)]
    {
        // What std's lock orders, for ThreadSanitizer, which does not see it.
        static ORDER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        ORDER.fetch_add(1, Ordering::AcqRel);
    }
    // ORDERING: SeqCst, on both sides. Where exchanges are full barriers, and both have written by one, that is enough.
    if cfg!(any(target_arch = "x86", target_arch = "x86_64")) {
        compiler_fence(Ordering::SeqCst);
    } else {
        fence(Ordering::SeqCst);
    }
}

impl Shared {
    /// For a scoped call. `None`: the loop has ended, or is about to.
    #[inline]
    pub(crate) fn enter<'a>(&'a self, ours: &'a Ours) -> Option<InContext<'a>> {
        if ours.remote.is_closed() {
            return None;
        }
        // It fails when the end waits for the calls to leave, too.
        let context = self.context.try_read().ok().filter(|context| context.is_some())?;
        Some(InContext { context: Some(context), ours, shared: self })
    }

    /// Its runtime, until the end, for what is no call and does not hold that up.
    pub(crate) fn runtime(&self) -> Option<TokioHandle> {
        self.context.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether no call uses the runtime.
    fn is_unused(&self) -> bool {
        meet();
        self.context.try_write().is_ok()
    }

    /// There is work for whoever drives.
    pub(crate) fn wake_driver(&self) {
        self.role.wake_driver();
    }

    /// The loop is to end. Its queue is closed.
    pub(crate) fn stop(&self, plan: Plan) {
        self.role.end();
        if plan == Plan::Abort {
            self.role.close();
        }
    }

    /// What the loop's own thread does.
    fn run(&self, core: Box<Core>) {
        let waiter = Waiter::new();
        self.role.start(core, &waiter);
        loop {
            waiter.take_events();
            match self.role.own_turn() {
                OwnTurn::Sleep(until) => waiter.park(until),
                OwnTurn::End(core) => return self.end(core, &waiter),
                OwnTurn::Drive(mut core) => {
                    loop {
                        core.drive(&waiter, |over| over);
                        waiter.take_events();
                        if self.role.own_is_to_leave() {
                            break;
                        }
                    }
                    self.role.own_leaves(core);
                }
            }
        }
    }

    /// See the module's docs.
    fn end(&self, mut core: Box<Core>, waiter: &Waiter) {
        // For the destructors that run here.
        let _driving = Driving::start(Arc::clone(&core.on));
        let ours = Arc::clone(&core.ours);
        let is_over = |over: bool| over && (ours.remote.is_aborting() || self.is_unused());
        let mut ended = false;
        while !ended && !core.is_broken {
            waiter.take_events();
            core.drive(waiter, |over| {
                ended = is_over(over);
                ended
            });
        }
        self.role.close();
        {
            let _context = core.runtime.enter();
            core.driver.close();
        }
        loop {
            waiter.take_events();
            if self.is_unused() {
                break;
            }
            core.drive(waiter, |_| self.is_unused());
        }
        let context = self.context.write().map(|mut context| context.take());
        drop(context);
        drop(core);
    }
}

/// A caller's core, which it gives back however it leaves.
struct Held<'a> {
    role: &'a Role<Box<Core>>,
    core: Option<Box<Core>>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Some(core) = self.core.take() {
            let has_work = core.driver.has_work();
            self.role.give_back(core, has_work);
        }
    }
}

impl Host for Shared {
    fn wait(&self, waiter: &Arc<Waiter>, may_drive: bool, deadline: Option<Instant>) -> bool {
        match self.role.turn(waiter, may_drive && !waiter.is_guest(), deadline) {
            Turn::Closed => return false,
            Turn::Park => waiter.park(deadline),
            Turn::Drive(core) => {
                let mut held = Held { role: &self.role, core: Some(core) };
                let may_drive = held.core.as_mut().is_some_and(|core| core.drive(waiter, |over| over));
                if let Some(core) = held.core.take_if(|_| !may_drive) {
                    waiter.set_guest(true);
                    self.role.refuse(core);
                }
            }
        }
        true
    }

    fn leave(&self, waiter: &Arc<Waiter>) {
        self.role.leave(waiter);
    }

    fn is_closed(&self) -> bool {
        self.role.is_closed()
    }
}
