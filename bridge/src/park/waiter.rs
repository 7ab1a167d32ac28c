//! [`Waiter`]: a thread that can be woken while it parks or while it drives a shared loop. [`Lease`]: the one that a wait
//! of this thread uses.
//!
//! The state is a set of bits. Each event sets one, and whoever sets the first of [`WOKEN`] and [`NUDGED`] sees to it that
//! the thread notices:
//!
//! | the thread has set | means | so a wake |
//! | --- | --- | --- |
//! | nothing | it runs, and looks at the bits before it waits again | – |
//! | [`PARKED`] | it is parked, or about to be | unparks it |
//! | [`DRIVING`] | it is inside the `block_on` of a runtime | wakes that `block_on` |
//!
//! Nothing here trusts the token of [`std::thread::park`]: a wake is what the bits say, so that a stray `unpark` costs a
//! look, and a token that was eaten costs nothing.

use std::cell::Cell;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::time::{Duration, Instant};

use crate::fork::Process;
use crate::loom::{AtomicU32, Mutex, Ordering, Thread, current, lock, now, park, thread_local};

/// The thread is parked, or about to be.
const PARKED: u32 = 1;
/// The thread drives a runtime, whose waker is in its slot.
const DRIVING: u32 = 2;
/// What the thread waits for can go on.
const WOKEN: u32 = 4;
/// Something else has changed: the role of the driver is free, the loop ends, a deadline has come.
const NUDGED: u32 = 8;
/// Either of the last two.
const EVENT: u32 = WOKEN | NUDGED;

/// A thread that can be woken. One wait of one thread at a time uses it; wakers of earlier waits cause a spurious wake.
#[derive(Debug)]
pub(crate) struct Waiter {
    state: AtomicU32,
    thread: Thread,
    /// It is in a list of its loop. Read and written under the lock of that list.
    listed: AtomicU32,
    /// tokio has refused to let the thread drive, in this wait. Of the thread alone.
    refused: AtomicU32,
    /// That of the runtime's `block_on` while the thread drives.
    runtime: Mutex<Option<Waker>>,
    /// A fork of it may have copied that lock while another thread held it.
    process: Process,
}

impl Waiter {
    pub(crate) fn new() -> Arc<Waiter> {
        let [state, listed, refused] = [0; 3].map(AtomicU32::new);
        let process = Process::current();
        Arc::new(Waiter { state, thread: current(), listed, refused, runtime: Mutex::new(None), process })
    }

    #[cold]
    fn new_pair() -> Pair {
        let waiter = Waiter::new();
        (Arc::clone(&waiter), Waker::from(waiter))
    }

    // ORDERING, of both: the lock of the list orders them.
    pub(crate) fn is_listed(&self) -> bool {
        self.listed.load(Ordering::Relaxed) != 0
    }

    pub(crate) fn set_listed(&self, listed: bool) {
        self.listed.store(u32::from(listed), Ordering::Relaxed);
    }

    // ORDERING, of both: of one thread.
    pub(crate) fn is_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed) != 0
    }

    pub(crate) fn set_refused(&self, refused: bool) {
        self.refused.store(u32::from(refused), Ordering::Relaxed);
    }

    /// Takes the events away. Returns whether the thread was woken.
    pub(crate) fn take_events(&self) -> bool {
        // ORDERING: Acquire pairs with the Release of `notify`: what happened before the wake is seen by the look that
        // follows this. Taking an event without that look would lose it.
        self.state.swap(0, Ordering::Acquire) & WOKEN != 0
    }

    /// Whether there is an event to be taken.
    pub(crate) fn has_events(&self) -> bool {
        // ORDERING: `take_events` acquires.
        self.state.load(Ordering::Relaxed) & EVENT != 0
    }

    // ORDERING, of both: for a report, which reads nothing on the strength of it.
    pub(crate) fn is_parked(&self) -> bool {
        self.state.load(Ordering::Relaxed) & PARKED != 0
    }

    pub(crate) fn is_driving(&self) -> bool {
        self.state.load(Ordering::Relaxed) & DRIVING != 0
    }

    /// Something other than what is waited for has changed.
    pub(crate) fn nudge(&self) {
        self.notify(NUDGED);
    }

    fn notify(&self, event: u32) {
        // ORDERING: Release hands over what happened before to the thread that takes the event. Acquire pairs with the
        // store of DRIVING, before which the slot was filled.
        let before = self.state.fetch_or(event, Ordering::AcqRel);
        if before & EVENT != 0 {
            // Whoever came first has unparked the thread.
            return;
        }
        if before & PARKED != 0 {
            self.thread.unpark();
        }
        if before & DRIVING != 0 {
            self.wake_runtime();
        }
    }

    /// Has the runtime's `block_on` poll its future, if this thread drives one.
    pub(crate) fn wake_runtime(&self) {
        let waker = lock(&self.runtime).clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Parks until there is an event, or until `deadline`.
    pub(crate) fn park(&self, deadline: Option<Instant>) {
        // ORDERING: the thread itself reads what it has to after `take_events`.
        if self.state.fetch_or(PARKED, Ordering::Relaxed) & EVENT == 0 {
            while !self.has_events() {
                match deadline.map(|at| at.saturating_duration_since(now())) {
                    None => park(),
                    Some(Duration::ZERO) => break,
                    Some(left) => park_timeout(left),
                }
            }
        }
        // ORDERING: as above.
        self.state.fetch_and(!PARKED, Ordering::Relaxed);
    }

    /// The thread drives the runtime that polls with `cx`. Asked at each of its polls; false: there is an event, so that
    /// the thread is to leave.
    pub(crate) fn drives_on(&self, cx: &Context<'_>) -> bool {
        // ORDERING: of the thread itself.
        if self.state.load(Ordering::Relaxed) & DRIVING == 0 {
            *lock(&self.runtime) = Some(cx.waker().clone());
            // ORDERING: Release: whoever finds the bit finds the waker.
            self.state.fetch_or(DRIVING, Ordering::Release);
        }
        !self.has_events()
    }

    /// The thread does not drive any more.
    pub(crate) fn stops_driving(&self) {
        // ORDERING: of the thread itself.
        self.state.fetch_and(!DRIVING, Ordering::Relaxed);
        let waker = lock(&self.runtime).take();
        drop(waker);
    }
}

impl Wake for Waiter {
    fn wake(self: Arc<Self>) {
        self.notify(WOKEN);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.notify(WOKEN);
    }
}

#[cfg(not(bridge_loom))]
fn park_timeout(timeout: Duration) {
    std::thread::park_timeout(timeout);
}

/// Time does not pass in a model.
#[cfg(bridge_loom)]
fn park_timeout(_: Duration) {
    park();
}

/// A waiter and the waker that it is.
type Pair = (Arc<Waiter>, Waker);

thread_local! {
    /// Kept between the waits of this thread, so that they allocate nothing. A wait inside another (a blocking call in a
    /// future that is polled on its caller's thread) finds none, and uses one of its own: a wake of the outer one must not
    /// be taken for the inner one's.
    // loom's macro takes no `const`.
    #[allow(clippy::missing_const_for_thread_local)]
    static KEPT: Cell<Option<Pair>> = Cell::new(None);
}

/// The waiter of one wait of this thread.
#[derive(Debug)]
pub(crate) struct Lease(Option<Pair>);

impl Lease {
    #[inline(always)]
    pub(crate) fn new() -> Lease {
        // In the destructor of another thread-local this one may be gone.
        let kept = KEPT.try_with(Cell::take).ok().flatten();
        let kept = kept.filter(|(waiter, _)| waiter.process.is_current());
        let (waiter, waker) = kept.unwrap_or_else(Waiter::new_pair);
        // An event that an earlier wait has left is a spurious wake.
        waiter.set_refused(false);
        Lease(Some((waiter, waker)))
    }

    #[inline]
    fn pair(&self) -> &Pair {
        self.0.as_ref().expect("it is there until the drop")
    }

    #[inline]
    pub(crate) fn waiter(&self) -> &Arc<Waiter> {
        &self.pair().0
    }

    /// Wakes the thread.
    #[inline]
    pub(crate) fn waker(&self) -> &Waker {
        &self.pair().1
    }
}

impl Drop for Lease {
    #[inline]
    fn drop(&mut self) {
        let pair = self.0.take();
        let _ = KEPT.try_with(|kept| kept.set(pair));
    }
}
