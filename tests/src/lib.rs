//! Shared helpers of the test suite.
//!
//! Tests order events by channels and by [`BlockedThread`], never by sleeping. What hangs is ended by the runner, or by `timeout`;
//! what must be dropped, once and on the right thread, carries a guard of [`Drops`].

use std::panic::{Location, resume_unwind};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use bridge::{EventLoop, Handle, LocalHandle};

pub mod kinds;
pub mod load;
#[cfg(unix)]
#[allow(unsafe_code)]
pub mod process;
#[cfg(unix)]
#[allow(unsafe_code)]
mod timeout;

/// What ends after that long hangs: long enough for any machine, short enough for CI.
pub const HANGS: Duration = Duration::from_secs(60);

/// A fresh event loop.
///
/// # Panics
///
/// When the system gives no thread.
#[must_use]
pub fn event_loop() -> EventLoop {
    EventLoop::new().expect("an event loop starts")
}

/// That of the event loop of the process.
#[must_use]
pub fn handle() -> LocalHandle {
    bridge::global().clone()
}

/// Runs `body` on a thread of its own, and gives its value or its panic. If it is not finished after `timeout` the
/// test fails, and `body`'s thread is abandoned. For random tests, which have to say what they drew; others leave it to
/// the runner.
///
/// # Panics
///
/// With the panic of `body`, or because it hangs.
#[track_caller]
pub fn watchdog<R: Send + 'static>(timeout: Duration, body: impl FnOnce() -> R + Send + 'static) -> R {
    let site = Location::caller();
    // The thread has the test's name, so that panics in it are reported under that.
    let name = thread::current().name().unwrap_or("watchdog").to_owned();
    let (alive, ended) = mpsc::channel::<()>();
    let body = thread::Builder::new()
        .name(name.clone())
        .spawn(move || {
            let _alive = alive;
            body()
        })
        .expect("the system gives no thread");
    // Nothing is sent: `body` has ended, in whatever way, when the channel closes.
    if ended.recv_timeout(timeout) == Err(RecvTimeoutError::Timeout) {
        panic!("`{name}` hangs: what {site} watches has not finished within {timeout:?}");
    }
    body.join().unwrap_or_else(|payload| resume_unwind(payload))
}

/// Looks at `condition` again and again until it holds, for what no channel reports.
pub fn wait_until(mut condition: impl FnMut() -> bool) {
    while !condition() {
        thread::sleep(Duration::from_micros(100));
    }
}

/// A list of what happened, in order, that many threads may write.
#[derive(Debug)]
pub struct Log<T>(Arc<Mutex<Vec<T>>>);

impl<T> Log<T> {
    /// An empty one.
    #[must_use]
    pub fn new() -> Log<T> {
        Log(Arc::new(Mutex::new(Vec::new())))
    }

    /// Adds an entry.
    pub fn push(&self, entry: T) {
        self.entries().push(entry);
    }

    /// Takes what was logged so far.
    #[must_use]
    pub fn take(&self) -> Vec<T> {
        std::mem::take(&mut self.entries())
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, Vec<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Log<T> {
    /// A copy of what was logged so far.
    #[must_use]
    pub fn snapshot(&self) -> Vec<T> {
        self.entries().clone()
    }
}

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Log(Arc::clone(&self.0))
    }
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Log::new()
    }
}

/// Counts the drops of the guards that it gives out, and notes on which thread each was.
///
/// ```
/// let drops = bridge_tests::Drops::new();
/// let guard = drops.guard();
/// assert_eq!(drops.count(), 0);
/// drop(guard);
/// assert_eq!(drops.threads(), [std::thread::current().id()]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Drops(Log<ThreadId>);

/// Its drop is recorded. From [`Drops::guard`].
#[derive(Debug)]
pub struct DropGuard(Log<ThreadId>);

impl Drops {
    /// Nothing dropped yet.
    #[must_use]
    pub fn new() -> Drops {
        Drops::default()
    }

    /// A value whose drop is recorded here.
    #[must_use]
    pub fn guard(&self) -> DropGuard {
        DropGuard(self.0.clone())
    }

    /// How many guards have been dropped.
    #[must_use]
    pub fn count(&self) -> usize {
        self.threads().len()
    }

    /// The threads that dropped them, in order.
    #[must_use]
    pub fn threads(&self) -> Vec<ThreadId> {
        self.0.snapshot()
    }
}

impl Drop for DropGuard {
    fn drop(&mut self) {
        self.0.push(thread::current().id());
    }
}

/// Runs a closure when it is dropped: a destructor that does what a test wants.
#[derive(Debug)]
pub struct OnDrop<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> OnDrop<F> {
    /// `f` is called once, by the drop.
    pub fn new(f: F) -> OnDrop<F> {
        OnDrop(Some(f))
    }
}

impl<F: FnOnce()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        if let Some(f) = self.0.take() {
            f();
        }
    }
}

/// Keeps a thread inside one blocking call until it is released: a loop that is in one long poll.
///
/// ```
/// let event_loop = bridge::EventLoop::new()?;
/// let blocked_thread = bridge_tests::block_thread(&event_loop);
/// let mut task = event_loop.submit(async { 1 });
/// assert!(task.result_timeout(std::time::Duration::ZERO).is_err(), "the loop is busy");
/// blocked_thread.release();
/// assert_eq!(task.result().unwrap(), 1);
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
#[must_use = "dropping it releases the thread"]
pub struct BlockedThread {
    /// Closed to release the thread.
    hold: Option<mpsc::Sender<()>>,
    thread: ThreadId,
}

/// What comes next, with a `nudge` each time that nothing has for so long; `None`: nothing will.
fn received<T>(receiver: &mpsc::Receiver<T>, after: Duration, nudge: impl Fn()) -> Option<T> {
    loop {
        match receiver.recv_timeout(after) {
            Ok(next) => return Some(next),
            Err(RecvTimeoutError::Timeout) => nudge(),
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}

/// Keeps a thread of that loop inside one poll, until the value is dropped.
///
/// # Panics
///
/// If the loop is closed.
pub fn block_thread(handle: &Handle) -> BlockedThread {
    BlockedThread::on(|job| handle.call_soon(job).expect("the loop is open"))
}

impl BlockedThread {
    /// Gives `start` the job that blocks, to be run on the thread in question. Returns when the job is in there.
    ///
    /// # Panics
    ///
    /// If the job is dropped before it has run.
    pub fn on(start: impl FnOnce(Box<dyn FnOnce() + Send>)) -> BlockedThread {
        BlockedThread::nudged(start, Duration::MAX, || ())
    }

    /// The same, with a `nudge` each time that the job has not begun for so long.
    fn nudged(start: impl FnOnce(Box<dyn FnOnce() + Send>), after: Duration, nudge: impl Fn()) -> BlockedThread {
        let (hold, held) = mpsc::channel::<()>();
        let (sender, entered) = mpsc::channel();
        start(Box::new(move || {
            sender.send(thread::current().id()).expect("the test waits for this");
            // Nothing is ever sent: this ends when the other side is dropped.
            let _ = held.recv();
        }));
        let thread = received(&entered, after, nudge).expect("the job that was to block the thread was dropped");
        BlockedThread { hold: Some(hold), thread }
    }

    /// The thread that is blocked.
    #[must_use]
    pub fn thread(&self) -> ThreadId {
        self.thread
    }

    /// Lets the thread go on. So does the drop.
    pub fn release(mut self) {
        drop(self.hold.take());
    }
}

/// The Rust blocks of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
