//! [`Schedule`]: where a pending task goes when it is woken.

use std::fmt::Debug;
use std::task::Waker;

use super::header::TaskRef;
use crate::unwind::catch_and_drop;

/// Runs tasks, and takes those in that were woken.
pub(crate) trait Schedule: Debug + Send + Sync {
    /// Has `task` run again. Whoever calls this has set `WOKEN` in `IDLE`.
    fn schedule(&self, task: &TaskRef);

    /// Whether this wakes the same tokio task as `waker`.
    fn will_wake(&self, _waker: &Waker) -> bool {
        false
    }
}

/// The tokio task that a task of an external runtime is polled by.
#[derive(Debug)]
pub(super) struct TokioTask(pub(super) Waker);

impl Schedule for TokioTask {
    fn schedule(&self, _: &TaskRef) {
        catch_and_drop(|| self.0.wake_by_ref());
    }

    fn will_wake(&self, waker: &Waker) -> bool {
        self.0.will_wake(waker)
    }
}
