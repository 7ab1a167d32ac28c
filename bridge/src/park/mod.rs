//! How a thread parks, and how it is woken: while it parks, while it drives a shared loop, and while it spins.

pub(crate) mod cancel;
pub(crate) mod spin;
pub(crate) mod waiter;

use std::sync::Arc;
use std::time::Instant;

use self::waiter::Waiter;

/// Where a thread waits: a shared loop, which it may drive meanwhile, or a runtime that others drive.
pub(crate) trait Host: Sync {
    /// Drives, or parks, until the waiter has an event or `deadline` comes; or for less long. False: it has not waited, since the
    /// loop [ends its calls](Host::ends_calls).
    fn wait(&self, waiter: &Arc<Waiter>, may_drive: bool, deadline: Option<Instant>) -> bool;

    /// This thread does not wait any more, and has.
    fn leave(&self, waiter: &Arc<Waiter>);

    /// Whether calls end as `Closed`: the loop has ended, or ends without finishing what there is. A loop that finishes it is
    /// closed already, and its calls go on.
    fn ends_calls(&self) -> bool;
}
