//! A future on its way through a loop: polled, completed, cancelled, dropped; panics caught.
//!
//! Everything here that is unsafe rests on one invariant, that of the [`state`](crate::state) table: a frame is
//! touched only by the thread that the state gives it to. [`Job`]'s methods are where the steps are taken and
//! the leave is used, side by side.

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::context::Answer;
use crate::slot::{Outcome, Signal, Slot, contain};
use crate::state::{Ended, Reason, Start, Stop};
use crate::sync::UnsafeCell;

/// A reference-counted header that everyone holds, before a frame that is touched by leave of the state.
pub(crate) struct Job<F: Frame + ?Sized> {
    pub(crate) signal: Signal,
    /// What the queue needs of it.
    pub(crate) link: Link,
    // The waker of the tokio task that runs this job; see the last paragraph of `state`.
    task: UnsafeCell<Option<Waker>>,
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
pub(crate) struct Link {
    /// A queued job owns itself: the queue's pointers are thin, and this is the fat one.
    pub(crate) job: UnsafeCell<Option<Arc<AnyJob>>>,
    /// The job that was pushed before it.
    pub(crate) next: UnsafeCell<*const Link>,
}

/// A future and room for its outcome, with the types erased.
///
/// # Safety
///
/// The methods' conditions are the caller's to keep; an implementation must not unwind from any of them.
pub(crate) unsafe trait Frame {
    /// Polls the future, made first if need be. When ready it has been dropped, and the outcome is there.
    ///
    /// # Safety
    ///
    /// The state is `RUNNING`, by the calling thread, and the frame is not moved until the job is done.
    unsafe fn poll(&self, cx: &mut Context<'_>) -> Poll<Ended>;

    /// Drops the future; the outcome is that it was stopped, or its destructor's panic.
    ///
    /// # Safety
    ///
    /// The state is `RUNNING` or `WITHDRAWN`, by the calling thread.
    unsafe fn stop(&self, reason: Reason) -> Ended;

    /// Puts `Cancelled` in the place of the outcome.
    ///
    /// # Safety
    ///
    /// As for `stop`, after it or after a `poll` that was ready.
    unsafe fn overrule(&self);

    /// Drops the outcome.
    ///
    /// # Safety
    ///
    /// The job is done, was detached, and the caller is the one that completed it.
    unsafe fn discard(&self);
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
                    // Lets go of the tokio task while a result waits to be asked for. Nobody reads the cell: no
                    // stop bit was set when the job was idle, else `start` would have said so.
                    // SAFETY: hence it is ours, as is everything in RUNNING.
                    let task = self.task.with_mut(|cell| unsafe { (*cell).take() });
                    contain(|| task);
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
            Start::Run => self.end(Reason::Closed),
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

impl Answer for Arc<AnyJob> {
    fn has_come(&self) -> bool {
        self.signal.state.is_done()
    }
}

/// The one implementation that holds a future: the stage it is in, and the slot for what comes of it.
pub(crate) struct Cell<M, F, T> {
    stage: UnsafeCell<Stage<M, F>>,
    pub(crate) slot: Slot<T>,
}

/// How far a future is.
enum Stage<M, F> {
    /// To be made on the loop's thread.
    Make(M),
    Future(F),
    /// Dropped.
    Empty,
}

impl<F: Future> Cell<fn() -> F, F, F::Output> {
    pub(crate) fn future(future: F) -> Self {
        Cell { stage: UnsafeCell::new(Stage::Future(future)), slot: Slot::new() }
    }
}

impl<M: FnOnce() -> F, F: Future> Cell<M, F, F::Output> {
    pub(crate) fn make(make: M) -> Self {
        Cell { stage: UnsafeCell::new(Stage::Make(make)), slot: Slot::new() }
    }
}

impl<M: FnOnce() -> F, F: Future> Cell<M, F, F::Output> {
    /// Polls what is in the stage.
    ///
    /// # Safety
    ///
    /// As for `Frame::poll`.
    unsafe fn poll_stage(&self, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.stage.with_mut(|stage| {
            // SAFETY: the state gives this thread the frame; nothing else refers into the stage.
            let stage = unsafe { &mut *stage };
            if let Stage::Make(_) = stage {
                let Stage::Make(make) = std::mem::replace(stage, Stage::Empty) else { unreachable!() };
                *stage = Stage::Future(make());
            }
            match stage {
                // SAFETY: the frame is not moved until the job is done, and the future is dropped in place
                // before that.
                Stage::Future(future) => unsafe { Pin::new_unchecked(future) }.poll(cx),
                Stage::Make(_) | Stage::Empty => unreachable!("a future is polled after it has ended"),
            }
        })
    }

    /// Drops what is in the stage, in place. The panic of a destructor comes back.
    ///
    /// # Safety
    ///
    /// The state gives this thread the frame.
    unsafe fn empty_stage(&self) -> std::thread::Result<()> {
        self.stage.with_mut(|stage| {
            // SAFETY: as this function's condition says; whatever happens in there, it is not dropped again,
            // since the next line overwrites it without a look.
            let dropped = catch_unwind(AssertUnwindSafe(|| unsafe { ptr::drop_in_place(stage) }));
            // SAFETY: the place is valid, and what was there is dropped.
            unsafe { ptr::write(stage, Stage::Empty) };
            dropped
        })
    }

    /// Drops the future, then keeps `outcome`, unless a destructor's panic comes in its place.
    ///
    /// # Safety
    ///
    /// As for `empty_stage`.
    unsafe fn settle(&self, outcome: Outcome<F::Output>) -> Ended {
        // SAFETY: the same condition.
        let outcome = match (unsafe { self.empty_stage() }, outcome) {
            (Ok(()), outcome) => outcome,
            (Err(second), Outcome::Panicked(first)) => {
                contain(|| second);
                Outcome::Panicked(first)
            }
            (Err(payload), outcome) => {
                contain(|| outcome);
                Outcome::Panicked(payload)
            }
        };
        let ended = outcome.ended();
        // SAFETY: the same condition; the slot is part of the frame.
        let before = unsafe { self.slot.replace(outcome) };
        debug_assert!(before.is_none(), "a job ends once");
        ended
    }
}

// SAFETY: user code is run inside `catch_unwind` or `contain` only.
unsafe impl<M: FnOnce() -> F, F: Future> Frame for Cell<M, F, F::Output> {
    unsafe fn poll(&self, cx: &mut Context<'_>) -> Poll<Ended> {
        // SAFETY: the caller keeps this function's condition, which is the same.
        let polled = catch_unwind(AssertUnwindSafe(|| unsafe { self.poll_stage(cx) }));
        let outcome = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(value)) => Outcome::Value(value),
            Err(payload) => Outcome::Panicked(payload),
        };
        // SAFETY: as above.
        Poll::Ready(unsafe { self.settle(outcome) })
    }

    unsafe fn stop(&self, reason: Reason) -> Ended {
        // SAFETY: the caller keeps this function's condition.
        unsafe { self.settle(Outcome::Stopped(reason)) }
    }

    unsafe fn overrule(&self) {
        // SAFETY: the caller keeps this function's condition: it still has the frame.
        let overruled = unsafe { self.slot.replace(Outcome::Stopped(Reason::Cancel)) };
        contain(|| overruled);
    }

    unsafe fn discard(&self) {
        // SAFETY: the caller is the completer of a detached job.
        let unasked = unsafe { self.slot.take() };
        contain(|| unasked);
    }
}

/// A frame on a caller's stack, with the types and the lifetime erased.
pub(crate) struct Borrowed<'a> {
    frame: *const (dyn Frame + 'static),
    lives: PhantomData<&'a ()>,
}

impl<'a> Borrowed<'a> {
    /// # Safety
    ///
    /// `frame` is neither moved nor dropped before the job it goes into is done.
    pub(crate) unsafe fn new(frame: &'a (dyn Frame + 'a)) -> Borrowed<'static> {
        let frame: *const (dyn Frame + 'a) = frame;
        // SAFETY: the two types differ in a lifetime only, and the caller sees to it that it is kept.
        let frame = unsafe { std::mem::transmute::<*const (dyn Frame + 'a), *const (dyn Frame + 'static)>(frame) };
        Borrowed { frame, lives: PhantomData }
    }
}

impl Borrowed<'static> {
    /// # Safety
    ///
    /// The job is not done.
    unsafe fn frame(&self) -> &dyn Frame {
        // SAFETY: until then the frame is where it was, as `new` asks.
        unsafe { &*self.frame }
    }
}

// SAFETY: whoever may call a method of a frame has the state's leave, so the job is not done. `discard` comes after
// that, and is never called: a scoped call does not detach.
unsafe impl Frame for Borrowed<'static> {
    unsafe fn poll(&self, cx: &mut Context<'_>) -> Poll<Ended> {
        // SAFETY: see the impl.
        let frame = unsafe { self.frame() };
        // SAFETY: the condition is the same.
        unsafe { frame.poll(cx) }
    }

    unsafe fn stop(&self, reason: Reason) -> Ended {
        // SAFETY: see the impl.
        let frame = unsafe { self.frame() };
        // SAFETY: the condition is the same.
        unsafe { frame.stop(reason) }
    }

    unsafe fn overrule(&self) {
        // SAFETY: see the impl.
        let frame = unsafe { self.frame() };
        // SAFETY: the condition is the same.
        unsafe { frame.overrule() }
    }

    unsafe fn discard(&self) {
        debug_assert!(false, "a scoped call never detaches");
    }
}
