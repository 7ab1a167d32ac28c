//! How a thread waits: for a [`Signal`], or until a condition holds. The one loop of every blocking wait but that of a call
//! which is polled on its caller's thread.

use std::task::Waker;
use std::time::Instant;

use crate::deadlock::blocked::Call;
use crate::instrument::Watch;
use crate::loom::now;
use crate::park::Host;
use crate::park::cancel::Cancellers;
use crate::park::spin::Spin;
use crate::park::waiter::Lease;
use crate::task::raw::completion::Signal;
use crate::task::raw::withdrawn;

/// How to wait for what others do.
#[derive(Clone, Copy)]
pub(crate) struct Way<'a> {
    pub(crate) deadline: Option<Instant>,
    /// `None`: the thread does not spin.
    pub(crate) spin: Option<&'a Spin>,
    /// The shared loop that all of it comes from, and whether this thread may drive it.
    pub(crate) host: Option<(&'a dyn Host, bool)>,
    pub(crate) watch: Watch,
    /// What else ends the wait.
    pub(crate) cancellers: Option<&'a Cancellers>,
    /// What a report of threads that hang says of it.
    pub(crate) call: Option<Call<'a>>,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    /// What was waited for is there.
    Over,
    TimedOut,
    Cancelled,
}

impl Waited {
    pub(crate) fn is_over(self) -> bool {
        self == Waited::Over
    }
}

impl Way<'_> {
    /// Parks at once, and for as long as it takes. No loop is to be driven.
    pub(crate) fn park() -> Way<'static> {
        Way { deadline: None, spin: None, host: None, watch: Watch::silent(), cancellers: None, call: None }
    }

    fn is_cancelled(&self) -> bool {
        self.cancellers.is_some_and(Cancellers::is_cancelled)
    }
}

/// Waits until `signal` is done.
///
/// # Safety
///
/// The caller is the signal's one owner.
pub(crate) unsafe fn wait(signal: &Signal, way: Way<'_>) -> Waited {
    let is_done = || signal.state.is_done();
    let ends_spin = || is_done() || way.is_cancelled();
    if is_done() || (way.spin.is_some_and(|spin| spin.wait(way.deadline, ends_spin)) && is_done()) {
        return Waited::Over;
    }
    // SAFETY: the caller is the owner, as this function asks.
    let arm = |waker: &Waker| unsafe { signal.register(waker) };
    until(way, arm, is_done, || signal.state.is_begun())
}

/// Waits until `is_over`, asked after each wake. `arm` leaves the waker where the wake will come from; false from it
/// says that it is over already. The watch asks after a while whether what is waited for `is_begun`.
pub(crate) fn until(
    mut way: Way<'_>,
    arm: impl FnOnce(&Waker) -> bool,
    is_over: impl Fn() -> bool,
    is_begun: impl Fn() -> bool,
) -> Waited {
    withdrawn::end_later();
    let lease = Lease::new();
    if !arm(lease.waker()) {
        return Waited::Over;
    }
    let _listed = way.cancellers.and_then(|cancellers| cancellers.nudge(lease.waiter()));
    way.watch.start();
    let mut has_waited = false;
    let mut entry = None;
    let waited = loop {
        // First of all: a subscriber that is told something may wait on this thread itself.
        way.watch.look(&is_begun);
        lease.waiter().take_events();
        if is_over() {
            break Waited::Over;
        }
        if way.deadline.is_some_and(|at| at <= now()) {
            break Waited::TimedOut;
        }
        if way.is_cancelled() {
            break Waited::Cancelled;
        }
        let deadline = way.watch.earlier_than(way.deadline);
        entry = entry.or_else(|| Some(way.call?.enter(lease.waiter())));
        let hosted = way.host.is_some_and(|(host, may_drive)| {
            has_waited = true;
            host.wait(lease.waiter(), may_drive, deadline)
        });
        if !hosted {
            // Of a loop that ends, what is waited for ends as well.
            lease.waiter().park(deadline);
        }
    };
    if let Some((host, _)) = way.host.filter(|_| has_waited) {
        host.leave(lease.waiter());
    }
    waited
}
