//! Wakes of a shared loop's driver that a thread defers: until it waits at that loop, or leaves it.
//!
//! A call that polls its future makes work for the loop: it submits a task, or wakes one. If nobody drives the loop, that wake
//! would start the loop's own thread, and in vain: the call is about to drive the loop itself. So the wake is deferred, and
//!
//! - dropped, once the call has asked for its turn ([`Role::turn`](super::role::Role::turn)): somebody drives then;
//! - made up for, if the call ends without that ([`Role::leave`](super::role::Role::leave)).

use std::cell::Cell;

use tokio::runtime::Id;

use crate::deadlock::context;
use crate::deadlock::current::driven;

thread_local! {
    /// The shared loop whose wake this thread defers.
    static DEFERRED: Cell<Option<Id>> = const { Cell::new(None) };
    /// The shared loop of the innermost [`AboutToWait`] of this thread.
    static ABOUT_TO_WAIT: Cell<Option<Id>> = const { Cell::new(None) };
}

/// Defers a wake of the shared loop with that id, on a thread that will wait at that loop or leave it. False: the thread is to wake
/// the driver itself.
pub(super) fn defer(id: Id) -> bool {
    let waits_soon = ABOUT_TO_WAIT.get() == Some(id) || context::is_called_last(id);
    // A thread that drives another loop cannot drive this one, and needs the own thread anyway.
    let defers = waits_soon && driven().is_none() && DEFERRED.get().is_none_or(|deferred| deferred == id);
    if defers {
        DEFERRED.set(Some(id));
    }
    defers
}

/// Whether this thread has deferred a wake of the shared loop with that id, which is for the caller to make now, or to drop.
#[inline]
pub(super) fn take(id: Id) -> bool {
    let is_deferred = DEFERRED.get() == Some(id);
    if is_deferred {
        DEFERRED.set(None);
    }
    is_deferred
}

/// While it lives, this thread makes work for a shared loop, without a call, and then waits at that loop.
#[cfg(feature = "stream")]
pub(super) struct AboutToWait {
    /// The loop that it was about to wait at before.
    before: Option<Id>,
}

#[cfg(feature = "stream")]
impl AboutToWait {
    pub(super) fn at(id: Id) -> AboutToWait {
        AboutToWait { before: ABOUT_TO_WAIT.replace(Some(id)) }
    }
}

#[cfg(feature = "stream")]
impl Drop for AboutToWait {
    fn drop(&mut self) {
        ABOUT_TO_WAIT.set(self.before);
    }
}
