//! The end of a task that was cancelled before its first poll, on the thread that has cancelled it.
//!
//! Its future is dropped there, and may cancel another such task as it goes, whose future may cancel the next. However long the
//! chain, the stack stays flat: past a few, those that are nested wait until the outermost has ended, or until the thread is
//! about to wait, since it may wait for one of them.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use crate::loom::thread_local;
use crate::task::raw::header::TaskRef;
use crate::unwind::catch_and_drop;

/// How many ends are nested before one is put off.
const DEEPEST: usize = 16;

thread_local! {
    /// How many ends this thread is inside of.
    // loom's macro takes no `const`.
    #[allow(clippy::missing_const_for_thread_local)]
    static DEPTH: Cell<usize> = Cell::new(0);
    /// Those that were put off.
    #[allow(clippy::missing_const_for_thread_local)]
    static LATER: RefCell<VecDeque<TaskRef>> = RefCell::new(VecDeque::new());
}

/// Ends a job that this thread has ended before its first poll, now or soon.
pub(crate) fn end(job: TaskRef) {
    let depth = DEPTH.try_with(Cell::get).unwrap_or(0);
    let mut job = Some(job);
    if depth >= DEEPEST {
        // In the destructor of a thread-local the list may be gone.
        let _ = LATER.try_with(|later| later.borrow_mut().extend(job.take()));
    }
    let Some(job) = job else { return };
    end_now(job);
    if depth == 0 {
        end_later();
    }
}

/// Ends those that were put off on this thread.
pub(crate) fn end_later() {
    while let Ok(Some(job)) = LATER.try_with(|later| later.borrow_mut().pop_front()) {
        end_now(job);
    }
}

fn end_now(job: TaskRef) {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            let _ = DEPTH.try_with(|depth| depth.set(depth.get() - 1));
        }
    }
    let leave = DEPTH.try_with(|depth| depth.set(depth.get() + 1)).ok().map(|()| Leave);
    job.end_now_unpolled();
    // What hangs on the last reference may be the user's.
    catch_and_drop(|| job);
    drop(leave);
}
