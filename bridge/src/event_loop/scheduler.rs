//! [`Scheduler`]: what all threads share of a loop.

use std::fmt::Debug;
use std::panic::RefUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::Waker;

use tokio::runtime::Id;

use crate::deadlock::current;
use crate::fork::Process;
use crate::instrument::stall::Threshold;
use crate::loom::{AtomicU32, Mutex, Ordering, lock};
use crate::task::raw::header::{Pushable, TaskRef};
use crate::task::raw::queue::{Pushed, Queue};
use crate::task::raw::schedule::Schedule;
use crate::unwind::catch_and_drop;

/// How far the end of a loop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub(crate) enum Shutdown {
    /// The loop is open.
    No,
    /// Finish what was submitted, then stop.
    Drain,
    /// Stop; what is left is dropped.
    Abort,
}

/// A shared loop, as its scheduler needs it.
pub(crate) trait SharedSide: Debug + Send + Sync + RefUnwindSafe {
    /// There is work for whoever drives.
    fn wake_driver(&self);

    /// The loop is to end. Its queue is closed.
    fn shut_down(&self, how: Shutdown);
}

/// What all threads share of a loop: the queue of its tasks, how its driver is woken, and how far its end is. The driver's side of
/// it is the [`Driver`](super::driver::Driver). The other types that are "the loop" are listed in [`event_loop`](super).
#[derive(Debug)]
pub(crate) struct Scheduler {
    pub(super) queue: Queue,
    pub(super) wakes: Wakes,
    shutdown: AtomicU32,
    /// The end of the loop has cancelled something.
    aborted: AtomicBool,
    pub(crate) slow_poll: Threshold,
    /// Where the loop's thread is. In a fork of that process the loop is closed.
    process: Process,
}

/// How the driver is woken.
#[derive(Debug)]
pub(super) enum Wakes {
    /// That of an event loop, whose runtime has that id, on its thread.
    Thread(Id, Mutex<ThreadWakers>),
    /// That of a shared loop, on the thread that drives it.
    Shared(Arc<dyn SharedSide>),
}

/// The wakers of an event loop's driver. They are taken away at the loop's end: they keep the file descriptors of its runtime
/// open.
#[derive(Debug, Default)]
pub(super) struct ThreadWakers {
    /// That of the future of `block_on`, set before the queue is first marked as asleep.
    pub(super) driver: Option<Waker>,
    /// The driver task's, for the loop's own thread.
    pub(super) local: Option<Waker>,
}

impl Wakes {
    pub(super) fn wake(&self) {
        match self {
            Wakes::Thread(_, wakers) => {
                // `None`: the driver has not run yet, and will look at everything when it does. Or it will not run again.
                let driver = lock(wakers).driver.clone();
                driver.into_iter().for_each(Waker::wake);
            }
            Wakes::Shared(shared) => shared.wake_driver(),
        }
    }

    /// Wakes the driver task, if it has run.
    pub(super) fn wake_local(&self) {
        if let Wakes::Thread(_, wakers) = self {
            let local = lock(wakers).local.clone();
            local.into_iter().for_each(Waker::wake);
        }
    }

    /// The driver does not run again.
    pub(super) fn forget(&self) {
        if let Wakes::Thread(_, wakers) = self {
            let wakers = std::mem::take(&mut *lock(wakers));
            catch_and_drop(|| wakers);
        }
    }
}

impl Scheduler {
    /// Of an event loop, whose runtime has that id.
    pub(crate) fn new(id: Id, slow_poll: Threshold) -> Scheduler {
        Scheduler::woken_by(Wakes::Thread(id, Mutex::new(ThreadWakers::default())), slow_poll)
    }

    pub(crate) fn shared(shared: Arc<dyn SharedSide>, slow_poll: Threshold) -> Scheduler {
        Scheduler::woken_by(Wakes::Shared(shared), slow_poll)
    }

    fn woken_by(wakes: Wakes, slow_poll: Threshold) -> Scheduler {
        Scheduler {
            queue: Queue::new(),
            wakes,
            shutdown: AtomicU32::new(Shutdown::No as u32),
            aborted: AtomicBool::new(false),
            slow_poll,
            process: Process::current(),
        }
    }

    /// Hands a new job to the loop; a closed one refuses it.
    pub(crate) fn push(&self, job: Pushable) {
        if let Some(job) = self.enqueue(job, Queue::push) {
            job.refuse();
        }
    }

    /// Hands a new job of a call that is under way to the loop, also to one that finishes what it has.
    pub(crate) fn push_inside(&self, job: Pushable) {
        if let Some(job) = self.enqueue(job, Queue::push_again) {
            job.refuse();
        }
    }

    /// Hands a job back that was woken. A loop that has ended has ended its jobs as well.
    pub(crate) fn push_again(&self, job: Pushable) {
        let refused = self.enqueue(job, Queue::push_again);
        // What hangs on the last reference may be the user's.
        catch_and_drop(|| refused);
    }

    /// The job, if it was refused.
    fn enqueue(&self, job: Pushable, push: fn(&Queue, Pushable) -> Pushed) -> Option<TaskRef> {
        if !self.process.is_current() {
            return Some(job.into_task());
        }
        match push(&self.queue, job) {
            Pushed::Closed(job) => return Some(job),
            Pushed::Queued { wake: false } => {}
            Pushed::Queued { wake: true } => {
                if matches!(self.wakes, Wakes::Thread(id, _) if current::drives(id)) {
                    self.wakes.wake_local();
                }
                self.wakes.wake();
            }
        }
        None
    }

    /// Closes the queue, and has the loop end. A shutdown only ever gets stricter.
    pub(crate) fn shut_down(&self, how: Shutdown) {
        if !self.process.is_current() {
            return;
        }
        // ORDERING: the close that follows releases it to the loop, which reads it after it has seen the close.
        // A second, stricter shutdown goes with the wake.
        self.shutdown.fetch_max(how as u32, Ordering::AcqRel);
        self.queue.close();
        match &self.wakes {
            wakes @ Wakes::Thread(..) => wakes.wake(),
            Wakes::Shared(shared) => shared.shut_down(how),
        }
    }

    /// Whether what is left is to be dropped.
    pub(crate) fn is_aborting(&self) -> bool {
        self.is_closed() && self.shutdown() == Shutdown::Abort
    }

    /// Whether the end of the loop has cancelled anything. Asked after its thread has ended.
    pub(crate) fn has_aborted_any(&self) -> bool {
        // ORDERING: see `Driver::close`.
        self.aborted.load(Ordering::Relaxed)
    }

    /// The end of the loop has cancelled something: a task, or a call that its caller polls.
    pub(crate) fn set_aborted(&self) {
        // ORDERING: read by one that has waited for the end of the loop's thread.
        self.aborted.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.queue.is_closed() || !self.process.is_current()
    }

    pub(super) fn shutdown(&self) -> Shutdown {
        // ORDERING: a read-modify-write, which changes nothing, since it must read the newest value or be read by
        // the `fetch_max` of the next: that thread then sees the driver's waker, if this is its first poll.
        match self.shutdown.fetch_max(Shutdown::No as u32, Ordering::AcqRel) {
            0 => Shutdown::No,
            1 => Shutdown::Drain,
            _ => Shutdown::Abort,
        }
    }
}

impl Schedule for Scheduler {
    fn schedule(&self, task: Pushable) {
        self.push_again(task);
    }
}
