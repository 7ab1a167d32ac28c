//! A short busy-wait before a thread parks, for those who ask for it by [`Builder::spin`](crate::Builder::spin).
//!
//! A park and a wake cost microseconds on each side of a call. A thread that spins saves them where it has a core to
//! itself, and takes the core of the very thread that it waits for where it has not. So the default is not to spin.
//!
//! A caller spins for its answer if it gets the loop's one *permit*; an event loop that has just answered spins for its
//! next call, and needs none.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::loom::spin_loop;

/// How many times a spinning thread looks between two readings of the clock: some microseconds.
const LOOKS: u32 = 64;

/// How the callers of a loop spin.
#[derive(Debug)]
pub(crate) struct Spin {
    pub(crate) timeout: Duration,
    /// A caller spins.
    permit: AtomicBool,
}

impl Spin {
    pub(crate) const fn new(timeout: Duration) -> Spin {
        Spin { timeout, permit: AtomicBool::new(false) }
    }

    /// Spins until `is_over`, for the timeout or up to `deadline`, unless another caller does. Returns whether it is over.
    pub(crate) fn wait(&self, deadline: Option<Instant>, is_over: impl Fn() -> bool) -> bool {
        // ORDERING, of both: the permit hands nothing over.
        if self.timeout.is_zero() || self.permit.swap(true, Ordering::Relaxed) {
            return false;
        }
        let end = Instant::now().checked_add(self.timeout);
        let end = [end, deadline].into_iter().flatten().min();
        let found = spin_until(end, is_over);
        self.permit.store(false, Ordering::Relaxed);
        found
    }
}

/// Spins until `is_over` or `end`. Returns whether it is over.
pub(crate) fn spin_until(end: Option<Instant>, is_over: impl Fn() -> bool) -> bool {
    loop {
        for _ in 0..LOOKS {
            if is_over() {
                return true;
            }
            spin_loop();
        }
        if end.is_some_and(|end| end <= Instant::now()) {
            return false;
        }
    }
}

#[cfg(all(test, not(bridge_loom)))]
mod tests {
    use super::*;

    #[test]
    fn without_a_timeout_nothing_is_looked_at() {
        assert!(!Spin::new(Duration::ZERO).wait(None, || unreachable!()));
    }

    #[test]
    fn a_caller_spins_until_it_is_over_and_gives_the_permit_back() {
        let spin = Spin::new(Duration::MAX);
        assert!(spin.wait(None, || true));
        assert!(spin.wait(None, || true), "the permit is free again");
    }

    #[test]
    fn a_second_caller_does_not_spin_meanwhile() {
        let spin = Spin::new(Duration::MAX);
        assert!(spin.wait(None, || {
            assert!(!spin.wait(None, || unreachable!()));
            true
        }));
    }

    #[test]
    fn spinning_ends_at_the_timeout_and_at_the_deadline() {
        assert!(!Spin::new(Duration::from_millis(1)).wait(None, || false));
        assert!(!Spin::new(Duration::MAX).wait(Some(Instant::now()), || false));
    }
}
