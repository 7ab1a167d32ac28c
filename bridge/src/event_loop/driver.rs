//! The loop's side: drain the queue, poll what comes out of it where it stands, keep what is pending.
//!
//! A job comes out of the queue to be polled: for the first time after it was sent, and again each time that it was
//! woken, for its waker queues it. In between the loop keeps it ([`pending`](crate::task::raw::slab)). No tokio task is made.
//!
//! The driver of a shared loop is polled as the future of whichever `block_on` drives it, and
//! [`Role`](crate::shared_loop::role::Role) knows how to wake that. The driver of an event loop is polled in two places, on one
//! thread:
//!
//! | polled as | it is due when |
//! | --- | --- |
//! | (part of) the future that the runtime's `block_on` polls | a push, a stop or a wake of another thread found the queue asleep; a batch was not the whole queue; the loop spins |
//! | a task that lives as long as the runtime, the *local turn* | a push or a wake of the loop's own thread found the queue asleep |
//!
//! The waker of the first makes the runtime look at its sockets and timers without waiting for them; that of the second
//! is a push to its local queue, so that a wake of the loop's own thread, where most come from, is served at once. It
//! stands behind all the tasks that are there, and other threads find the queue awake by then, so the first is woken as
//! well. And each has a budget of its own (tokio's coop): what a busy `main` beside the first leaves may be nothing.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::deadlock::registry;
use crate::deadlock::{Loop, Polling};
use crate::fork::Process;
use crate::instrument::stall::Threshold;
use crate::loom::{AtomicU32, Mutex, Ordering, lock};
use crate::park::spin::spin_until;
use crate::shared_loop::Shared;
use crate::task::raw::job::{AnyJob, Ran, Runner};
use crate::task::raw::queue::{Pushed, Queue, Taken};
use crate::task::raw::slab::Pending;
use crate::unwind::catch_and_drop;

/// How long a loop that spins looks at its queue before its sockets and timers have their turn.
const SPIN_SLICE: Duration = Duration::from_micros(4);

/// How many jobs are polled before tokio's own tasks, timers and sockets have their turn. tokio runs 61 tasks between
/// two looks at its sockets; ours come on top of these.
const BATCH: usize = 64;

/// How far the end of a loop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub(crate) enum Plan {
    Run,
    /// Finish what was submitted, then stop.
    Finish,
    /// Stop; what is left is dropped.
    Abort,
}

/// What other threads hold of a loop.
#[derive(Debug)]
pub(crate) struct Remote {
    queue: Queue,
    wakes: Wakes,
    plan: AtomicU32,
    /// Set at the loop's end: something was cancelled by it.
    cut_short: AtomicBool,
    pub(crate) slow_poll: Threshold,
    /// Where the loop's thread is. In a fork of that process the loop is closed.
    process: Process,
}

/// How the driver is woken.
#[derive(Debug)]
enum Wakes {
    /// That of an event loop, on its thread.
    Thread(Mutex<ThreadWakers>),
    /// That of a shared loop, on the thread that drives it.
    Shared(Arc<Shared>),
}

/// The wakers of an event loop's driver. They are taken away at the loop's end: they keep the file descriptors of its runtime
/// open.
#[derive(Debug, Default)]
struct ThreadWakers {
    /// That of the future of `block_on`, set before the queue is first marked as asleep.
    driver: Option<Waker>,
    /// The local turn's, for the loop's own thread.
    local: Option<Waker>,
}

impl Wakes {
    fn wake(&self) {
        match self {
            Wakes::Thread(wakers) => {
                // `None`: the driver has not run yet, and will look at everything when it does. Or it will not run again.
                let driver = lock(wakers).driver.clone();
                driver.into_iter().for_each(Waker::wake);
            }
            Wakes::Shared(shared) => shared.wake_driver(),
        }
    }

    /// Wakes the local turn, if it has run.
    fn wake_local(&self) {
        if let Wakes::Thread(wakers) = self {
            let local = lock(wakers).local.clone();
            local.into_iter().for_each(Waker::wake);
        }
    }

    /// The driver does not run again.
    fn forget(&self) {
        if let Wakes::Thread(wakers) = self {
            let wakers = std::mem::take(&mut *lock(wakers));
            catch_and_drop(|| wakers);
        }
    }
}

impl Remote {
    /// Of an event loop.
    pub(crate) fn new(slow_poll: Threshold) -> Remote {
        Remote::woken_by(Wakes::Thread(Mutex::new(ThreadWakers::default())), slow_poll)
    }

    pub(crate) fn shared(shared: Arc<Shared>, slow_poll: Threshold) -> Remote {
        Remote::woken_by(Wakes::Shared(shared), slow_poll)
    }

    fn woken_by(wakes: Wakes, slow_poll: Threshold) -> Remote {
        Remote {
            queue: Queue::new(),
            wakes,
            plan: AtomicU32::new(Plan::Run as u32),
            cut_short: AtomicBool::new(false),
            slow_poll,
            process: Process::current(),
        }
    }

    /// Hands a new job to the loop; a closed one refuses it.
    pub(crate) fn push(&self, job: Arc<AnyJob>) {
        if let Some(job) = self.enqueue(job, Queue::push) {
            job.refuse();
        }
    }

    /// Hands a new job of a call that is under way to the loop, also to one that finishes what it has.
    pub(crate) fn push_inside(&self, job: Arc<AnyJob>) {
        if let Some(job) = self.enqueue(job, Queue::push_again) {
            job.refuse();
        }
    }

    /// Hands a job back that was woken. A loop that has ended has ended its jobs as well.
    pub(crate) fn push_again(&self, job: Arc<AnyJob>) {
        let refused = self.enqueue(job, Queue::push_again);
        // What hangs on the last reference may be the user's.
        catch_and_drop(|| refused);
    }

    /// The job, if it was refused.
    fn enqueue(&self, job: Arc<AnyJob>, push: fn(&Queue, Arc<AnyJob>) -> Pushed) -> Option<Arc<AnyJob>> {
        if !self.process.is_current() {
            return Some(job);
        }
        match push(&self.queue, job) {
            Pushed::Closed(job) => return Some(job),
            Pushed::Queued { wake: false } => {}
            Pushed::Queued { wake: true } => {
                if registry::is_running(self) {
                    self.wakes.wake_local();
                }
                self.wakes.wake();
            }
        }
        None
    }

    /// Closes the queue and lets the loop end as `plan` says. A plan only ever gets stricter.
    pub(crate) fn stop(&self, plan: Plan) {
        if !self.process.is_current() {
            return;
        }
        // ORDERING: the close that follows releases it to the loop, which reads it after it has seen the close.
        // A second, stricter plan goes with the wake.
        self.plan.fetch_max(plan as u32, Ordering::AcqRel);
        self.queue.close();
        match &self.wakes {
            wakes @ Wakes::Thread(_) => wakes.wake(),
            Wakes::Shared(shared) => shared.stop(plan),
        }
    }

    /// Whether what is left is to be dropped.
    pub(crate) fn is_aborting(&self) -> bool {
        self.is_closed() && self.plan() == Plan::Abort
    }

    /// Whether the end of the loop has cancelled anything. Asked after its thread has ended.
    pub(crate) fn was_cut_short(&self) -> bool {
        // ORDERING: see `Driver::close`.
        self.cut_short.load(Ordering::Relaxed)
    }

    /// The end of the loop has cut a call short that its caller polls.
    pub(crate) fn cuts_short(&self) {
        // ORDERING: see `Driver::close`.
        self.cut_short.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.queue.is_closed() || !self.process.is_current()
    }

    fn plan(&self) -> Plan {
        // ORDERING: a read-modify-write, which changes nothing, since it must read the newest plan or be read by
        // the `fetch_max` of the next: that stopper then sees the driver's waker, if this is its first poll.
        match self.plan.fetch_max(Plan::Run as u32, Ordering::AcqRel) {
            0 => Plan::Run,
            1 => Plan::Finish,
            _ => Plan::Abort,
        }
    }
}

/// The loop's side of its queue.
#[derive(Debug)]
pub(crate) struct Driver {
    remote: Arc<Remote>,
    /// Taken out of the queue, not run yet.
    backlog: Option<Taken>,
    pending: Pending,
    /// For how long to spin for another job after one.
    spin: Duration,
    spins_until: Option<Instant>,
    /// It has left its waker, as (part of) the future of `block_on`, and as the local turn.
    has_waker: bool,
    has_local_waker: bool,
    /// A job that was polled by the last turn is pending.
    left_pending: bool,
    /// How many jobs have come and gone, for the models.
    #[cfg(bridge_loom)]
    pub(crate) ended: usize,
}

impl Driver {
    pub(crate) fn new(remote: Arc<Remote>, spin: Duration) -> Driver {
        Driver {
            remote,
            backlog: None,
            pending: Pending::default(),
            spin,
            spins_until: None,
            has_waker: false,
            has_local_waker: false,
            left_pending: false,
            #[cfg(bridge_loom)]
            ended: 0,
        }
    }

    /// Drains, as (part of) the future of `block_on`, unless it is to `stop` before that. Ready when the loop is to end.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, stop: impl Fn() -> bool) -> Poll<()> {
        if let Wakes::Thread(wakers) = &self.remote.wakes {
            if !self.has_waker {
                lock(wakers).driver = Some(cx.waker().clone());
                self.has_waker = true;
            }
            if !tokio::task::coop::has_budget_remaining() {
                return self.leave_to_local_turn();
            }
        }
        self.turn(cx, stop)
    }

    /// Whether there are jobs to be polled.
    pub(crate) fn has_work(&self) -> bool {
        self.backlog.as_ref().is_some_and(Taken::has_next) || !self.remote.queue.is_empty()
    }

    /// Whether the last poll has left a job pending. `yield_now` leaves the wake of such a job to the runtime, which forgets
    /// it if the future of its `block_on` is ready in that very poll.
    pub(crate) fn has_left_pending(&self) -> bool {
        self.left_pending
    }

    /// `main` has used up the budget that it shares with this poll. A job that is polled without any gets nowhere.
    fn leave_to_local_turn(&self) -> Poll<()> {
        // Its first poll needs no wake.
        self.remote.wakes.wake_local();
        if self.remote.is_aborting() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// What a poll amounts to, as the future of `block_on` or as the local turn.
    fn turn(&mut self, cx: &mut Context<'_>, stop: impl Fn() -> bool) -> Poll<()> {
        let mut left = BATCH;
        self.left_pending = false;
        loop {
            let plan = if self.remote.is_closed() { self.remote.plan() } else { Plan::Run };
            if plan == Plan::Abort {
                return Poll::Ready(());
            }
            if let Some(job) = self.next() {
                if self.run(job) && !self.spin.is_zero() {
                    self.spins_until = Instant::now().checked_add(self.spin);
                }
                left -= 1;
                // Not without more work: the queue is to be marked as asleep.
                let is_to_stop = stop() && self.has_work();
                if left == 0 || is_to_stop || !tokio::task::coop::has_budget_remaining() {
                    self.poll_again(cx);
                    return Poll::Pending;
                }
                continue;
            }
            let asleep = match plan {
                Plan::Finish => self.remote.queue.sleep_closed(),
                _ if self.spins() => {
                    if self.remote.queue.is_empty() {
                        self.poll_again(cx);
                        return Poll::Pending;
                    }
                    false
                }
                _ => self.remote.queue.sleep(),
            };
            if asleep {
                let is_over = plan == Plan::Finish && self.pending.is_empty();
                return if is_over { Poll::Ready(()) } else { Poll::Pending };
            }
        }
    }

    /// Has this polled again after the runtime has looked at its sockets and timers.
    fn poll_again(&self, cx: &Context<'_>) {
        match &self.remote.wakes {
            wakes @ Wakes::Thread(_) => wakes.wake(),
            Wakes::Shared(_) => cx.waker().wake_by_ref(),
        }
    }

    /// Spins for a slice if a job has ended a moment ago. Returns whether it did.
    fn spins(&self) -> bool {
        let now = Instant::now;
        let may = self.spins_until.is_some_and(|until| now() < until);
        if may {
            let queue = &self.remote.queue;
            spin_until(now().checked_add(SPIN_SLICE), || !queue.is_empty() || queue.is_closed());
        }
        may
    }

    /// The next job in order.
    fn next(&mut self) -> Option<Arc<AnyJob>> {
        if let Some(job) = self.backlog.as_mut().and_then(Iterator::next) {
            return Some(job);
        }
        let mut taken = self.remote.queue.take();
        let job = taken.next();
        self.backlog = Some(taken);
        job
    }

    /// Polls a job. Whether it has ended.
    fn run(&mut self, job: Arc<AnyJob>) -> bool {
        let is_new = !Pending::has(&job);
        let ran = job.run(Runner::Loop(&self.remote));
        if ran == Ran::Ended {
            self.pending.release(&job);
            // What hangs on the last reference may be the user's.
            catch_and_drop(|| job);
            #[cfg(bridge_loom)]
            {
                self.ended += 1;
            }
            return true;
        }
        self.left_pending = true;
        if is_new {
            self.pending.keep(Arc::clone(&job));
        }
        if ran == Ran::Woken {
            self.remote.push_again(job);
        }
        false
    }

    /// Ends what is left, on the loop's thread: what was never polled, then what is pending.
    pub(crate) fn close(&mut self) {
        // To wake the loop, which is not needed here, may fail; to close it does not.
        catch_and_drop(|| self.remote.stop(Plan::Abort));
        let mut cut_short = self.backlog.take().is_some_and(Taken::close);
        cut_short |= self.remote.queue.end().close();
        cut_short |= self.pending.close();
        // ORDERING: read by one that has waited for the end of this thread.
        self.remote.cut_short.fetch_or(cut_short, Ordering::Relaxed);
        self.remote.wakes.forget();
    }
}

/// The driver, as a task of its runtime: for wakes of the loop's own thread.
pub(crate) struct LocalTurn {
    driver: Rc<RefCell<Driver>>,
}

impl LocalTurn {
    pub(crate) fn new(driver: &Rc<RefCell<Driver>>) -> LocalTurn {
        LocalTurn { driver: Rc::clone(driver) }
    }
}

impl Future for LocalTurn {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut driver = self.driver.borrow_mut();
        if !driver.has_local_waker {
            if let Wakes::Thread(wakers) = &driver.remote.wakes {
                lock(wakers).local = Some(cx.waker().clone());
            }
            driver.has_local_waker = true;
        }
        if driver.turn(cx, || false).is_ready() {
            // The loop ends with the future of `block_on`.
            driver.remote.wakes.wake();
        }
        Poll::Pending
    }
}

/// A job as a task of a runtime that has no driver of ours, the loop `on`. When it is dropped, by a runtime that shuts down,
/// its job ends.
pub(crate) struct Spawned {
    job: Arc<AnyJob>,
    on: Arc<Loop>,
}

impl Spawned {
    pub(crate) fn new(job: Arc<AnyJob>, on: Arc<Loop>) -> Spawned {
        Spawned { job, on }
    }
}

impl Future for Spawned {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let polling = Polling::start(&self.on, self.job.id());
        let ran = self.job.run(Runner::Task(cx.waker()));
        drop(polling);
        match ran {
            Ran::Ended => Poll::Ready(()),
            Ran::Pending | Ran::Woken => Poll::Pending,
        }
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        let _polling = Polling::start_dropping(&self.on, self.job.id());
        self.job.close();
    }
}
