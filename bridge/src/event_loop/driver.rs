//! [`Driver`]: drains the queue of a loop, polls each job that it takes out, and keeps those that are pending.
//!
//! A job is taken out of the queue to be polled: for the first time after it was pushed, and again after each wake, since its
//! waker pushes it. In between it is in the loop's [`slab`](crate::task::raw::slab). No tokio task is made for it.
//!
//! The driver of a shared loop is polled as the future of whichever `block_on` drives it, and
//! [`Role`](crate::shared_loop::role::Role) knows how to wake that. The driver of an event loop is polled in two places, on one
//! thread:
//!
//! | polled as | woken when |
//! | --- | --- |
//! | (part of) the future that the runtime's `block_on` polls | a push, a stop or a wake of another thread found the queue asleep; a batch was not the whole queue; the loop spins |
//! | a task that lives as long as the runtime, the [`DriverTask`] | a push or a wake of the loop's own thread found the queue asleep |
//!
//! The waker of the first makes the runtime poll its sockets and timers without waiting for them. The waker of the second is a
//! push to the runtime's local queue, so that a wake of the loop's own thread, where most come from, is served without that poll.
//! But the task runs after all tasks that are queued by then, and other threads find the queue awake, so the first is woken as
//! well. Each has a budget of its own (tokio's coop): a busy `main` beside the first may leave none of the first's.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::scheduler::{Scheduler, Shutdown, Wakes};
use crate::loom::lock;
use crate::park::spin::spin_until;
use crate::task::raw::header::TaskRef;
use crate::task::raw::job::{Ran, Runner};
use crate::task::raw::queue::Taken;
use crate::task::raw::schedule::Schedule;
use crate::task::raw::slab::JobSlab;
use crate::unwind::catch_and_drop;

/// How long a loop that spins looks at its queue before it polls its sockets and timers.
const SPIN_SLICE: Duration = Duration::from_micros(4);

/// How many jobs are polled before tokio's own tasks, timers and sockets. tokio runs 61 tasks between two polls of its sockets;
/// these jobs come on top of them.
const BATCH: usize = 64;

/// What polls the jobs of a loop, on the thread that drives it. The other types that are "the loop" are listed in
/// [`event_loop`](super).
#[derive(Debug)]
pub(crate) struct Driver {
    scheduler: Arc<Scheduler>,
    /// The same, for tasks that are pending.
    schedule: Arc<dyn Schedule>,
    /// Taken out of the queue, not run yet.
    backlog: Option<Taken>,
    pending: JobSlab,
    /// For how long to spin for another job after one.
    spin: Duration,
    spins_until: Option<Instant>,
    /// Its waker is registered, as (part of) the future of `block_on`, and as the driver task.
    has_waker: bool,
    has_local_waker: bool,
    /// A job that was polled by the last batch is pending.
    left_pending: bool,
    /// How many jobs have come and gone, for the models.
    #[cfg(bridge_loom)]
    pub(crate) ended: usize,
}

impl Driver {
    pub(crate) fn new(scheduler: Arc<Scheduler>, spin: Duration) -> Driver {
        Driver {
            schedule: Arc::clone(&scheduler) as Arc<dyn Schedule>,
            scheduler,
            backlog: None,
            pending: JobSlab::default(),
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
        if let Wakes::Thread(_, wakers) = &self.scheduler.wakes {
            if !self.has_waker {
                lock(wakers).driver = Some(cx.waker().clone());
                self.has_waker = true;
            }
            if !tokio::task::coop::has_budget_remaining() {
                return self.defer_to_task();
            }
        }
        self.run_batch(cx, stop)
    }

    /// Whether there are jobs to be polled.
    pub(crate) fn has_work(&self) -> bool {
        self.backlog.as_ref().is_some_and(Taken::has_next) || !self.scheduler.queue.is_empty()
    }

    /// Whether the last poll has left a job pending. `yield_now` leaves the wake of such a job to the runtime, which forgets
    /// it if the future of its `block_on` is ready in that very poll.
    pub(crate) fn has_left_pending(&self) -> bool {
        self.left_pending
    }

    /// `main` has used up the budget that it shares with this poll. A job that is polled without any makes no progress.
    fn defer_to_task(&self) -> Poll<()> {
        // Its first poll needs no wake.
        self.scheduler.wakes.wake_local();
        if self.scheduler.is_aborting() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Polls a batch, as the future of `block_on` or as the driver task.
    fn run_batch(&mut self, cx: &mut Context<'_>, stop: impl Fn() -> bool) -> Poll<()> {
        let mut left = BATCH;
        self.left_pending = false;
        loop {
            let shutdown = if self.scheduler.is_closed() { self.scheduler.shutdown() } else { Shutdown::No };
            if shutdown == Shutdown::Abort {
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
            let asleep = match shutdown {
                Shutdown::Drain => self.scheduler.queue.sleep_closed(),
                _ if self.spins() => {
                    if self.scheduler.queue.is_empty() {
                        self.poll_again(cx);
                        return Poll::Pending;
                    }
                    false
                }
                _ => self.scheduler.queue.sleep(),
            };
            if asleep {
                let is_over = shutdown == Shutdown::Drain && self.pending.is_empty();
                return if is_over { Poll::Ready(()) } else { Poll::Pending };
            }
        }
    }

    /// Has this polled again after the runtime has looked at its sockets and timers.
    fn poll_again(&self, cx: &Context<'_>) {
        match &self.scheduler.wakes {
            wakes @ Wakes::Thread(..) => wakes.wake(),
            Wakes::Shared(_) => cx.waker().wake_by_ref(),
        }
    }

    /// Spins for a slice if a job has ended a moment ago. Returns whether it did.
    fn spins(&self) -> bool {
        let now = Instant::now;
        let may = self.spins_until.is_some_and(|until| now() < until);
        if may {
            let queue = &self.scheduler.queue;
            spin_until(now().checked_add(SPIN_SLICE), || !queue.is_empty() || queue.is_closed());
        }
        may
    }

    /// The next job in order.
    fn next(&mut self) -> Option<TaskRef> {
        if let Some(job) = self.backlog.as_mut().and_then(Iterator::next) {
            return Some(job);
        }
        let mut taken = self.scheduler.queue.take();
        let job = taken.next();
        self.backlog = Some(taken);
        job
    }

    /// Polls a job. Whether it has ended.
    fn run(&mut self, job: TaskRef) -> bool {
        let is_new = !JobSlab::is_kept(&job);
        let ran = job.run(Runner::Loop { schedule: &self.schedule, slow_poll: &self.scheduler.slow_poll });
        if matches!(ran, Ran::Ended) {
            self.pending.remove(&job);
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
            self.pending.insert(job);
        }
        if let Ran::Woken(job) = ran {
            self.scheduler.push_again(job);
        }
        false
    }

    /// Ends what is left, on the loop's thread: what was never polled, then what is pending.
    pub(crate) fn close(&mut self) {
        // To wake the loop, which is not needed here, may fail; to close it does not.
        catch_and_drop(|| self.scheduler.shut_down(Shutdown::Abort));
        let mut any = self.backlog.take().is_some_and(Taken::close);
        any |= self.scheduler.queue.end().close();
        any |= self.pending.close();
        if any {
            self.scheduler.set_aborted();
        }
        self.scheduler.wakes.forget();
    }
}

/// The driver as a task of its runtime, for wakes of the loop's own thread.
pub(crate) struct DriverTask {
    driver: Rc<RefCell<Driver>>,
}

impl DriverTask {
    pub(crate) fn new(driver: &Rc<RefCell<Driver>>) -> DriverTask {
        DriverTask { driver: Rc::clone(driver) }
    }
}

impl Future for DriverTask {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut driver = self.driver.borrow_mut();
        if !driver.has_local_waker {
            if let Wakes::Thread(_, wakers) = &driver.scheduler.wakes {
                lock(wakers).local = Some(cx.waker().clone());
            }
            driver.has_local_waker = true;
        }
        if driver.run_batch(cx, || false).is_ready() {
            // The loop ends with the future of `block_on`.
            driver.scheduler.wakes.wake();
        }
        Poll::Pending
    }
}
