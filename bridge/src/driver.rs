//! The loop's side: drain the queue, poll what comes out of it where it stands, keep what is pending.
//!
//! A job comes out of the queue to be polled: for the first time after it was sent, and again each time that it was
//! woken, for its waker queues it. In between the loop keeps it ([`pending`](crate::pending)). No tokio task is made.
//!
//! The driver is polled in two places, on one thread:
//!
//! | polled as | it is due when |
//! | --- | --- |
//! | (part of) the future that the runtime's `block_on` polls | a push, a stop or a wake of another thread found the queue asleep; a batch was not the whole queue; the runtime is idle and a call is expected |
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

use crate::context::{Loop, Polling};
use crate::core_id::Core;
use crate::fork::Process;
use crate::job::{AnyJob, Ran, Runner};
use crate::lookout::{Lookout, Next};
use crate::pending::Pending;
use crate::queue::{Pushed, Queue, Taken};
use crate::registry;
use crate::slot::contain;
use crate::spin::LoopWas;
use crate::sync::{AtomicU32, OnceLock, Ordering};

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
    /// The driver's waker, set before the queue is first marked as asleep.
    waker: OnceLock<Waker>,
    /// The local turn's, for the loop's own thread.
    local: OnceLock<Waker>,
    plan: AtomicU32,
    /// Set at the loop's end: something was cancelled by it.
    cut_short: AtomicBool,
    /// The loop expects a call soon. Of the loop's thread, as the next.
    expects: AtomicBool,
    /// The runtime has nothing to do but to poll the driver.
    idle: AtomicBool,
    /// Where the loop's thread is. In a fork of that process the loop is closed.
    process: Process,
}

impl Remote {
    pub(crate) fn new() -> Remote {
        Remote {
            queue: Queue::new(),
            waker: OnceLock::new(),
            local: OnceLock::new(),
            plan: AtomicU32::new(Plan::Run as u32),
            cut_short: AtomicBool::new(false),
            expects: AtomicBool::new(false),
            idle: AtomicBool::new(false),
            process: Process::current(),
        }
    }

    /// Hands a new job to the loop; a closed one refuses it. What the loop was doing.
    pub(crate) fn push(&self, job: Arc<AnyJob>) -> LoopWas {
        match self.enqueue(job, Queue::push) {
            Pushed::Found(was) => was,
            Pushed::Closed(job) => {
                job.refuse();
                LoopWas::Asleep
            }
        }
    }

    /// Hands a job back that was woken. A loop that has ended has ended its jobs as well.
    pub(crate) fn push_again(&self, job: Arc<AnyJob>) {
        if let Pushed::Closed(job) = self.enqueue(job, Queue::push_again) {
            // What hangs on the last reference may be the user's.
            contain(|| job);
        }
    }

    fn enqueue(&self, job: Arc<AnyJob>, push: fn(&Queue, Arc<AnyJob>) -> Pushed) -> Pushed {
        if !self.process.is_current() {
            return Pushed::Closed(job);
        }
        let pushed = push(&self.queue, job);
        if let Pushed::Found(LoopWas::Asleep) = pushed {
            if let Some(local) = self.local.get().filter(|_| registry::is_running(self)) {
                local.wake_by_ref();
            }
            self.wake();
        }
        pushed
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
        self.wake();
    }

    /// Whether the end of the loop has cancelled anything. Asked after its thread has ended.
    pub(crate) fn was_cut_short(&self) -> bool {
        // ORDERING: see `Driver::close`.
        self.cut_short.load(Ordering::Relaxed)
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

    /// The runtime is idle. When a call is expected, this wakes the driver, and so makes tokio look at sockets and timers
    /// without waiting for them.
    pub(crate) fn on_idle(&self) {
        // ORDERING: of one thread, as everywhere with these two.
        if self.expects() {
            self.idle.store(true, Ordering::Relaxed);
            self.wake();
        }
    }

    fn expects(&self) -> bool {
        self.expects.load(Ordering::Relaxed)
    }

    fn expect(&self, expects: bool) {
        self.expects.store(expects, Ordering::Relaxed);
    }

    fn wake(&self) {
        // None: the driver has not run yet, and will look at everything when it does.
        if let Some(waker) = self.waker.get() {
            waker.wake_by_ref();
        }
    }
}

/// The loop's side of its queue.
pub(crate) struct Driver {
    remote: Arc<Remote>,
    /// Taken out of the queue, not run yet.
    backlog: Option<Taken>,
    pending: Pending,
    lookout: Lookout,
    /// How many jobs have come and gone, for the models.
    #[cfg(bridge_loom)]
    pub(crate) ended: usize,
}

impl Driver {
    pub(crate) fn new(remote: Arc<Remote>, lookout: Lookout) -> Driver {
        Driver {
            remote,
            backlog: None,
            pending: Pending::new(),
            lookout,
            #[cfg(bridge_loom)]
            ended: 0,
        }
    }

    /// Drains. Ready when the loop is to end.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.remote.waker.get_or_init(|| cx.waker().clone());
        if !tokio::task::coop::has_budget_remaining() {
            return self.leave_to_local_turn();
        }
        self.turn()
    }

    /// `main` has used up the budget that it shares with this poll. A job that is polled without any gets nowhere.
    fn leave_to_local_turn(&self) -> Poll<()> {
        // None: its first poll, which needs no wake, is still to come.
        if let Some(local) = self.remote.local.get() {
            local.wake_by_ref();
        }
        let is_over = self.remote.is_closed() && self.remote.plan() == Plan::Abort;
        if is_over { Poll::Ready(()) } else { Poll::Pending }
    }

    /// What a poll amounts to, as the future of `block_on` or as the local turn.
    fn turn(&mut self) -> Poll<()> {
        self.lookout.begin();
        let idle = self.remote.idle.swap(false, Ordering::Relaxed);
        let mut left = BATCH;
        let mut ended = false;
        loop {
            let plan = if self.remote.is_closed() { self.remote.plan() } else { Plan::Run };
            if plan == Plan::Abort {
                return Poll::Ready(());
            }
            if let Some(job) = self.next() {
                ended |= self.run(job);
                left -= 1;
                if left == 0 || !tokio::task::coop::has_budget_remaining() {
                    self.remote.wake();
                    return Poll::Pending;
                }
                continue;
            }
            if plan == Plan::Finish {
                if self.pending.is_empty() {
                    return Poll::Ready(());
                }
                self.lookout.break_off();
                self.remote.expect(false);
                if self.remote.queue.sleep_closed() {
                    return Poll::Pending;
                }
                continue;
            }
            match self.what_next(ended, idle && left == BATCH) {
                Next::Take => {}
                Next::Yield => {
                    self.remote.expect(true);
                    self.remote.wake();
                    return Poll::Pending;
                }
                Next::Sleep { expects } => {
                    self.remote.expect(expects);
                    if self.remote.queue.sleep() {
                        return Poll::Pending;
                    }
                }
            }
        }
    }

    /// The queue is empty. `ended`: jobs ended in this turn; `idle`: none came, and the runtime has nothing to do.
    fn what_next(&mut self, ended: bool, idle: bool) -> Next {
        if ended {
            self.lookout.after_jobs(&self.remote.queue)
        } else if idle {
            self.lookout.when_idle(&self.remote.queue)
        } else {
            self.lookout.break_off();
            Next::Sleep { expects: self.remote.expects() }
        }
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
        if is_new {
            self.lookout.met(job.core);
        }
        let ran = job.run(Runner::Loop(&self.remote));
        if ran == Ran::Ended {
            self.pending.release(&job);
            // What hangs on the last reference may be the user's.
            contain(|| job);
            #[cfg(bridge_loom)]
            {
                self.ended += 1;
            }
            return true;
        }
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
        contain(|| self.remote.stop(Plan::Abort));
        let mut cut_short = self.backlog.take().is_some_and(Taken::close);
        cut_short |= self.remote.queue.end().close();
        cut_short |= self.pending.close();
        // ORDERING: read by one that has waited for the end of this thread.
        self.remote.cut_short.store(cut_short, Ordering::Relaxed);
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
        driver.remote.local.get_or_init(|| cx.waker().clone());
        if driver.turn().is_ready() {
            // The loop ends with the future of `block_on`.
            driver.remote.wake();
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
            Ran::Ended => {
                // For the next callers to tell whether a look is worth their while: it is not on the core that this runs on.
                self.on.looks.set_core(Core::current());
                Poll::Ready(())
            }
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
