//! A frame on its way through a loop: taken up, run, stopped, completed.
//!
//! Everything here that is unsafe rests on one invariant, that of the [`state`](crate::task::raw::state) table: a frame is
//! touched only by the thread that the state gives it to. [`Job`]'s methods are where the steps are taken and
//! the leave is used, side by side.

use std::panic::RefUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::deadlock::graph::{Answer, JobId};
use crate::instrument::stall::{self, Threshold};
use crate::loom::UnsafeCell;
use crate::task::raw::completion::Signal;
use crate::task::raw::core::Frame;
use crate::task::raw::header::Link;
use crate::task::raw::schedule::{Schedule, TokioTask};
use crate::task::raw::slab::Key;
use crate::task::raw::state::{CANCEL, Ended, Reason, Start, Stop};
use crate::task::raw::withdrawn;
use crate::unwind::catch_and_drop;

/// A reference-counted header that everyone holds, before a frame that is touched by leave of the state.
pub(crate) struct Job<F: Frame + ?Sized> {
    pub(crate) signal: Signal,
    /// What the queue needs of it.
    pub(crate) link: Link,
    // Where it is sent to run again; see the last chapter of `state`.
    schedule: UnsafeCell<Option<Arc<dyn Schedule>>>,
    /// The key under which its loop keeps it while it is pending.
    pub(crate) key: Key,
    frame: F,
}

/// Who runs a job.
#[derive(Clone, Copy)]
pub(crate) enum Runner<'a> {
    /// A loop of this crate, which has taken it out of its queue.
    Loop { schedule: &'a Arc<dyn Schedule>, slow_poll: &'a Threshold },
    /// A tokio task, which has this waker.
    Task(&'a Waker),
}

/// What came of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    /// It is over, by this run or before.
    Ended,
    Pending,
    /// It is pending, and was woken: the runner sends it again.
    Woken,
}

/// A job of whatever future, as the queue and the loop see it.
pub(crate) type AnyJob = Job<dyn Frame>;

// SAFETY: what a job holds that is not `Send` or `Sync` by itself is the frame and the waker cells, and these are
// touched by one thread at a time, which the state chooses, with Acquire and Release on every step. What that
// means for futures that are not `Send` is the condition of `Job::new`.
unsafe impl<F: Frame + ?Sized> Send for Job<F> {}
// SAFETY: as above.
unsafe impl<F: Frame + ?Sized> Sync for Job<F> {}

// A panic of the user's is an outcome like others: nobody sees a job that one has left half changed.
impl<F: Frame + ?Sized> RefUnwindSafe for Job<F> {}

impl<F: Frame> Job<F> {
    /// A job that waits to be pushed.
    ///
    /// # Safety
    ///
    /// What the frame holds before the first poll is `Send`, and so is the outcome. What it holds from then on
    /// need not be if the job goes to a loop whose thread never changes.
    pub(crate) unsafe fn new(frame: F) -> Job<F> {
        Job { signal: Signal::new(), link: Link::new(), schedule: UnsafeCell::new(None), key: Key::default(), frame }
    }

    pub(crate) fn frame(&self) -> &F {
        &self.frame
    }
}

impl<F: Frame + ?Sized> Job<F> {
    /// Runs the job once on the loop's thread: what a poll, by the loop or by its tokio task, amounts to.
    pub(crate) fn run(&self, runner: Runner<'_>) -> Ran {
        let mut measured = stall::Poll::new(match runner {
            Runner::Loop { slow_poll, .. } => Some(slow_poll),
            Runner::Task(_) => None,
        });
        let ran = self.run_measured(runner, &mut measured);
        measured.warn();
        ran
    }

    fn run_measured(&self, runner: Runner<'_>, measured: &mut stall::Poll<'_>) -> Ran {
        match self.signal.state.start() {
            Start::Gone => return Ran::Ended,
            Start::Stop(reason) => self.end(reason),
            Start::Run { .. } => match self.poll(runner, measured) {
                Poll::Ready(ended) => {
                    self.forget_schedule();
                    self.complete(ended);
                }
                Poll::Pending => {
                    self.set_schedule(runner);
                    match self.signal.state.idle() {
                        Ok(false) => return Ran::Pending,
                        Ok(true) => return Ran::Woken,
                        Err(reason) => {
                            self.forget_schedule();
                            self.end(reason);
                        }
                    }
                }
            },
        }
        Ran::Ended
    }

    /// `start` has said `Run`.
    fn poll(&self, runner: Runner<'_>, measured: &mut stall::Poll<'_>) -> Poll<Ended> {
        let own;
        let waker = match runner {
            Runner::Task(waker) => waker,
            Runner::Loop { .. } => {
                own = self.link.waker();
                &own
            }
        };
        measured.start();
        // SAFETY: `start` has given us the frame, which its owner keeps in place until the job is done.
        let polled = unsafe { self.frame.poll(&mut Context::from_waker(waker)) };
        // SAFETY: it is still ours, since the job is not completed yet.
        measured.end(|| unsafe { self.frame.site() });
        polled
    }

    /// The loop will not run this job (again): it drops the future on its thread.
    pub(crate) fn close(&self) {
        match self.signal.state.start() {
            Start::Gone => {}
            Start::Stop(reason) => self.end(reason),
            Start::Run { woken } => {
                // One that was woken may have its waker still reading the cell.
                if !woken {
                    self.forget_schedule();
                }
                self.end(Reason::Closed);
            }
        }
    }

    /// No loop took the job: it goes back to the thread that wanted to push it.
    pub(crate) fn refuse(&self) {
        if self.signal.state.withdraw() {
            self.end(Reason::Closed);
        }
    }

    /// Asks for an end by `bit`. See `State::stop`. False if it is done, and not by a cancel.
    pub(crate) fn stop(&self, bit: u32, reason: Reason) -> bool {
        match self.signal.state.stop(bit) {
            Stop::Withdrawn => self.end(reason),
            asked => return self.asked_to_stop(asked),
        }
        true
    }

    fn asked_to_stop(&self, asked: Stop) -> bool {
        match asked {
            Stop::Send => self.send(),
            Stop::Withdrawn | Stop::Noted => {}
            Stop::Done { cancelled } => return cancelled,
        }
        true
    }

    /// Sends it where it runs again. The caller has set `WOKEN` in `IDLE`.
    fn send(&self) {
        // SAFETY: WOKEN was set in IDLE, by us: the cell is ours until the job comes out of the queue that it is sent to
        // below, or for good.
        let schedule = self.schedule.with_mut(|cell| unsafe { (*cell).take() });
        let schedule = schedule.expect("an idle job was scheduled by somebody");
        schedule.schedule(&self.link);
        // What hangs on the last reference may be the user's.
        catch_and_drop(|| schedule);
    }

    /// Lets go of its loop or its tokio task, and so of a runtime, while a result waits to be asked for. `start` has
    /// said `Run`, to the loop that took the job out of its queue, or else without a wake.
    fn forget_schedule(&self) {
        // SAFETY: RUNNING, and whoever has read the cell has sent the job before it came here: it is ours.
        let schedule = self.schedule.with_mut(|cell| unsafe { (*cell).take() });
        catch_and_drop(|| schedule);
    }

    /// Keeps the way to the runner, for wakers and for `stop`.
    fn set_schedule(&self, runner: Runner<'_>) {
        self.schedule.with_mut(|cell| {
            // SAFETY: as in `forget_schedule`.
            let cell = unsafe { &mut *cell };
            match (runner, &*cell) {
                (Runner::Loop { .. }, Some(_)) => {}
                (Runner::Loop { schedule, .. }, None) => *cell = Some(Arc::clone(schedule)),
                (Runner::Task(waker), Some(old)) if old.will_wake(waker) => {}
                (Runner::Task(waker), _) => {
                    let task = Arc::new(TokioTask(waker.clone()));
                    catch_and_drop(|| cell.replace(task));
                }
            }
        });
    }

    /// Drops the future and completes. The caller has the frame.
    fn end(&self, reason: Reason) {
        // SAFETY: this is called after a step that gave the frame to this thread, and nowhere else.
        let ended = unsafe { self.frame.stop(reason) };
        self.complete(ended);
    }

    /// The last step. The caller has the frame, the outcome is in it and the future is not.
    fn complete(&self, ended: Ended) {
        // SAFETY: `complete` calls `discard` only if the owner detached, which a scoped call never does: the
        // frame is the job's own memory, and the job is alive, since the caller refers to it.
        let discard = || unsafe { self.frame.discard() };
        // SAFETY: the caller has the frame, as is said above.
        if unsafe { self.signal.complete(ended, discard) }.is_err() {
            // SAFETY: not completed, so the frame is still ours.
            unsafe { self.frame.overrule() };
            // SAFETY: as for the first try.
            let done = unsafe { self.signal.complete(Ended::Cancelled, discard) };
            debug_assert!(done.is_ok(), "a cancel gives way to nothing");
        }
    }
}

impl AnyJob {
    /// As [`stop`](Job::stop), by a cancel. A job that was not polled yet ends on this thread, at once unless it is one of many
    /// that cancel each other.
    pub(crate) fn cancel(self: &Arc<Self>) -> bool {
        match self.signal.state.stop(CANCEL) {
            Stop::Withdrawn => withdrawn::end(Arc::clone(self)),
            asked => return self.asked_to_stop(asked),
        }
        true
    }

    /// Ends it on the thread that a cancel of it has told `Withdrawn`.
    pub(crate) fn end_withdrawn(&self) {
        self.end(Reason::Cancel);
    }

    pub(crate) fn id(&self) -> JobId {
        JobId::of(self)
    }

    /// What a waker of the job does.
    pub(crate) fn wake(&self) {
        if self.signal.state.wake() {
            self.send();
        }
    }
}

impl Answer for Arc<AnyJob> {
    fn job(&self) -> Option<JobId> {
        Some(self.id())
    }

    fn has_come(&self) -> bool {
        self.signal.state.is_off_the_loop()
    }
}
