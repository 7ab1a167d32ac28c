//! [`Schedule`]: where a pending task goes when it is woken.

use std::fmt::Debug;
use std::task::Waker;

use super::header::Pushable;
use crate::unwind::catch_and_drop;

/// Runs tasks, and takes those in that were woken.
pub(crate) trait Schedule: Debug + Send + Sync {
    /// Has `task`, which was woken, run again.
    fn schedule(&self, task: Pushable);

    /// Whether this wakes the same tokio task as `waker`.
    fn will_wake(&self, _waker: &Waker) -> bool {
        false
    }
}

/// The tokio task that a task of an external runtime is polled by.
#[derive(Debug)]
pub(super) struct TokioTask(pub(super) Waker);

impl Schedule for TokioTask {
    fn schedule(&self, task: Pushable) {
        catch_and_drop(|| self.0.wake_by_ref());
        // What hangs on the last reference may be the user's.
        catch_and_drop(|| task);
    }

    fn will_wake(&self, waker: &Waker) -> bool {
        self.0.will_wake(waker)
    }
}
