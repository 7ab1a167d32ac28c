//! A frame on its way through a loop: taken up, run, stopped, completed.
//!
//! Everything here that is unsafe rests on one invariant, that of the [`state`](crate::state) table: a frame is
//! touched only by the thread that the state gives it to. [`Job`]'s methods are where the steps are taken and
//! the leave is used, side by side.

use std::panic::RefUnwindSafe;
use std::ptr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::context::Answer;
use crate::core_id::Core;
use crate::frame::Frame;
use crate::slot::{Signal, contain};
use crate::state::{Ended, Reason, Start, Stop};
use crate::sync::UnsafeCell;

/// A reference-counted header that everyone holds, before a frame that is touched by leave of the state.
pub(crate) struct Job<F: Frame + ?Sized> {
    pub(crate) signal: Signal,
    /// What the queue needs of it.
    pub(crate) link: Link,
    // The waker of the tokio task that runs this job; see the last paragraph of `state`.
    task: UnsafeCell<Option<Waker>>,
    /// Where it was made, which is where its caller is, or was.
    pub(crate) core: Core,
    frame: F,
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

/// A queued job's place in the queue. Empty while it is in none.
///
/// Aligned so that the queue has three bits of its address for its marks.
#[repr(align(8))]
pub(crate) struct Link {
    /// A queued job owns itself: the queue's pointers are thin, and this is the fat one.
    pub(crate) job: UnsafeCell<Option<Arc<AnyJob>>>,
    /// The job that was pushed before it.
    pub(crate) next: UnsafeCell<*const Link>,
}

impl<F: Frame> Job<F> {
    /// A job that waits to be pushed.
    ///
    /// # Safety
    ///
    /// What the frame holds before the first poll is `Send`, and so is the outcome. What it holds from then on
    /// need not be if the job goes to a loop whose thread never changes.
    pub(crate) unsafe fn new(frame: F) -> Job<F> {
        Job {
            signal: Signal::new(),
            link: Link { job: UnsafeCell::new(None), next: UnsafeCell::new(ptr::null()) },
            task: UnsafeCell::new(None),
            core: Core::current(),
            frame,
        }
    }

    pub(crate) fn frame(&self) -> &F {
        &self.frame
    }
}

impl<F: Frame + ?Sized> Job<F> {
    /// Runs the job once on the loop's thread: what a poll, by the loop or by its tokio task, amounts to.
    pub(crate) fn run(&self, cx: &mut Context<'_>) -> Poll<()> {
        match self.signal.state.start() {
            Start::Gone => return Poll::Ready(()),
            Start::Stop(reason) => self.end(reason),
            // SAFETY: `start` has given us the frame, which its owner keeps in place until the job is done.
            Start::Run => match unsafe { self.frame.poll(cx) } {
                Poll::Ready(ended) => {
                    self.forget_task();
                    self.complete(ended);
                }
                Poll::Pending => {
                    self.keep_task(cx.waker());
                    let Err(reason) = self.signal.state.idle() else { return Poll::Pending };
                    self.end(reason);
                }
            },
        }
        Poll::Ready(())
    }

    /// The loop will not run this job (again): it drops the future on its thread.
    pub(crate) fn close(&self) {
        match self.signal.state.start() {
            Start::Gone => {}
            Start::Stop(reason) => self.end(reason),
            Start::Run => {
                self.forget_task();
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
            Stop::Wake => self.task.with(|cell| {
                // SAFETY: we set the first stop bit, in IDLE: we alone read the cell, and nobody writes it again.
                let task = unsafe { &*cell };
                contain(|| task.as_ref().map(Waker::wake_by_ref));
            }),
            Stop::Noted => {}
            Stop::Done { cancelled } => return cancelled,
        }
        true
    }

    /// Lets go of the tokio task, and so of its runtime, while a result waits to be asked for. `start` has said
    /// `Run`.
    fn forget_task(&self) {
        // SAFETY: RUNNING, and no stop bit was set when the job was idle: nobody reads the cell, so it is ours.
        let task = self.task.with_mut(|cell| unsafe { (*cell).take() });
        contain(|| task);
    }

    /// Keeps the waker of the tokio task, for `stop`.
    fn keep_task(&self, waker: &Waker) {
        self.task.with_mut(|cell| {
            // SAFETY: RUNNING, and `start` has seen no stop bit: the cell is ours until `idle`.
            let cell = unsafe { &mut *cell };
            if !cell.as_ref().is_some_and(|old| old.will_wake(waker)) {
                let waker = waker.clone();
                contain(|| cell.replace(waker));
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

impl Answer for Vec<Arc<AnyJob>> {
    fn has_come(&self) -> bool {
        self.iter().all(Answer::has_come)
    }
}

impl Answer for Arc<AnyJob> {
    fn has_come(&self) -> bool {
        self.signal.state.is_done()
    }
}
