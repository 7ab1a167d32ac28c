//! How a thread waits for a task or a call: for a [`Completion`], or until a condition holds. A call that its caller polls waits
//! in `handle::here`.

use std::task::Waker;
use std::time::Instant;

use crate::deadlock::blocked::Call;
use crate::instrument::StallWarning;
use crate::loom::now;
use crate::park::Host;
use crate::park::cancel::Cancellers;
use crate::park::spin::Spin;
use crate::park::waiter::Lease;
use crate::task::raw::completion::Completion;
use crate::task::raw::unpolled;

/// How to wait for what others do.
#[derive(Clone, Copy)]
pub(crate) struct WaitOptions<'a> {
    pub(crate) deadline: Option<Instant>,
    /// `None`: the thread does not spin.
    pub(crate) spin: Option<&'a Spin>,
    /// The shared loop that all of it comes from, and whether this thread may drive it.
    pub(crate) host: Option<(&'a dyn Host, bool)>,
    pub(crate) warning: StallWarning,
    /// What else ends the wait.
    pub(crate) cancellers: Option<&'a Cancellers>,
    /// How [`blocked`](crate::blocked()) lists the wait.
    pub(crate) call: Option<Call<'a>>,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitOutcome {
    /// What was waited for is there.
    Over,
    TimedOut,
    Cancelled,
}

impl WaitOutcome {
    pub(crate) fn is_over(self) -> bool {
        self == WaitOutcome::Over
    }
}

impl WaitOptions<'_> {
    /// Parks at once, and for as long as it takes. No loop is to be driven.
    pub(crate) fn park() -> WaitOptions<'static> {
        WaitOptions {
            deadline: None,
            spin: None,
            host: None,
            warning: StallWarning::silent(),
            cancellers: None,
            call: None,
        }
    }

    fn is_cancelled(&self) -> bool {
        self.cancellers.is_some_and(Cancellers::is_cancelled)
    }
}

/// Waits until `completion` is done.
///
/// # Safety
///
/// The caller is the completion's one owner.
pub(crate) unsafe fn wait(completion: &Completion, options: WaitOptions<'_>) -> WaitOutcome {
    let is_done = || completion.state.is_done();
    let ends_spin = || is_done() || options.is_cancelled();
    if is_done() || (options.spin.is_some_and(|spin| spin.wait(options.deadline, ends_spin)) && is_done()) {
        return WaitOutcome::Over;
    }
    // SAFETY: the caller is the owner, as this function asks.
    let arm = |waker: &Waker| unsafe { completion.register(waker) };
    until(options, arm, is_done, || completion.state.is_started())
}

/// Waits until `is_over`, asked after each wake. `arm` leaves the waker where the wake will come from; false from it
/// says that it is over already. The warning asks after a while whether what is waited for `is_started`.
pub(crate) fn until(
    mut options: WaitOptions<'_>,
    arm: impl FnOnce(&Waker) -> bool,
    is_over: impl Fn() -> bool,
    is_started: impl Fn() -> bool,
) -> WaitOutcome {
    unpolled::end_deferred();
    let lease = Lease::new();
    if !arm(lease.waker()) {
        return WaitOutcome::Over;
    }
    let _listed = options.cancellers.and_then(|cancellers| cancellers.list(lease.waiter()));
    options.warning.start();
    let mut has_waited = false;
    let mut entry = None;
    let waited = loop {
        // First: a subscriber that logs the warning may wait on this thread itself.
        options.warning.check(&is_started);
        lease.waiter().take_events();
        if is_over() {
            break WaitOutcome::Over;
        }
        if options.deadline.is_some_and(|at| at <= now()) {
            break WaitOutcome::TimedOut;
        }
        if options.is_cancelled() {
            break WaitOutcome::Cancelled;
        }
        let deadline = options.warning.earlier_than(options.deadline);
        entry = entry.or_else(|| Some(options.call?.enter(lease.waiter())));
        let hosted = options.host.is_some_and(|(host, may_drive)| {
            has_waited = true;
            host.wait(lease.waiter(), may_drive, deadline)
        });
        if !hosted {
            // Of a loop that ends, what is waited for ends as well.
            lease.waiter().park(deadline);
        }
    };
    if let Some((host, _)) = options.host.filter(|_| has_waited) {
        host.leave(lease.waiter());
    }
    waited
}
