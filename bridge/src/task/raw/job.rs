//! A job: a future on its way through a loop. It is started, polled, stopped and completed here.
//!
//! Everything here that is unsafe rests on one invariant, that of the [`state`](crate::task::raw::state) table: a core is touched
//! only by the thread that the state gives it to. Each method takes a step of the state, and then touches what that step gave it.

use std::panic::RefUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::instrument::stall::{self, Threshold};
use crate::task::raw::completion::Completion;
use crate::task::raw::core::{HoldsCore, TaskCore};
use crate::task::raw::header::{Header, Pushable, TaskRef, VTable};
use crate::task::raw::schedule::{Schedule, TokioTask};
use crate::task::raw::state::{CANCEL, Ended, Reason, Start, Stop};
use crate::task::raw::unpolled;
use crate::unwind::catch_and_drop;

/// A job: what all jobs have, and then the core, which is touched only where the state allows it. It lies in an `Arc`; a
/// [`TaskRef`] is such an `Arc` without the type.
#[repr(C)]
pub(crate) struct Job<C> {
    // First, so that a pointer to one is a pointer to the other.
    header: Header,
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

/// A job that a cancel has ended before its first poll. Whoever has this drops the future.
pub(crate) struct Unpolled(TaskRef);

impl Unpolled {
    /// Drops the future, and completes the job.
    pub(crate) fn end(self) {
        self.0.end(Reason::Cancel);
        // What hangs on the last reference may be the user's.
        catch_and_drop(|| self.0);
    }
}

/// How a run ended.
#[derive(Debug)]
pub(crate) enum Ran {
    /// It is over, by this run or before.
    Ended,
    Pending,
    /// It is pending, and was woken: the runner schedules it again.
    Woken(Pushable),
}

// SAFETY: what a job holds that is not `Send` or `Sync` by itself is
// - the core, and the completion's waker: the state gives each to one thread at a time, with Acquire and Release on every step;
// - the scheduler, which has the same guard, and the link to the next job, which is of the thread that may push the job, and then
//   of the thread that has taken it out of the queue (the queue's exchanges are Release and Acquire);
// - the slab key, an atomic that only the thread with the driver uses.
// What that means for futures that are not `Send` is the condition of `Job::new`.
unsafe impl<C> Send for Job<C> {}
// SAFETY: as above.
unsafe impl<C> Sync for Job<C> {}

// A panic of the user's is an outcome like others: nobody sees a job that one has left half changed.
impl<C> RefUnwindSafe for Job<C> {}

impl<C: HoldsCore + 'static> Job<C> {
    const VTABLE: &'static VTable = &VTable { retain: retain::<C>, release: release::<C>, core: core::<C> };

    /// A job that waits to be pushed.
    ///
    /// # Safety
    ///
    /// It is put into an `Arc`. What the core holds before the first poll is `Send`, and so is the outcome. What it holds from
    /// then on need not be if the job goes to a loop whose thread never changes.
    pub(crate) unsafe fn new(core: C) -> Job<C> {
        // SAFETY: the header is the first field below, the functions are those of this type, and the caller sees to the `Arc`.
        Job { header: unsafe { Header::new(Self::VTABLE) }, core }
    }

    pub(crate) fn core(&self) -> &C {
        &self.core
    }

    pub(crate) fn completion(&self) -> &Completion {
        &self.header.completion
    }
}

impl<C: HoldsCore + 'static> From<&Arc<Job<C>>> for TaskRef {
    fn from(job: &Arc<Job<C>>) -> TaskRef {
        let header = Arc::into_raw(Arc::clone(job)).cast::<Header>();
        // SAFETY: it is from `Arc::into_raw`, and has the reference of the clone.
        unsafe { TaskRef::from_raw(header) }
    }
}

/// # Safety
///
/// `header` is that of a `Job<C>` in an `Arc` that is alive, in this and in the next two.
unsafe fn retain<C>(header: *const Header) {
    // SAFETY: a pointer to the header, the first field, is one to the job.
    unsafe { Arc::increment_strong_count(header.cast::<Job<C>>()) };
}

unsafe fn release<C>(header: *const Header) {
    // SAFETY: as above. The caller gives its reference up.
    unsafe { Arc::decrement_strong_count(header.cast::<Job<C>>()) };
}

unsafe fn core<C: HoldsCore>(header: *const Header) -> *const dyn TaskCore {
    // SAFETY: as above.
    let job = unsafe { &*header.cast::<Job<C>>() };
    job.core.core()
}

impl TaskRef {
    /// Runs the job once on the thread that drives its loop, or in its tokio task.
    pub(crate) fn run(&self, runner: Runner<'_>) -> Ran {
        let mut measured = stall::MeasuredPoll::new(match runner {
            Runner::Loop { slow_poll, .. } => Some(slow_poll),
            Runner::Task(_) => None,
        });
        let ran = self.run_measured(runner, &mut measured);
        measured.warn();
        ran
    }

    fn run_measured(&self, runner: Runner<'_>, measured: &mut stall::MeasuredPoll<'_>) -> Ran {
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
                        // SAFETY: a waker has left its WOKEN, and so the push, to this thread.
                        Ok(true) => return Ran::Woken(unsafe { Pushable::new(self.clone()) }),
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

    /// `start` has returned `Run`.
    fn poll(&self, runner: Runner<'_>, measured: &mut stall::MeasuredPoll<'_>) -> Poll<Ended> {
        let own;
        let waker = match runner {
            Runner::Task(waker) => waker,
            Runner::Loop { .. } => {
                own = self.waker();
                &own
            }
        };
        measured.start();
        // SAFETY: `start` has given the core to this thread, and nothing below completes the job.
        let core = unsafe { self.core() };
        // SAFETY: RUNNING, by this thread. The owner of the core keeps it in place until the job is done.
        let polled = unsafe { core.poll(&mut Context::from_waker(waker)) };
        // SAFETY: RUNNING, still.
        measured.end(|| unsafe { core.origin() });
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

    /// A closed queue has refused the job: the thread that wanted to push it ends it.
    pub(crate) fn refuse(&self) {
        if self.completion.state.end_unpolled() {
            self.end(Reason::Closed);
        }
    }

    /// Asks for an end by `bit`. See `State::stop`. False if it is done, and not by a cancel.
    pub(crate) fn stop(&self, bit: u32, reason: Reason) -> bool {
        self.asked_to_stop(self.completion.state.stop(bit), || self.end(reason))
    }

    /// `end` ends a job that was not polled.
    fn asked_to_stop(&self, asked: Stop, end: impl FnOnce()) -> bool {
        match asked {
            Stop::Unpolled => end(),
            Stop::Send => self.schedule(),
            Stop::Noted => {}
            Stop::Done { cancelled } => return cancelled,
        }
        true
    }

    /// Has its scheduler run it again. The caller has set `WOKEN` in `IDLE`.
    fn schedule(&self) {
        // SAFETY: this thread has set WOKEN in IDLE: the cell is its own until the job is taken out of the queue that it is pushed
        // to below, or for good.
        let schedule = self.schedule.with_mut(|cell| unsafe { (*cell).take() });
        let schedule = schedule.expect("a job that is idle has a scheduler");
        // SAFETY: as above.
        schedule.schedule(unsafe { Pushable::new(self.clone()) });
        // What hangs on the last reference may be the user's.
        catch_and_drop(|| schedule);
    }

    /// Drops its reference to its loop or tokio task, and so to a runtime: the result may be asked for much later. `start` has
    /// returned `Run`, to the loop that took the job out of its queue, or else without a wake.
    fn forget_schedule(&self) {
        // SAFETY: RUNNING, and a thread that has taken from the cell had scheduled the job before it was started: the cell is this
        // thread's.
        let schedule = self.schedule.with_mut(|cell| unsafe { (*cell).take() });
        catch_and_drop(|| schedule);
    }

    /// Stores what schedules it, for wakers and for `stop`.
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
        let core = unsafe { self.core() };
        // SAFETY: as above: RUNNING or UNPOLLED, by this thread.
        let ended = unsafe { core.stop(reason) };
        self.complete(ended);
    }

    /// The last step. The caller has the core, the outcome is in it and the future is not.
    fn complete(&self, ended: Ended) {
        // Asked for only when it is called: once the job is done, a core on its caller's stack may be gone, and so must be
        // every reference to it.
        let drop_output = || {
            // SAFETY: `complete` calls this only if the owner detached, which a scoped call never does: the core is a part of the
            // job, which is alive by this reference, and its outcome is the completer's.
            let core = unsafe { self.core() };
            // SAFETY: as above.
            unsafe { core.drop_output() };
        };
        // SAFETY: the caller has the core and is done with it. The completion is a part of the job, which this refers to.
        if unsafe { self.completion.complete(ended, drop_output) }.is_err() {
            // SAFETY: not completed, so the core is still this thread's.
            let core = unsafe { self.core() };
            // SAFETY: as above.
            unsafe { core.set_cancelled() };
            // SAFETY: as for the first try.
            let done = unsafe { self.completion.complete(Ended::Cancelled, drop_output) };
            debug_assert!(done.is_ok(), "nothing comes before a cancel");
        }
    }

    /// As [`stop`](TaskRef::stop), by a cancel. A job that was not polled yet ends on this thread, at once unless it is one of many
    /// that cancel each other.
    pub(crate) fn cancel(&self) -> bool {
        self.asked_to_stop(self.completion.state.stop(CANCEL), || unpolled::end(Unpolled(self.clone())))
    }

    /// What a waker of the job does.
    pub(crate) fn wake(&self) {
        if self.completion.state.wake() {
            self.schedule();
        }
    }
}
