//! [`blocked`]: the threads that are parked in a call of this crate, for whoever looks into a hang.
//!
//! Each thread has a *record*, made on the way to its first park and listed for as long as the thread lives: the calls that it
//! is parked in, the innermost last (a thread that drives a shared loop may be parked further in, in a task of that). A call
//! enters before it first parks or drives, and leaves when it is over. So calls that do not park pay nothing, and the others
//! take a lock, twice, that nobody else takes but a report. What is there is read by the report alone: the state of the thread
//! off its [`Waiter`], and that of the future off its job.
//!
//! In a fork the parent's records are another process's. One may have been copied while it was locked, so the child does not
//! wait for these locks. The list's is a global one, which a child finds free.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::{Arc, PoisonError, TryLockError};
use std::thread::{self, Thread, ThreadId};
use std::time::Instant;

use super::current::LoopMeta;
use crate::fork::{GlobalMutex, Process};
use crate::instrument::stall;
use crate::loom::outside::{Mutex, MutexGuard};
use crate::park::waiter::Waiter;
use crate::task::raw::header::TaskRef;
use crate::task::raw::state::Phase;

/// Lists every thread that is parked in a call of this crate, the one that waits longest first.
///
/// It is for a person who looks into a hang: print it on a signal, from a debug page, or from a watchdog thread. It waits for
/// no loop and no call, and any thread may call it. It costs calls that do not park nothing.
///
/// Listed are calls that wait: `block_on`, `block_on_local`, companions, `Task::result`, `wait`, `as_completed`, `Iter::next`,
/// and the shutdown or drop of a loop. Not listed are threads that do not wait for a loop (in `thread.join()`, in a lock), nor
/// what waits at an `.await`. A thread that is parked in a call inside another one, in a task that it drives, is listed for
/// both. The first poll of a future on its calling thread is no wait.
///
/// # Examples
///
/// ```
/// use std::sync::mpsc;
/// use std::thread;
///
/// let (sender, receiver) = mpsc::channel();
/// let canceller = bridge::Canceller::new();
/// let handle = bridge::shared().with_canceller(&canceller);
/// let caller = thread::Builder::new().name("reader".into()).spawn(move || {
///     handle.block_on(async {
///         sender.send(()).unwrap();
///         std::future::pending::<()>().await
///     })
/// })?;
/// receiver.recv().unwrap();
/// let line = loop {
///     // The thread is about to park.
///     if let Some(blocked) = bridge::blocked().into_iter().find(|blocked| blocked.thread_name() == Some("reader")) {
///         break blocked.to_string();
///     }
/// };
/// assert!(line.contains("`reader`") && line.contains("bridge-shared"), "{line}");
/// canceller.cancel();
/// caller.join().unwrap().unwrap_err();
/// # std::io::Result::Ok(())
/// ```
#[must_use = "it only reports"]
pub fn blocked() -> Vec<Blocked> {
    let records: Vec<Arc<Record>> = RECORDS.lock().clone();
    let mut blocked: Vec<Blocked> = records.iter().flat_map(|record| record.report()).collect();
    blocked.sort_by_key(Blocked::since);
    blocked
}

/// A thread that is parked in a call. From [`blocked`].
///
/// `Display` is one line, as in
///
/// ```text
/// `reader` (ThreadId(3)) waits for 12.3 s in `fetch_blocking` at src/main.rs:17:5 onto `net`: the future is pending
/// ```
#[derive(Clone, Debug)]
pub struct Blocked {
    thread: Thread,
    site: &'static Location<'static>,
    companion: Option<&'static str>,
    on: Option<Arc<str>>,
    since: Instant,
    state: BlockedState,
}

/// What a thread that is parked in a call waits for. From [`Blocked::state`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BlockedState {
    /// No loop has polled the future yet: the loop is busy, or nobody drives it.
    NotStarted,
    /// The future is inside a poll, or its destructor runs. If that lasts, the future blocks.
    Polling,
    /// The future is pending: it waits for a wake. Of several tasks, or of the items of a stream: none has come.
    Pending,
    /// The future is pending, and the thread drives a shared loop meanwhile. If nothing else of that loop moves, a task of it
    /// blocks.
    Driving,
    /// The future is over. The thread is about to return.
    Over,
    /// The thread waits for the end of a loop, in a shutdown or a drop.
    Shutdown,
}

impl Blocked {
    /// The name of the thread, if it has one.
    ///
    /// # Examples
    ///
    /// ```
    /// let names: Vec<_> = bridge::blocked().iter().map(|blocked| blocked.thread_name().map(String::from)).collect();
    /// ```
    #[must_use]
    pub fn thread_name(&self) -> Option<&str> {
        self.thread.name()
    }

    /// The thread.
    ///
    /// # Examples
    ///
    /// ```
    /// // This thread is not parked.
    /// assert!(bridge::blocked().iter().all(|blocked| blocked.thread_id() != std::thread::current().id()));
    /// ```
    #[must_use]
    pub fn thread_id(&self) -> ThreadId {
        self.thread.id()
    }

    /// The line that calls. A drop has none: of a loop that is dropped it is the line where the loop was started.
    ///
    /// # Examples
    ///
    /// ```
    /// let files: Vec<_> = bridge::blocked().iter().map(|blocked| blocked.call_site().file()).collect();
    /// ```
    #[must_use]
    pub fn call_site(&self) -> &'static Location<'static> {
        self.site
    }

    /// The name of the blocking companion that is called, or of the facade's method.
    ///
    /// # Examples
    ///
    /// ```
    /// let companions: Vec<_> = bridge::blocked().iter().filter_map(|blocked| blocked.companion()).collect();
    /// ```
    #[must_use]
    pub fn companion(&self) -> Option<&'static str> {
        self.companion
    }

    /// The name of the loop. `None`: it waits for tasks of several loops.
    ///
    /// # Examples
    ///
    /// ```
    /// let busy = bridge::blocked().iter().filter(|blocked| blocked.loop_name() == Some("database")).count();
    /// assert_eq!(busy, 0);
    /// ```
    #[must_use]
    pub fn loop_name(&self) -> Option<&str> {
        self.on.as_deref()
    }

    /// When the thread was about to park in this call for the first time.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let stuck = |blocked: &bridge::Blocked| blocked.since().elapsed() > Duration::from_secs(60);
    /// assert!(!bridge::blocked().iter().any(stuck));
    /// ```
    #[must_use]
    pub fn since(&self) -> Instant {
        self.since
    }

    /// What it waits for, as far as this crate knows: what it was when [`blocked`] looked.
    ///
    /// # Examples
    ///
    /// ```
    /// use bridge::BlockedState;
    ///
    /// let blocked = bridge::blocked();
    /// let polling = blocked.iter().filter(|blocked| blocked.state() == BlockedState::Polling);
    /// assert_eq!(polling.count(), 0);
    /// ```
    #[must_use]
    pub fn state(&self) -> BlockedState {
        self.state
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.thread_name() {
            Some(name) => write!(f, "`{name}` ({:?})", self.thread_id())?,
            None => write!(f, "{:?}", self.thread_id())?,
        }
        write!(f, " waits for {:.1} s", self.since.elapsed().as_secs_f64())?;
        if let Some(companion) = self.companion {
            write!(f, " in `{companion}`")?;
        }
        write!(f, " at {}", self.site)?;
        match &self.on {
            Some(on) => write!(f, " onto `{on}`: {}", self.state),
            None => write!(f, " onto several loops: {}", self.state),
        }
    }
}

impl fmt::Display for BlockedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BlockedState::NotStarted => "no loop has started the future",
            BlockedState::Polling => "the future is being polled",
            BlockedState::Pending => "the future is pending",
            BlockedState::Driving => "the future is pending, and the thread drives the loop",
            BlockedState::Over => "the future is over",
            BlockedState::Shutdown => "the loop has not ended",
        })
    }
}

/// A call that may park: what a report says of it.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) site: &'static Location<'static>,
    pub(crate) companion: Option<&'static str>,
    pub(crate) what: WaitFor,
    /// Asked on the way to the park.
    pub(crate) of: &'a dyn Fn() -> Of,
}

/// What a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitFor {
    /// A future that the thread polls.
    Here,
    /// One that a loop polls.
    Job,
    /// Several of these.
    Tasks,
    /// The end of a loop.
    End,
}

/// The loop and the job that a call waits for, if there is one of each.
#[derive(Default)]
pub(crate) struct Of {
    pub(crate) on: Option<Arc<LoopMeta>>,
    pub(crate) job: Option<TaskRef>,
}

/// A call that has parked.
struct Parked {
    site: &'static Location<'static>,
    companion: Option<&'static str>,
    what: WaitFor,
    of: Of,
    waiter: Arc<Waiter>,
    since: Instant,
}

impl Parked {
    fn state(&self) -> BlockedState {
        let phase = self.of.job.as_ref().map(|job| job.completion.state.phase());
        match (self.what, phase) {
            (WaitFor::End, _) => BlockedState::Shutdown,
            _ if self.waiter.is_driving() => BlockedState::Driving,
            (WaitFor::Here, _) if !self.waiter.is_parked() => BlockedState::Polling,
            (_, Some(Phase::Queued)) => BlockedState::NotStarted,
            (_, Some(Phase::Running)) => BlockedState::Polling,
            (_, Some(Phase::Done)) => BlockedState::Over,
            (_, Some(Phase::Pending) | None) => BlockedState::Pending,
        }
    }
}

/// The calls that a thread is parked in.
struct Record {
    thread: Thread,
    process: Process,
    calls: Mutex<Vec<Parked>>,
}

impl Record {
    /// No user code runs under this lock. `None`: in a fork, where it may be locked for ever.
    fn calls(&self) -> Option<MutexGuard<'_, Vec<Parked>>> {
        lock(&self.calls, self.process.is_current())
    }

    fn report(&self) -> Vec<Blocked> {
        let Some(calls) = self.process.is_current().then(|| self.calls()).flatten() else { return Vec::new() };
        let report = |parked: &Parked| Blocked {
            thread: self.thread.clone(),
            site: parked.site,
            companion: parked.companion,
            on: parked.of.on.as_ref().map(|on| Arc::clone(&on.name)),
            since: parked.since,
            state: parked.state(),
        };
        calls.iter().map(report).collect()
    }
}

/// Those of the threads that have parked, and live.
static RECORDS: GlobalMutex<Vec<Arc<Record>>> = GlobalMutex::new();

/// Locks `mutex`, which is held for a few instructions at a time. Where it may be held by a thread of the parent process,
/// not for long.
fn lock<T>(mutex: &Mutex<T>, may_wait: bool) -> Option<MutexGuard<'_, T>> {
    const TRIES: usize = 1000;
    if may_wait {
        return Some(mutex.lock().unwrap_or_else(PoisonError::into_inner));
    }
    (0..TRIES).find_map(|_| match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(error)) => Some(error.into_inner()),
        Err(TryLockError::WouldBlock) => {
            thread::yield_now();
            None
        }
    })
}

/// A thread's own record. Its drop, as the thread ends, takes it off the list.
struct ThreadRecord(Arc<Record>);

impl ThreadRecord {
    fn new() -> ThreadRecord {
        let calls = Mutex::new(Vec::with_capacity(2));
        let record = Arc::new(Record { thread: thread::current(), process: Process::current(), calls });
        RECORDS.lock().push(Arc::clone(&record));
        ThreadRecord(record)
    }
}

impl Drop for ThreadRecord {
    fn drop(&mut self) {
        let mut records = RECORDS.lock();
        if let Some(place) = records.iter().position(|record| Arc::ptr_eq(record, &self.0)) {
            records.swap_remove(place);
        }
    }
}

thread_local! {
    static OWN: RefCell<Option<ThreadRecord>> = const { RefCell::new(None) };
}

/// That of this thread. `None`: the thread's locals are being destroyed.
fn own() -> Option<Arc<Record>> {
    let known = OWN.try_with(|own| match &*own.borrow() {
        Some(own) if own.0.process.is_current() => Some(Arc::clone(&own.0)),
        _ => None,
    });
    known.ok()?.or_else(new)
}

/// A new one, of a thread that has none in this process.
#[cold]
fn new() -> Option<Arc<Record>> {
    let own = ThreadRecord::new();
    let record = Arc::clone(&own.0);
    let old = OWN.try_with(|place| place.replace(Some(own))).ok()?;
    drop(old);
    Some(record)
}

/// While it lives, the thread is listed as parked in a call. It is dropped on its thread, and before those made earlier.
pub(crate) struct Entry {
    record: Option<Arc<Record>>,
    _of_this_thread: PhantomData<*const ()>,
}

impl Call<'_> {
    /// The thread, whose waiter that is, is about to park in this call.
    pub(crate) fn enter(&self, waiter: &Arc<Waiter>) -> Entry {
        // In a model all threads share the locals of one.
        let record = if cfg!(bridge_loom) { None } else { own() };
        stall::note_park();
        let Call { site, companion, what, of } = *self;
        let entered = record.filter(|record| {
            let parked = Parked { site, companion, what, of: of(), waiter: Arc::clone(waiter), since: Instant::now() };
            record.calls().map(|mut calls| calls.push(parked)).is_some()
        });
        Entry { record: entered, _of_this_thread: PhantomData }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let parked = self.record.as_ref().and_then(|record| record.calls()?.pop());
        // Not under the lock.
        drop(parked);
    }
}
