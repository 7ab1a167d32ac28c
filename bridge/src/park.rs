//! How a thread waits for a [`Signal`]: it looks at it for a while, then parks. The one loop of every blocking
//! wait.
//!
//! Nothing here trusts the token of [`std::thread::park`]: a wake is what `Parker::state` says, so that a stray
//! `unpark` costs a look, and a token that was eaten costs nothing.

use std::sync::{Arc, OnceLock};
use std::task::{Wake, Waker};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use crate::slot::Signal;
use crate::sync::{AtomicU32, Ordering, Thread, current, park, spin_loop, thread_local};
use crate::trace::Watch;

/// Neither waits nor was woken.
const EMPTY: u32 = 0;
/// The thread is parked, or about to be.
const PARKED: u32 = 1;
/// Woken since the last look.
const WOKEN: u32 = 2;

/// How many looks pass between two readings of the clock.
const LOOKS_PER_CLOCK: u32 = 32;

/// A thread that can be woken. The waker of a blocked caller is one of these, kept for the thread's next wait.
struct Parker {
    state: AtomicU32,
    thread: Thread,
}

impl Parker {
    fn new() -> Arc<Parker> {
        Arc::new(Parker { state: AtomicU32::new(EMPTY), thread: current() })
    }

    /// Until woken, or until `deadline`.
    fn park(&self, deadline: Option<Instant>) {
        // ORDERING: the swap that takes WOKEN away must acquire what came before the wake: the caller looks at
        // its signal next, and would park for ever if it took the wake and still saw an old word. Acquire pairs
        // with the Release in `wake_by_ref`. The looks before that decide nothing; PARKED itself hands nothing
        // over.
        let _ = self.state.compare_exchange(EMPTY, PARKED, Ordering::Relaxed, Ordering::Relaxed);
        while self.state.load(Ordering::Relaxed) == PARKED {
            match deadline.map(|at| at.saturating_duration_since(Instant::now())) {
                None => park(),
                Some(Duration::ZERO) => break,
                Some(left) => park_timeout(left),
            }
        }
        self.state.swap(EMPTY, Ordering::Acquire);
    }
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // ORDERING: Release: what happened before the wake is seen by the woken thread. Acquire is not needed,
        // nothing is read on the strength of PARKED but the immutable `thread`.
        if self.state.swap(WOKEN, Ordering::Release) == PARKED {
            self.thread.unpark();
        }
    }
}

#[cfg(not(bridge_loom))]
fn park_timeout(limit: Duration) {
    std::thread::park_timeout(limit);
}

/// Time does not pass in a model.
#[cfg(bridge_loom)]
fn park_timeout(_: Duration) {
    park();
}

fn with_parker<R>(f: impl FnOnce(&Parker, &Waker) -> R) -> R {
    thread_local! {
        static PARKER: (Arc<Parker>, Waker) = {
            let parker = Parker::new();
            (Arc::clone(&parker), Waker::from(parker))
        };
    }
    // In the destructor of another thread-local ours may be gone: the wait then pays for one of its own.
    let kept = PARKER.try_with(|(parker, waker)| (Arc::clone(parker), waker.clone()));
    let (parker, waker) = kept.unwrap_or_else(|_| {
        let parker = Parker::new();
        (Arc::clone(&parker), Waker::from(parker))
    });
    f(&parker, &waker)
}

/// Waits until `signal` is done, first looking for up to `spin`, then parked. False: `deadline` came first.
///
/// # Safety
///
/// The caller is the signal's one owner.
pub(crate) unsafe fn wait(signal: &Signal, deadline: Option<Instant>, spin: Duration, mut watch: Watch) -> bool {
    if look(signal, deadline, spin) {
        return true;
    }
    // SAFETY: the caller is the owner, as this function asks.
    let arm = |waker: &Waker| unsafe { signal.register(waker) };
    until(deadline, arm, || signal.state.is_done(), &mut watch, || signal.state.is_begun())
}

/// Parks until `is_over`, asked after each wake. `arm` leaves the waker where the wake will come from; false from it
/// says that it is over already. False: `deadline` came first. `watch` is told after a while whether what is waited for
/// `is_begun`.
pub(crate) fn until(
    deadline: Option<Instant>,
    arm: impl FnOnce(&Waker) -> bool,
    is_over: impl Fn() -> bool,
    watch: &mut Watch,
    is_begun: impl Fn() -> bool,
) -> bool {
    with_parker(|parker, waker| {
        if !arm(waker) {
            return true;
        }
        watch.start();
        loop {
            if is_over() {
                return true;
            }
            if deadline.is_some_and(|at| at <= Instant::now()) {
                return false;
            }
            watch.look(&is_begun);
            parker.park(watch.earlier_than(deadline));
        }
    })
}

/// Looks at `signal` for up to `spin`, if a core can be spared for it.
fn look(signal: &Signal, deadline: Option<Instant>, spin: Duration) -> bool {
    if signal.state.is_done() {
        return true;
    }
    if spin.is_zero() {
        return false;
    }
    let Some(_looking) = Looking::start() else { return false };
    let now = Instant::now();
    let Some(mut until) = now.checked_add(spin) else { return false };
    if let Some(at) = deadline {
        until = until.min(at);
    }
    loop {
        for _ in 0..LOOKS_PER_CLOCK {
            if signal.state.is_done() {
                return true;
            }
            spin_loop();
        }
        if Instant::now() >= until {
            return false;
        }
    }
}

/// A thread that keeps a core busy with looking. There are never more than the cores but one: the loop needs that.
struct Looking(());

/// How many there are.
static LOOKING: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

impl Looking {
    fn start() -> Option<Looking> {
        static MOST: OnceLock<usize> = OnceLock::new();
        let most = *MOST.get_or_init(|| available_parallelism().map_or(1, usize::from) - 1);
        // ORDERING: a head count; nothing is handed over by it.
        if LOOKING.fetch_add(1, Ordering::Relaxed) < most {
            return Some(Looking(()));
        }
        LOOKING.fetch_sub(1, Ordering::Relaxed);
        None
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        LOOKING.fetch_sub(1, Ordering::Relaxed);
    }
}
