//! How a thread waits for a [`Signal`]: it looks at it for a while, then parks. The one loop of every blocking
//! wait.
//!
//! Nothing here trusts the token of [`std::thread::park`]: a wake is what `Parker::state` says, so that a stray
//! `unpark` costs a look, and a token that was eaten costs nothing.

use std::cell::Cell;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use crate::patience::{Patience, Pause};
use crate::slot::Signal;
use crate::spin::Spin;
use crate::sync::{AtomicU32, Ordering, Thread, current, park, thread_local};
use crate::trace::Watch;

/// Neither waits nor was woken.
const EMPTY: u32 = 0;
/// The thread is parked, or about to be.
const PARKED: u32 = 1;
/// Woken since the last look.
const WOKEN: u32 = 2;

std::thread_local! {
    /// This thread's, over all of its calls.
    static PATIENCE: Cell<Patience> = const { Cell::new(Patience::new()) };
}

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

/// Makes what this thread needs to park, and keeps from then on.
pub(crate) fn prepare() {
    with_parker(|_, _| ());
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

/// Waits until `signal` is done, first looking as `spin` says, then parked. False: `deadline` came first.
///
/// # Safety
///
/// The caller is the signal's one owner.
pub(crate) unsafe fn wait(signal: &Signal, deadline: Option<Instant>, spin: Spin<'_>, mut watch: Watch) -> bool {
    if look(signal, deadline, spin.when(signal.loop_was())) {
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
            // First of all: a subscriber that is told something may wait on this thread itself, and so take our wake.
            watch.look(&is_begun);
            if is_over() {
                return true;
            }
            if deadline.is_some_and(|at| at <= Instant::now()) {
                return false;
            }
            parker.park(watch.earlier_than(deadline));
        }
    })
}

/// Looks at `signal` for a while, if that is likely to pay and a core can be spared for it.
fn look(signal: &Signal, deadline: Option<Instant>, spin: Spin<'_>) -> bool {
    if signal.state.is_done() {
        return true;
    }
    if spin.is_none() {
        return false;
    }
    // In the destructor of another thread-local ours may be gone.
    let mut patience = PATIENCE.try_with(Cell::get).unwrap_or(Patience::new());
    let found = look_patiently(signal, deadline, spin, &mut patience)
        .unwrap_or_else(|| spin.give_way(&mut patience, || signal.state.is_done()));
    let _ = PATIENCE.try_with(|cell| cell.set(patience));
    found
}

/// Whether the answer came. `None`: it is not looked for.
fn look_patiently(signal: &Signal, deadline: Option<Instant>, spin: Spin<'_>, patience: &mut Patience) -> Option<bool> {
    let pause = spin.pause()?;
    if !(spin.is_worth_more() || patience.ask(pause)) {
        return None;
    }
    let found = look_by_leave(signal, deadline, spin, pause, patience)?;
    patience.looked(found);
    Some(found)
}

/// Whether the answer came in time. `None`: others look, as many as may.
fn look_by_leave(
    signal: &Signal,
    deadline: Option<Instant>,
    spin: Spin<'_>,
    pause: Pause,
    patience: &mut Patience,
) -> Option<bool> {
    let mut leave = spin.leave()?;
    let mut until = None;
    loop {
        if pause.look(patience, || signal.state.is_done()) {
            return Some(true);
        }
        if !patience.bears(pause) {
            return Some(false);
        }
        let now = Instant::now();
        if spin.is_worth_more() {
            until = None;
        }
        // No end, where that cannot be counted.
        until = until.or_else(|| now.checked_add(spin.limit()));
        if deadline.is_some_and(|end| end <= now) || until.is_some_and(|end| end <= now) {
            return Some(false);
        }
        if !leave.holds() {
            return None;
        }
    }
}
