//! The end of a task that was cancelled before its first poll, on the thread that has cancelled it.
//!
//! Its future is dropped there, and may cancel another such task as it is dropped, whose future may cancel the next. However long
//! the chain, the stack stays flat: past a few, nested ends are deferred until the outermost has ended, or until the thread is
//! about to wait, since it may wait for one of them.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use crate::loom::thread_local;
use crate::task::raw::job::Unpolled;

/// How many ends are nested before one is deferred.
const DEEPEST: usize = 16;

thread_local! {
    /// How many ends this thread is inside of.
    // loom's macro takes no `const`.
    #[allow(clippy::missing_const_for_thread_local)]
    static DEPTH: Cell<usize> = Cell::new(0);
    /// The jobs whose ends were deferred.
    #[allow(clippy::missing_const_for_thread_local)]
    static LATER: RefCell<VecDeque<Unpolled>> = RefCell::new(VecDeque::new());
}

/// Ends a job, now or soon.
pub(crate) fn end(job: Unpolled) {
    let depth = DEPTH.try_with(Cell::get).unwrap_or(0);
    let mut job = Some(job);
    if depth >= DEEPEST {
        // In the destructor of a thread-local the list may be gone.
        let _ = LATER.try_with(|later| later.borrow_mut().extend(job.take()));
    }
    let Some(job) = job else { return };
    end_now(job);
    if depth == 0 {
        end_deferred();
    }
}

/// Sets how many ends this thread is inside of, and gives how many it was.
pub(crate) fn swap_depth(depth: usize) -> usize {
    DEPTH.try_with(|cell| cell.replace(depth)).unwrap_or(0)
}

/// Ends the jobs that were deferred on this thread.
pub(crate) fn end_deferred() {
    while let Ok(Some(job)) = LATER.try_with(|later| later.borrow_mut().pop_front()) {
        end_now(job);
    }
}

fn end_now(job: Unpolled) {
    struct Depth;
    impl Drop for Depth {
        fn drop(&mut self) {
            let _ = DEPTH.try_with(|depth| depth.set(depth.get() - 1));
        }
    }
    let depth = DEPTH.try_with(|depth| depth.set(depth.get() + 1)).ok().map(|()| Depth);
    job.end();
    drop(depth);
}
