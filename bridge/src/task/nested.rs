//! What a thread is inside of, and what of that is set aside while it drives a loop in there.
//!
//! A callback, the destructor of a cancelled future and a call of the subscriber each leave a note on their thread, by which the
//! next of its kind is put off or left out. Each of them may wait, and drive a loop meanwhile. What the thread polls then is
//! others', and is not to be put off until the first has returned, which may wait for it.

use std::cell::RefCell;
use std::collections::VecDeque;

use crate::instrument;
use crate::task::raw::unpolled;
use crate::unwind::catch_and_drop;

type Due = Box<dyn FnOnce()>;

thread_local! {
    /// While a callback runs on this thread: those that became due meanwhile.
    static DUE: RefCell<Option<VecDeque<Due>>> = const { RefCell::new(None) };
}

/// Runs `callback`, after the one that this thread is inside of: however long the chain, the stack stays flat.
pub(super) fn in_turn(callback: impl FnOnce() + 'static) {
    let mut next: Option<Due> = Some(Box::new(callback));
    let nested = DUE.try_with(|due| match &mut *due.borrow_mut() {
        Some(due) => due.extend(next.take()),
        due @ None => *due = Some(VecDeque::new()),
    });
    while let Some(callback) = next {
        catch_and_drop(callback);
        // Without a queue (a thread's last moments) nested ones have run inside.
        next = nested.ok().and_then(|()| {
            DUE.with_borrow_mut(|due| {
                let next = due.as_mut().and_then(VecDeque::pop_front);
                if next.is_none() {
                    *due = None;
                }
                next
            })
        });
    }
}

/// While it lives, this thread is inside of none of these: it drives a loop.
pub(crate) struct SetAside {
    due: Option<VecDeque<Due>>,
    depth: usize,
    in_subscriber: bool,
}

impl SetAside {
    pub(crate) fn new() -> SetAside {
        SetAside {
            due: DUE.try_with(RefCell::take).ok().flatten(),
            depth: unpolled::swap_depth(0),
            in_subscriber: instrument::swap_in_subscriber(false),
        }
    }
}

impl Drop for SetAside {
    fn drop(&mut self) {
        let due = self.due.take();
        let _ = DUE.try_with(|cell| cell.replace(due));
        unpolled::swap_depth(self.depth);
        instrument::swap_in_subscriber(self.in_subscriber);
    }
}

#[cfg(all(test, feature = "tracing"))]
mod tests {
    use super::*;
    use crate::instrument::call_subscriber;

    #[test]
    fn what_a_subscriber_drives_may_call_it_again() {
        let nested = call_subscriber(|| {
            let outside = {
                let _aside = SetAside::new();
                call_subscriber(|| ())
            };
            (outside, call_subscriber(|| ()))
        });
        assert_eq!(nested, Some((Some(()), None)));
    }
}
