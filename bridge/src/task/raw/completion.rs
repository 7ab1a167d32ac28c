//! [`Completion`]: that a job is done, and who is woken for it. [`Outcome`]: how it ended.

use std::any::Any;
use std::panic::RefUnwindSafe;
use std::task::Waker;
use std::time::Duration;

use crate::error::{Error, Panic};
use crate::loom::UnsafeCell;
use crate::task::raw::state::{CancelCameFirst, Ended, Reason, State};
use crate::unwind::catch_and_drop;

/// The state of something that will be done once, and the waker of the one owner that waits for it.
#[derive(Debug)]
pub(crate) struct Completion {
    pub(crate) state: State,
    // The owner's while WAKER is not set and the state is not DONE; the completer's once it has stored DONE over
    // a set WAKER.
    waker: UnsafeCell<Option<Waker>>,
}

// SAFETY: the owner and the completer use the cell one after the other, as its comment says, and hand it over through
// `state` (Acquire and Release on every step). A `Waker` is `Send`.
unsafe impl Sync for Completion {}

// Whatever panics in between, the protocol leaves the cell whole.
impl RefUnwindSafe for Completion {}

impl Completion {
    pub(crate) fn new() -> Completion {
        Completion { state: State::new(), waker: UnsafeCell::new(None) }
    }

    /// Leaves `waker` to be woken on completion, in the place of the last one. False: it is done already, and
    /// nothing will be woken.
    ///
    /// # Safety
    ///
    /// Only the one owner calls this, from one thread at a time.
    pub(crate) unsafe fn register(&self, waker: &Waker) -> bool {
        if self.state.waker_is_offered() && !self.state.retract_waker() {
            return false;
        }
        // SAFETY: WAKER is not set, so no completer will touch the cell, and the owner is one thread.
        let kept = self.waker.with_mut(|cell| unsafe { (*cell).as_ref() }.is_some_and(|old| old.will_wake(waker)));
        if !kept {
            // The old one may be of another executor, whose panic is not this owner's.
            // SAFETY: as above.
            unsafe { self.take_waker() };
            let waker = waker.clone();
            // SAFETY: as above. `clone` was user code, but no other owner can have called this meanwhile.
            self.waker.with_mut(|cell| unsafe { *cell = Some(waker) });
        }
        let offered = self.state.offer_waker();
        if !offered {
            // SAFETY: it was done before WAKER was set: nobody else will touch the cell.
            unsafe { self.take_waker() };
        }
        offered
    }

    /// The owner leaves, and takes its waker along. False if it is done: the outcome is the owner's to drop.
    ///
    /// # Safety
    ///
    /// As for `register`, which is not called again.
    pub(crate) unsafe fn detach(&self) -> bool {
        let detached = self.state.detach();
        if detached {
            // SAFETY: WAKER was taken away before `DONE`: no completer will touch the cell.
            unsafe { self.take_waker() };
        }
        detached
    }

    /// Drops what is in the cell.
    ///
    /// # Safety
    ///
    /// The cell is the calling thread's.
    unsafe fn take_waker(&self) {
        // SAFETY: as this function's condition says.
        let waker = self.waker.with_mut(|cell| unsafe { (*cell).take() });
        catch_and_drop(|| waker);
    }

    /// Stores `DONE`, then wakes the owner. `drop_output` is called in between if the owner has gone.
    ///
    /// # Safety
    ///
    /// The caller has the core (`RUNNING` or `UNPOLLED`) and is done with it, and holds a reference to what
    /// this completion lies in. `drop_output` may touch the outcome, and that only if its memory is the job's own.
    pub(crate) unsafe fn complete(&self, ended: Ended, drop_output: impl FnOnce()) -> Result<(), CancelCameFirst> {
        let left = self.state.complete(ended)?;
        if left.detached {
            drop_output();
        }
        if left.waker {
            // SAFETY: `DONE` was stored over a set WAKER: the cell is this thread's from here on.
            let waker = self.waker.with_mut(|cell| unsafe { (*cell).take() });
            catch_and_drop(|| waker.map(Waker::wake));
        }
        Ok(())
    }
}

/// How a job ended.
#[derive(Debug)]
pub(crate) enum Outcome<T> {
    Value(T),
    Panicked(Box<dyn Any + Send>),
    Stopped(Reason),
}

impl<T> Outcome<T> {
    pub(crate) fn ended_well(&self) -> bool {
        matches!(self, Outcome::Value(_))
    }

    /// The payload, if it is a panic.
    pub(crate) fn panic(&self) -> Option<&(dyn Any + Send)> {
        match self {
            Outcome::Panicked(payload) => Some(&**payload),
            Outcome::Value(_) | Outcome::Stopped(_) => None,
        }
    }

    pub(crate) fn ended(&self) -> Ended {
        match self {
            Outcome::Value(_) => Ended::Value,
            Outcome::Stopped(Reason::GivenUp | Reason::Closed) => Ended::Stopped,
            Outcome::Panicked(_) => Ended::Panicked,
            Outcome::Stopped(Reason::Cancel) => Ended::Cancelled,
        }
    }

    /// What it is after the future was dropped: a panic of that takes its place, unless it is a panic.
    #[inline]
    pub(crate) fn after_drop(self, dropped: std::thread::Result<()>) -> Outcome<T> {
        match (dropped, self) {
            (Ok(()), outcome) => outcome,
            (Err(second), Outcome::Panicked(first)) => {
                catch_and_drop(|| second);
                Outcome::Panicked(first)
            }
            (Err(payload), outcome) => {
                catch_and_drop(|| outcome);
                Outcome::Panicked(payload)
            }
        }
    }

    /// The outcome as the caller's result; a caller that has given up did so after `timeout`.
    pub(crate) fn into_result(self, timeout: Duration) -> Result<T, Error> {
        match self {
            Outcome::Value(value) => Ok(value),
            Outcome::Panicked(payload) => Err(Error::Panicked(Panic::new(payload))),
            Outcome::Stopped(Reason::Cancel) => Err(Error::Cancelled),
            Outcome::Stopped(Reason::GivenUp) => Err(Error::TimedOut(timeout)),
            Outcome::Stopped(Reason::Closed) => Err(Error::Closed),
        }
    }
}
