//! A job on its way through a loop: started, run, stopped, completed.
//!
//! Everything here that is unsafe rests on one invariant, that of the [`state`](crate::task::raw::state) table: a core is
//! touched only by the thread that the state gives it to. [`Job`]'s methods are where the steps are taken and
//! the leave is used, side by side.

use std::panic::RefUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::deadlock::graph::{Dependency, JobId};
use crate::instrument::stall::{self, Threshold};
use crate::loom::UnsafeCell;
use crate::task::raw::completion::Completion;
use crate::task::raw::core::TaskCore;
use crate::task::raw::header::Header;
use crate::task::raw::schedule::{Schedule, TokioTask};
use crate::task::raw::slab::SlabKey;
use crate::task::raw::state::{CANCEL, Ended, Reason, Start, Stop};
use crate::task::raw::unpolled;
use crate::unwind::catch_and_drop;

/// A reference-counted header that everyone holds, before a core that is touched by leave of the state.
pub(crate) struct Job<C: TaskCore + ?Sized> {
    pub(crate) completion: Completion,
    /// What the queue needs of it.
    pub(crate) header: Header,
    // Where it is sent to run again; see the last chapter of `state`.
    schedule: UnsafeCell<Option<Arc<dyn Schedule>>>,
    /// The key under which its loop keeps it while it is pending.
    pub(crate) key: SlabKey,
    core: C,
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
pub(crate) type AnyJob = Job<dyn TaskCore>;

// SAFETY: what a job holds that is not `Send` or `Sync` by itself is the core and the waker cells, and these are
// touched by one thread at a time, which the state chooses, with Acquire and Release on every step. What that
// means for futures that are not `Send` is the condition of `Job::new`.
unsafe impl<C: TaskCore + ?Sized> Send for Job<C> {}
// SAFETY: as above.
unsafe impl<C: TaskCore + ?Sized> Sync for Job<C> {}

// A panic of the user's is an outcome like others: nobody sees a job that one has left half changed.
impl<C: TaskCore + ?Sized> RefUnwindSafe for Job<C> {}

impl<C: TaskCore> Job<C> {
    /// A job that waits to be pushed.
    ///
    /// # Safety
    ///
    /// What the core holds before the first poll is `Send`, and so is the outcome. What it holds from then on
    /// need not be if the job goes to a loop whose thread never changes.
    pub(crate) unsafe fn new(core: C) -> Job<C> {
        Job {
            completion: Completion::new(),
            header: Header::new(),
            schedule: UnsafeCell::new(None),
            key: SlabKey::default(),
            core,
        }
    }

    pub(crate) fn core(&self) -> &C {
        &self.core
    }
}

impl<C: TaskCore + ?Sized> Job<C> {
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
        match self.completion.state.start() {
            Start::Gone => return Ran::Ended,
            Start::Stop(reason) => self.end(reason),
            Start::Run { .. } => match self.poll(runner, measured) {
                Poll::Ready(ended) => {
                    self.forget_schedule();
                    self.complete(ended);
                }
                Poll::Pending => {
                    self.set_schedule(runner);
                    match self.completion.state.idle() {
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
                own = self.header.waker();
                &own
            }
        };
        measured.start();
        // SAFETY: `start` has given us the core, which its owner keeps in place until the job is done.
        let polled = unsafe { self.core.poll(&mut Context::from_waker(waker)) };
        // SAFETY: it is still ours, since the job is not completed yet.
        measured.end(|| unsafe { self.core.site() });
        polled
    }

    /// The loop will not run this job (again): it drops the future on its thread.
    pub(crate) fn close(&self) {
        match self.completion.state.start() {
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
        if self.completion.state.end_unpolled() {
            self.end(Reason::Closed);
        }
    }

    /// Asks for an end by `bit`. See `State::stop`. False if it is done, and not by a cancel.
    pub(crate) fn stop(&self, bit: u32, reason: Reason) -> bool {
        match self.completion.state.stop(bit) {
            Stop::Unpolled => self.end(reason),
            asked => return self.asked_to_stop(asked),
        }
        true
    }

    fn asked_to_stop(&self, asked: Stop) -> bool {
        match asked {
            Stop::Send => self.send(),
            Stop::Unpolled | Stop::Noted => {}
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
        schedule.schedule(&self.header);
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

    /// Drops the future and completes. The caller has the core.
    fn end(&self, reason: Reason) {
        // SAFETY: this is called after a step that gave the core to this thread, and nowhere else.
        let ended = unsafe { self.core.stop(reason) };
        self.complete(ended);
    }

    /// The last step. The caller has the core, the outcome is in it and the future is not.
    fn complete(&self, ended: Ended) {
        // SAFETY: `complete` calls `drop_output` only if the owner detached, which a scoped call never does: the
        // core is the job's own memory, and the job is alive, since the caller refers to it.
        let drop_output = || unsafe { self.core.drop_output() };
        // SAFETY: the caller has the core, as is said above.
        if unsafe { self.completion.complete(ended, drop_output) }.is_err() {
            // SAFETY: not completed, so the core is still ours.
            unsafe { self.core.set_cancelled() };
            // SAFETY: as for the first try.
            let done = unsafe { self.completion.complete(Ended::Cancelled, drop_output) };
            debug_assert!(done.is_ok(), "a cancel gives way to nothing");
        }
    }
}

impl AnyJob {
    /// As [`stop`](Job::stop), by a cancel. A job that was not polled yet ends on this thread, at once unless it is one of many
    /// that cancel each other.
    pub(crate) fn cancel(self: &Arc<Self>) -> bool {
        match self.completion.state.stop(CANCEL) {
            Stop::Unpolled => unpolled::end(Arc::clone(self)),
            asked => return self.asked_to_stop(asked),
        }
        true
    }

    /// Ends it on the thread that a cancel of it has told `Unpolled`.
    pub(crate) fn end_now_unpolled(&self) {
        self.end(Reason::Cancel);
    }

    pub(crate) fn id(&self) -> JobId {
        JobId::of(self)
    }

    /// What a waker of the job does.
    pub(crate) fn wake(&self) {
        if self.completion.state.wake() {
            self.send();
        }
    }
}

impl Dependency for Arc<AnyJob> {
    fn job(&self) -> Option<JobId> {
        Some(self.id())
    }

    fn is_resolved(&self) -> bool {
        self.completion.state.needs_no_loop()
    }
}
