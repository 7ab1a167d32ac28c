//! A future and the room for its outcome, wherever they lie: polled, dropped, panics caught.
//!
//! A core does not know who may touch it. That is what the [`state`](crate::task::raw::state) table says, and every method
//! here has it for a condition.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::instrument::stall::Site;
use crate::instrument::{Span, Subscriber};
use crate::loom::UnsafeCell;
use crate::task::raw::completion::Outcome;
use crate::task::raw::state::{Ended, Reason};
use crate::unwind::catch_and_drop;

/// A future and room for its outcome, with the types erased.
///
/// # Safety
///
/// The methods' conditions are the caller's to keep; an implementation must not unwind from any of them.
pub(crate) unsafe trait TaskCore {
    /// Polls the future, made first if need be. When ready it has been dropped, and the outcome is there.
    ///
    /// # Safety
    ///
    /// The state is `RUNNING`, by the calling thread, and the core is not moved until the job is done.
    unsafe fn poll(&self, cx: &mut Context<'_>) -> Poll<Ended>;

    /// Drops the future; the outcome is that it was stopped, or its destructor's panic.
    ///
    /// # Safety
    ///
    /// The calling thread has the core: the state is `RUNNING` or `UNPOLLED`, by that thread, or the job was sent nowhere.
    unsafe fn stop(&self, reason: Reason) -> Ended;

    /// Puts `Cancelled` in the place of the outcome.
    ///
    /// # Safety
    ///
    /// As for `stop`, after it or after a `poll` that was ready.
    unsafe fn set_cancelled(&self);

    /// The line that the future comes from, and who hears of it.
    ///
    /// # Safety
    ///
    /// As for `stop`.
    unsafe fn origin(&self) -> (Site, Subscriber);

    /// Drops the outcome.
    ///
    /// # Safety
    ///
    /// The job is done, was detached, and the caller is the one that completed it.
    unsafe fn drop_output(&self);
}

/// The one implementation that holds a future, and in its place, later, what comes of it.
pub(crate) struct FutureCore<M, F: Future> {
    stage: UnsafeCell<Stage<M, F>>,
    /// The caller's, entered wherever code of the future runs.
    pub(crate) span: Span,
    site: Site,
}

/// How far a future is.
enum Stage<M, F: Future> {
    /// To be made on the loop's thread.
    Make(M),
    Future(F),
    Ended(Outcome<F::Output>),
    /// What was there is dropped, or taken.
    Empty,
}

impl<F: Future> FutureCore<fn() -> F, F> {
    pub(crate) fn future(future: F, site: Site) -> Self {
        FutureCore { stage: UnsafeCell::new(Stage::Future(future)), span: Span::current(), site }
    }
}

impl<M: FnOnce() -> F, F: Future> FutureCore<M, F> {
    pub(crate) fn make(make: M, site: Site) -> Self {
        FutureCore { stage: UnsafeCell::new(Stage::Make(make)), span: Span::current(), site }
    }

    /// Takes the outcome out.
    ///
    /// # Safety
    ///
    /// Nobody else has the core: the job is done, and the caller is its owner, or the completer that found it detached; or the
    /// caller has the core by `RUNNING` or `UNPOLLED`; or the job was sent nowhere.
    pub(crate) unsafe fn take(&self) -> Option<Outcome<F::Output>> {
        self.stage.with_mut(|stage| {
            // SAFETY: by this function's own condition nobody else touches the stage now.
            let stage = unsafe { &mut *stage };
            // A future is not moved. There is none when the job is done, so this is to be sure.
            let Stage::Ended(_) = stage else { return None };
            let Stage::Ended(outcome) = mem::replace(stage, Stage::Empty) else { unreachable!() };
            Some(outcome)
        })
    }
}

impl<M: FnOnce() -> F, F: Future> FutureCore<M, F> {
    /// Polls what is in the stage.
    ///
    /// # Safety
    ///
    /// As for `TaskCore::poll`.
    unsafe fn poll_stage(&self, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.stage.with_mut(|stage| {
            // SAFETY: the state gives this thread the core; nothing else refers into the stage.
            let stage = unsafe { &mut *stage };
            if let Stage::Make(_) = stage {
                let Stage::Make(make) = mem::replace(stage, Stage::Empty) else { unreachable!() };
                *stage = Stage::Future(make());
            }
            match stage {
                // SAFETY: the core is not moved until the job is done, and the future is dropped in place
                // before that.
                Stage::Future(future) => unsafe { Pin::new_unchecked(future) }.poll(cx),
                Stage::Make(_) | Stage::Ended(_) | Stage::Empty => {
                    unreachable!("a future is polled after it has ended")
                }
            }
        })
    }

    /// Drops what is in the stage, in place, then keeps `outcome`, unless a destructor has panicked: then that panic.
    ///
    /// # Safety
    ///
    /// The calling thread has the core, as for `TaskCore::stop`.
    unsafe fn store_output(&self, outcome: Outcome<F::Output>) -> Ended {
        self.stage.with_mut(|stage| {
            // SAFETY: as this function's condition says; nothing else refers into the stage.
            let stage = unsafe { &mut *stage };
            let dropped = {
                let _entered = self.span.enter();
                // An assignment drops the old value in place, as a future must be, and stores the new one also when that panics.
                catch_unwind(AssertUnwindSafe(|| *stage = Stage::Empty))
            };
            let outcome = outcome.after_drop(dropped);
            let ended = outcome.ended();
            *stage = Stage::Ended(outcome);
            ended
        })
    }
}

// SAFETY: user code is run inside `catch_unwind` or `catch_and_drop` only.
unsafe impl<M: FnOnce() -> F, F: Future> TaskCore for FutureCore<M, F> {
    unsafe fn poll(&self, cx: &mut Context<'_>) -> Poll<Ended> {
        let polled = {
            let _entered = self.span.enter();
            // SAFETY: the caller keeps this function's condition, which is the same.
            catch_unwind(AssertUnwindSafe(|| unsafe { self.poll_stage(cx) }))
        };
        let outcome = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(value)) => Outcome::Value(value),
            Err(payload) => Outcome::Panicked(payload),
        };
        // SAFETY: as above.
        Poll::Ready(unsafe { self.store_output(outcome) })
    }

    unsafe fn stop(&self, reason: Reason) -> Ended {
        // SAFETY: the caller keeps this function's condition.
        unsafe { self.store_output(Outcome::Stopped(reason)) }
    }

    unsafe fn set_cancelled(&self) {
        // SAFETY: the caller keeps this function's condition: it still has the core.
        let output = unsafe { self.take() };
        catch_and_drop(|| output);
        // SAFETY: as above.
        unsafe { self.store_output(Outcome::Stopped(Reason::Cancel)) };
    }

    unsafe fn origin(&self) -> (Site, Subscriber) {
        (self.site, self.span.subscriber())
    }

    unsafe fn drop_output(&self) {
        // SAFETY: the caller is the completer of a detached job.
        let output = unsafe { self.take() };
        self.span.log_unobserved(output.as_ref().and_then(Outcome::panic));
        catch_and_drop(|| output);
    }
}

/// A core on a caller's stack, with the types and the lifetime erased.
#[derive(Clone, Copy)]
pub(crate) struct ScopedCore(*const (dyn TaskCore + 'static));

impl ScopedCore {
    /// # Safety
    ///
    /// `core` is neither moved nor dropped before the job it goes into is done.
    pub(crate) unsafe fn new<'a>(core: &'a (dyn TaskCore + 'a)) -> ScopedCore {
        let core: *const (dyn TaskCore + 'a) = core;
        // SAFETY: the two types differ in a lifetime only, and the caller sees to it that it is kept.
        ScopedCore(unsafe { mem::transmute::<*const (dyn TaskCore + 'a), *const (dyn TaskCore + 'static)>(core) })
    }
}

/// What a job holds: its core, or a pointer to it.
///
/// # Safety
///
/// The pointer is that of one core, always the same, which lives until the job is done, and as long as this if it is a part of it.
/// Once the job is done it may dangle, and so it may in a job that is sent nowhere: nobody reads it there.
pub(crate) unsafe trait HoldsCore {
    fn core(&self) -> *const dyn TaskCore;
}

// SAFETY: it is the core.
unsafe impl<M: FnOnce() -> F + 'static, F: Future + 'static> HoldsCore for FutureCore<M, F> {
    fn core(&self) -> *const dyn TaskCore {
        self
    }
}

// SAFETY: who has made it keeps the core on its stack until the job is done, as `ScopedCore::new` asks for.
unsafe impl HoldsCore for ScopedCore {
    fn core(&self) -> *const dyn TaskCore {
        self.0
    }
}
