//! [`Shared`]: a shared loop, as those who call it and its own thread have it.
//!
//! A scoped call polls its future on the calling thread, outside of the runtime but inside its context
//! ([`handle`](crate::handle)). While that future is pending the thread drives the runtime, if nobody else does: it is
//! inside `Runtime::block_on` of a future that is ready once the thread has an event ([`waiter`](crate::park::waiter)). So
//! a driver leaves as soon as its own future can go on, and a blocking call inside that future may drive as well. Who
//! drives when is the matter of [`role`](super::role).
//!
//! That has a price: to tokio, a wake of one of the runtime's tasks by such a poll comes from outside. It writes to the
//! runtime's `eventfd`, and the next `epoll_wait` returns for that. Inside of `block_on` neither would be so, but the
//! thread could then drive nothing for a blocking call in the future, since tokio takes no runtime out of a `block_on`.
//!
//! What is submitted goes into a queue, as on an event loop, whose [`Driver`] is polled by whoever drives.
//!
//! # The end
//!
//! The owner closes the queue, and has the loop's own thread take the engine and keep it. That thread
//!
//! 1. drives until what was submitted is done and no scoped call is left, or until it is to abort;
//! 2. ends the calls that are left: each drops its future, on its own thread, and returns `Closed`;
//! 3. drops the tasks that are left, in the loop's context;
//! 4. drives until the last call has left the context, so that no future is polled beside a runtime that is gone;
//! 5. drops the runtime, and ends.
//!
//! A runtime whose `block_on` panics is broken: the panic is that of a waker of the user's, or of a hook, and tokio has lost
//! what it parks on. The loop then ends as by an abort, and is not driven any more.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{Ordering, compiler_fence, fence};
use std::sync::{Arc, RwLock, RwLockReadGuard};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Handle as TokioHandle, Id, Runtime};

use super::deferred_wake;
use super::role::{OwnTurn, Role, Turn};
use crate::deadlock::current::{Driving, LoopMeta};
use crate::event_loop::driver::Driver;
use crate::event_loop::scheduler::{Scheduler, SharedSide, Shutdown};
use crate::fork::Process;
use crate::instrument::NoSpans;
use crate::park::Host;
use crate::park::waiter::Waiter;
use crate::task::nested::SetAside;
use crate::unwind::catch_and_drop;

/// What only the driver has.
#[derive(Debug)]
pub(crate) struct Engine {
    driver: Driver,
    runtime: Runtime,
    on: Arc<LoopMeta>,
    scheduler: Arc<Scheduler>,
    /// The runtime cannot park any more.
    is_broken: bool,
}

impl Engine {
    pub(super) fn new(runtime: Runtime, on: Arc<LoopMeta>, scheduler: Arc<Scheduler>) -> Engine {
        let driver = Driver::new(Arc::clone(&scheduler), Duration::ZERO);
        Engine { driver, runtime, on, scheduler, is_broken: false }
    }

    /// Of a loop that was not started. A plain drop may wait, which tokio does not allow in async code.
    pub(super) fn shutdown_background(self) {
        self.runtime.shutdown_background();
    }

    /// Drives until `waiter` has an event, or `ends` agrees, which is asked whether the driver is over. False: tokio lets
    /// this thread drive nothing.
    fn drive(&mut self, waiter: &Waiter, mut ends: impl FnMut(bool) -> bool) -> bool {
        if self.is_broken {
            waiter.park(None);
            return true;
        }
        let Engine { driver, runtime, on, .. } = self;
        // Before the subscriber is called: this thread has the engine, and what waits for it in there would wait for ever.
        let driving = Driving::start(Arc::clone(on));
        let driving = (NoSpans::new(), SetAside::new(), driving);
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
            self.scheduler.shut_down(Shutdown::Abort);
        }
        let may_drive = driven.is_ok() || has_begun;
        catch_and_drop(|| driven);
        may_drive
    }
}

/// What callers and the loop's own thread share of a shared loop: who drives it. The other types that are "the loop" are listed in
/// [`event_loop`](crate::event_loop).
#[derive(Debug)]
pub(crate) struct Shared {
    role: Role<Box<Engine>>,
    /// The runtime's context. A call reads it for as long as it uses the runtime; it is taken away at the end, which each call that
    /// is left nudges. So nothing else reads it.
    context: RwLock<Option<TokioHandle>>,
    /// The runtime's.
    id: Id,
    /// That of the loop's threads. In one that was forked off it, nobody drives.
    process: Process,
}

/// The right to use a shared loop's runtime.
pub(crate) struct InContext<'a> {
    context: Option<RwLockReadGuard<'a, Option<TokioHandle>>>,
    pub(crate) scheduler: &'a Scheduler,
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
        let (is_closed, must_wake) = (self.scheduler.is_closed(), deferred_wake::take(self.shared.id));
        // In a process that was forked off inside of the call, another thread of the parent may have the role's lock for good.
        if (is_closed || must_wake) && self.shared.process.is_current() {
            self.shared.after_leave(is_closed, must_wake);
        }
    }
}

/// Between what a thread has written and what it reads next, where another thread writes and reads the same the other way
/// round: a call that enters or leaves the context, and then looks whether the loop ends; the end, which has closed the queue,
/// and then looks for calls. One of them sees the other.
fn meet() {
    #[cfg(bridge_tsan)]
    {
        // What std's lock orders, for ThreadSanitizer, which does not see it.
        static ORDER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        ORDER.fetch_add(1, Ordering::AcqRel);
    }
    // ORDERING: SeqCst, on both sides. On x86 an atomic read-modify-write is a full barrier: the queue is closed by one, and std's
    // `RwLock` is entered and left by one, which std does not promise. To be looked at again with each new std.
    if cfg!(any(target_arch = "x86", target_arch = "x86_64")) {
        compiler_fence(Ordering::SeqCst);
    } else {
        fence(Ordering::SeqCst);
    }
}

impl Shared {
    pub(super) fn new(runtime: &Runtime) -> Shared {
        let runtime = runtime.handle();
        let (id, context) = (runtime.id(), RwLock::new(Some(runtime.clone())));
        Shared { role: Role::new(), context, id, process: Process::current() }
    }

    /// For a scoped call. `None`: the loop has ended, or is about to.
    #[inline]
    pub(crate) fn enter<'a>(&'a self, scheduler: &'a Scheduler) -> Option<InContext<'a>> {
        // It fails when the end waits for the calls to leave, too.
        let context = self.context.try_read().ok().filter(|context| context.is_some())?;
        let inside = InContext { context: Some(context), scheduler, shared: self };
        // Only now: a call that has found the loop open is one that the end finds, and lets finish.
        meet();
        (!scheduler.is_closed()).then_some(inside)
    }

    /// While what this gives lives, this thread makes work for the loop's driver, and then waits. The driver need not be woken for
    /// it.
    #[cfg(feature = "stream")]
    pub(crate) fn about_to_wait(&self) -> AboutToWait<'_> {
        AboutToWait { shared: self, _at: deferred_wake::AboutToWait::at(self.id) }
    }

    /// A call has left the context of a loop that ends, or without a wake that it has deferred.
    #[cold]
    fn after_leave(&self, is_closed: bool, must_wake: bool) {
        if must_wake {
            self.role.announce();
        }
        if is_closed {
            self.role.nudge_own();
        }
    }

    /// Whether no call uses the runtime.
    fn is_unused(&self) -> bool {
        meet();
        self.context.try_write().is_ok()
    }

    /// What the loop's own thread does.
    pub(super) fn run(&self, engine: Box<Engine>) {
        let waiter = Waiter::new();
        self.role.start(engine, &waiter);
        loop {
            waiter.take_events();
            match self.role.own_turn() {
                OwnTurn::Sleep(until) => waiter.park(until),
                OwnTurn::End(engine) => return self.end(engine, &waiter),
                OwnTurn::Drive(mut engine) => {
                    loop {
                        engine.drive(&waiter, |over| over);
                        waiter.take_events();
                        if self.role.own_must_yield() {
                            break;
                        }
                    }
                    self.role.own_yields(engine, |engine| engine.driver.has_work());
                }
            }
        }
    }

    /// See the module's docs.
    fn end(&self, mut engine: Box<Engine>, waiter: &Waiter) {
        let scheduler = Arc::clone(&engine.scheduler);
        let is_over = |over: bool| over && (scheduler.is_aborting() || self.is_unused());
        let mut ended = false;
        while !ended && !engine.is_broken {
            waiter.take_events();
            engine.drive(waiter, |over| {
                ended = is_over(over);
                ended
            });
        }
        self.role.close();
        {
            let _context = engine.runtime.enter();
            engine.driver.close();
        }
        loop {
            waiter.take_events();
            // Not by a `write` that waits: a call that has just come in may ask for the runtime again, behind the one who waits.
            if let Ok(mut context) = self.context.try_write() {
                let context = context.take();
                drop(context);
                break;
            }
            engine.drive(waiter, |_| self.is_unused());
        }
        drop(engine);
    }
}

impl SharedSide for Shared {
    fn wake_driver(&self) {
        self.role.wake_driver(|| deferred_wake::defer(self.id));
    }

    fn shut_down(&self, how: Shutdown) {
        self.role.end();
        if how == Shutdown::Abort {
            self.role.close();
        }
    }
}

/// See [`Shared::about_to_wait`].
#[cfg(feature = "stream")]
pub(crate) struct AboutToWait<'a> {
    shared: &'a Shared,
    _at: deferred_wake::AboutToWait,
}

#[cfg(feature = "stream")]
impl Drop for AboutToWait<'_> {
    fn drop(&mut self) {
        // It has not waited, or has made more work since.
        if deferred_wake::take(self.shared.id) && self.shared.process.is_current() {
            self.shared.role.announce();
        }
    }
}

/// A caller's engine, which it gives back however it leaves.
struct HeldEngine<'a> {
    role: &'a Role<Box<Engine>>,
    engine: Option<Box<Engine>>,
}

impl Drop for HeldEngine<'_> {
    fn drop(&mut self) {
        if let Some(engine) = self.engine.take() {
            self.role.give_back(engine, |engine| engine.driver.has_work());
        }
    }
}

impl Host for Shared {
    fn wait(&self, waiter: &Arc<Waiter>, may_drive: bool, deadline: Option<Instant>) -> bool {
        // Tasks of others are not to see a panic that is this thread's.
        let may_drive = may_drive && !waiter.is_refused() && !thread::panicking();
        let turn = self.role.turn(waiter, may_drive, deadline);
        // The wake is not needed any more: this thread has the engine, or the loop has a driver that took it later than
        // the work was made, or the own thread has been summoned, or ends the loop.
        deferred_wake::take(self.id);
        match turn {
            Turn::Ended => return false,
            Turn::Park => waiter.park(deadline),
            Turn::Drive(engine) => {
                let mut held = HeldEngine { role: &self.role, engine: Some(engine) };
                let may_drive = held.engine.as_mut().is_some_and(|engine| engine.drive(waiter, |over| over));
                if let Some(engine) = held.engine.take_if(|_| !may_drive) {
                    waiter.set_refused(true);
                    self.role.give_back_undriven(engine);
                }
            }
        }
        true
    }

    fn leave(&self, waiter: &Arc<Waiter>) {
        let must_wake = deferred_wake::take(self.id);
        if self.process.is_current() {
            self.role.leave(waiter, must_wake);
        }
    }

    fn ends_calls(&self) -> bool {
        self.role.ends_calls() || !self.process.is_current()
    }
}
