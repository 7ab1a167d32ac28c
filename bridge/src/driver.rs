//! The loop's side: drain the queue, poll each job once where it stands, hand what is pending to tokio.
//!
//! The driver is (part of) the future that the runtime's `block_on` polls. It runs when it is woken: by the push
//! that found the queue asleep, by itself when a batch was not the whole queue, and by whoever stops the loop. A
//! job's first poll happens in the driver's own, within its coop budget; a job that is pending after it becomes a
//! tokio task, [`Spawned`], whose first poll is due at once, so that no wake is lost in between.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};

use tokio::runtime::LocalRuntime;

use crate::fork::Process;
use crate::job::AnyJob;
use crate::lookout::{Lookout, Next};
use crate::queue::{Pushed, Queue, Taken};
use crate::slot::contain;
use crate::spin::LoopWas;

/// How many jobs get their first poll before tokio's own tasks, timers and sockets have their turn. tokio runs 61
/// tasks between two looks at its sockets; ours come on top of these.
const BATCH: usize = 64;

/// How far the end of a loop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
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
    plan: AtomicU8,
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
            plan: AtomicU8::new(Plan::Run as u8),
            cut_short: AtomicBool::new(false),
            expects: AtomicBool::new(false),
            idle: AtomicBool::new(false),
            process: Process::current(),
        }
    }

    /// Hands a job to the loop; a closed one refuses it. What the loop was doing.
    pub(crate) fn push(&self, job: Arc<AnyJob>) -> LoopWas {
        let pushed = if self.process.is_current() { self.queue.push(job) } else { Pushed::Closed(job) };
        match pushed {
            Pushed::Found(was) => {
                if was == LoopWas::Asleep {
                    self.wake();
                }
                was
            }
            Pushed::Closed(job) => {
                job.refuse();
                LoopWas::Asleep
            }
        }
    }

    /// Closes the queue and lets the loop end as `plan` says. A plan only ever gets stricter.
    pub(crate) fn stop(&self, plan: Plan) {
        if !self.process.is_current() {
            return;
        }
        // ORDERING: the close that follows releases it to the loop, which reads it after it has seen the close.
        // A second, stricter plan goes with the wake.
        self.plan.fetch_max(plan as u8, Ordering::AcqRel);
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
        match self.plan.fetch_max(Plan::Run as u8, Ordering::AcqRel) {
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

/// The jobs of a loop that are tokio tasks now, counted on its thread.
struct Pending {
    count: Cell<usize>,
    remote: Arc<Remote>,
}

impl Pending {
    fn enter(&self) {
        self.count.set(self.count.get() + 1);
    }

    fn leave(&self) {
        self.count.set(self.count.get() - 1);
        self.remote.expect(true);
        if self.count.get() == 0 && self.remote.is_closed() {
            self.remote.wake();
        }
    }
}

/// The loop's side of its queue.
pub(crate) struct Driver {
    remote: Arc<Remote>,
    /// Taken out of the queue, not run yet.
    backlog: Option<Taken>,
    pending: Rc<Pending>,
    lookout: Lookout,
}

impl Driver {
    pub(crate) fn new(remote: Arc<Remote>, lookout: Lookout) -> Driver {
        let pending = Rc::new(Pending { count: Cell::new(0), remote: Arc::clone(&remote) });
        Driver { remote, backlog: None, pending, lookout }
    }

    /// Drains, into the loop's own `runtime`. Ready when the loop is to end.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, runtime: &LocalRuntime) -> Poll<()> {
        self.remote.waker.get_or_init(|| cx.waker().clone());
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
                ended |= self.run(job, runtime);
                left -= 1;
                if left == 0 || !tokio::task::coop::has_budget_remaining() {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                continue;
            }
            match plan {
                Plan::Finish if self.pending.count.get() == 0 => return Poll::Ready(()),
                Plan::Finish => return Poll::Pending,
                _ => {}
            }
            let next = if ended {
                self.lookout.after_jobs(&self.remote.queue)
            } else if idle && left == BATCH {
                self.lookout.when_idle(&self.remote.queue)
            } else {
                self.lookout.break_off();
                Next::Sleep { expects: self.remote.expects() }
            };
            match next {
                Next::Take => {}
                Next::Yield => {
                    self.remote.expect(true);
                    cx.waker().wake_by_ref();
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

    /// The first poll. Nothing is lost by its waker: a job that is pending is polled again, as a task, at once. Whether
    /// the job has ended.
    fn run(&mut self, job: Arc<AnyJob>, runtime: &LocalRuntime) -> bool {
        self.lookout.met(job.core);
        if job.run(&mut Context::from_waker(Waker::noop())).is_ready() {
            // What hangs on the last reference may be the user's.
            contain(|| job);
            return true;
        }
        self.pending.enter();
        let task = Counted { task: Spawned { job: Arc::clone(&job) }, pending: Rc::clone(&self.pending) };
        // A spawn runs hooks that the user may have configured. After a panic of theirs tokio has the task and
        // neither runs nor drops it before the runtime's end.
        let spawned = catch_unwind(AssertUnwindSafe(|| drop(runtime.spawn_local(task))));
        if let Err(payload) = spawned {
            job.close();
            self.pending.leave();
            contain(|| payload);
        }
        contain(|| job);
        false
    }

    /// Resolves what was never polled. The queue is closed by then.
    pub(crate) fn close(&mut self) {
        self.remote.stop(Plan::Abort);
        let mut cut_short = self.pending.count.get() > 0;
        cut_short |= self.backlog.take().is_some_and(Taken::close);
        cut_short |= self.remote.queue.take().close();
        // ORDERING: read by one that has waited for the end of this thread.
        self.remote.cut_short.store(cut_short, Ordering::Relaxed);
    }
}

/// A job as a tokio task. When it is dropped, by a runtime that shuts down, its job ends.
pub(crate) struct Spawned {
    job: Arc<AnyJob>,
}

impl Spawned {
    /// For a runtime of somebody else's, which has no driver of ours.
    pub(crate) fn new(job: Arc<AnyJob>) -> Spawned {
        Spawned { job }
    }
}

impl Future for Spawned {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.job.run(cx)
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        self.job.close();
    }
}

/// A task that the loop waits for when it is told to finish. One that is dropped unfinished is dropped by a runtime
/// that has ended, when nobody counts any more.
struct Counted {
    task: Spawned,
    pending: Rc<Pending>,
}

impl Future for Counted {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let polled = Pin::new(&mut self.task).poll(cx);
        if polled.is_ready() {
            self.pending.leave();
        }
        polled
    }
}
