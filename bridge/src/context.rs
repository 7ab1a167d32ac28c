//! Which loop this thread drives, who waits for whom, and the check that a wait can end.
//!
//! Only *waiting* is guarded, and by thread: what counts is whether the calling thread is the one that polls a
//! loop's futures, not which runtime context it has entered. A `spawn_blocking` thread has a context and drives
//! nothing.
//!
//! | the calling thread | the wait |
//! | --- | --- |
//! | drives no loop | is let through, for the price of two thread-local reads |
//! | is a worker of a multi-thread runtime | goes through `block_in_place`, so that the runtime's other tasks move on |
//! | is one that polls a job of ours, or drops it | is the job's: refused, or recorded, as below |
//! | drives the loop that is asked, and the answer of no other would do | is refused |
//! | drives another loop | is refused if it [cannot end](crate::circle) beside what is recorded, else recorded while it lasts |
//!
//! Records are made and read by threads that drive a loop or poll a job, under a lock that nobody else takes.

use std::cell::{Cell, RefCell};
use std::panic::Location;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use tokio::runtime::{Handle as TokioHandle, Id, RuntimeFlavor};

use crate::circle::{self, Answer, JobId, Need, Party, Records, Waiting, Who};
use crate::core_id::Core;
use crate::error::{Deadlock, Wait, Waiter, What};
use crate::fork::Process;
use crate::spin::{self, DEFAULT_SPIN, Looks, Spin};
use crate::trace::{self, Watch};

/// A loop by identity and name, how long a caller looks for its answer before it parks, and where it runs. Every loop is
/// a tokio runtime, and that runtime's id is the loop's.
#[derive(Debug)]
pub(crate) struct Loop {
    pub(crate) id: Id,
    pub(crate) name: Arc<str>,
    /// It has workers: of several threads each polls some of its jobs.
    pub(crate) has_workers: bool,
    pub(crate) spin: Duration,
    pub(crate) process: Process,
    pub(crate) looks: Looks,
}

impl Loop {
    /// `core`: where it runs, as far as is known.
    pub(crate) fn new(id: Id, name: Arc<str>, spin: Duration, core: Core) -> Arc<Loop> {
        Arc::new(Loop { id, name, has_workers: false, spin, process: Process::current(), looks: Looks::new(core) })
    }

    /// What is held up while a thread waits that polls `job`.
    fn party(&self, job: Option<JobId>) -> Party {
        match job {
            Some(job) if self.has_workers => Party::Job(job),
            _ => Party::Loop(self.id),
        }
    }

    fn who(&self, job: Option<JobId>) -> Who {
        Who { party: self.party(job), on: Arc::clone(&self.name) }
    }

    /// How a caller looks for an answer of this loop.
    pub(crate) fn spin(&self) -> Spin<'_> {
        Spin::new(self.spin, &self.looks)
    }

    /// Whether its thread is in another process: this one was forked off, and has none that would answer.
    pub(crate) fn is_left_behind(&self) -> bool {
        !self.process.is_current()
    }
}

thread_local! {
    /// The loop of ours that this thread drives.
    static DRIVEN: RefCell<Option<Arc<Loop>>> = const { RefCell::new(None) };
}

/// While it lives, this thread drives that loop.
#[derive(Debug)]
pub(crate) struct Driving(());

impl Driving {
    pub(crate) fn start(driven: Arc<Loop>) -> Driving {
        DRIVEN.with(|cell| cell.replace(Some(driven)));
        Driving(())
    }
}

impl Drop for Driving {
    fn drop(&mut self) {
        // In the destructor of a thread-local the cell may be gone, and with it what is to be undone.
        let _ = DRIVEN.try_with(RefCell::take);
    }
}

thread_local! {
    /// What this thread polls on runtimes that are not ours, or drops as these shut down, the innermost last. It may be one
    /// of many threads then, or none that the runtime's scheduler runs on.
    static POLLED: RefCell<Vec<Who>> = const { RefCell::new(Vec::new()) };
    /// How many these are. It needs no destructor, and costs a plain thread next to nothing to ask.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// This thread hands a job to a runtime, which may drop it on the spot.
    static HANDS_OVER: Cell<bool> = const { Cell::new(false) };
}

/// While it lives, this thread polls that job, or drops it.
#[derive(Debug)]
pub(crate) struct Polling(());

impl Polling {
    pub(crate) fn start(on: &Loop, job: JobId) -> Polling {
        // In the destructor of another thread-local the list may be gone.
        if POLLED.try_with(|polled| polled.borrow_mut().push(on.who(Some(job)))).is_ok() {
            DEPTH.set(DEPTH.get() + 1);
        }
        Polling(())
    }

    /// To drop it. `None` if its runtime refuses it: nobody waits for it yet, and that runtime is not held up.
    pub(crate) fn start_dropping(on: &Loop, job: JobId) -> Option<Polling> {
        (!HANDS_OVER.replace(false)).then(|| Polling::start(on, job))
    }
}

impl Drop for Polling {
    fn drop(&mut self) {
        let _ = POLLED.try_with(|polled| DEPTH.set(polled.borrow_mut().pop().map_or(0, |_| DEPTH.get() - 1)));
    }
}

/// Runs `spawn`, which hands a job to a runtime.
pub(crate) fn hand_over(spawn: impl FnOnce()) {
    struct Over;
    impl Drop for Over {
        fn drop(&mut self) {
            HANDS_OVER.set(false);
        }
    }
    HANDS_OVER.set(true);
    let _over = Over;
    spawn();
}

/// Whether the calling thread polls futures, of any runtime.
pub(crate) fn drives_any() -> bool {
    !matches!(current_thread(), Thread::Free)
}

/// What the calling thread is to the loops.
enum Thread {
    Free,
    Worker,
    Drives(Arc<Loop>),
}

fn current_thread() -> Thread {
    if let Ok(Some(driven)) = DRIVEN.try_with(|cell| cell.borrow().clone()) {
        return Thread::Drives(driven);
    }
    let Ok(handle) = TokioHandle::try_current() else { return Thread::Free };
    if !is_polled_by_a_scheduler() {
        return Thread::Free;
    }
    match handle.runtime_flavor() {
        RuntimeFlavor::MultiThread => Thread::Worker,
        _ => Thread::Drives(foreign(&handle)),
    }
}

/// A runtime that is not ours, by the name that its builder gave it or its number.
pub(crate) fn foreign(handle: &TokioHandle) -> Arc<Loop> {
    spin::count_cores_if_unknown();
    Arc::new(Loop {
        id: handle.id(),
        name: name(handle),
        has_workers: handle.runtime_flavor() == RuntimeFlavor::MultiThread,
        spin: DEFAULT_SPIN,
        process: Process::current(),
        looks: Looks::new(Core::UNSEEN),
    })
}

fn name(runtime: &TokioHandle) -> Arc<str> {
    match runtime.name() {
        Some(name) => Arc::from(name),
        None => Arc::from(format!("tokio runtime {}", runtime.id())),
    }
}

/// Whether a tokio scheduler runs on this thread, below the code that asks.
///
/// *Which* scheduler is not told by anything in tokio: it is taken for the one whose context is entered. That is
/// wrong, for runtimes that are not ours, in code that has entered a second one by hand.
///
/// A runtime's context alone does not tell, since `spawn_blocking` threads have it too, and what tokio offers for
/// such threads panics on the others. But `yield_now` does tell: on a thread that polls tasks it leaves its waker
/// to the scheduler, and everywhere else it wakes it on the spot.
fn is_polled_by_a_scheduler() -> bool {
    struct Probe(AtomicBool);
    impl Probe {
        fn new() -> (Arc<Probe>, Waker) {
            let probe = Arc::new(Probe(AtomicBool::new(false)));
            (Arc::clone(&probe), Waker::from(probe))
        }
    }
    impl Wake for Probe {
        fn wake(self: Arc<Self>) {
            self.wake_by_ref();
        }
        fn wake_by_ref(self: &Arc<Self>) {
            // ORDERING: only this thread wakes it, here or, later, as its scheduler.
            self.0.store(true, Ordering::Relaxed);
        }
    }
    thread_local! {
        static PROBE: (Arc<Probe>, Waker) = Probe::new();
    }
    let is_woken_on_the_spot = |(probe, waker): &(Arc<Probe>, Waker)| {
        probe.0.store(false, Ordering::Relaxed);
        let yielded = pin!(tokio::task::yield_now());
        let _ = yielded.poll(&mut Context::from_waker(waker));
        probe.0.load(Ordering::Relaxed)
    };
    // In the destructor of another thread-local ours may be gone.
    !PROBE.try_with(is_woken_on_the_spot).unwrap_or_else(|_| is_woken_on_the_spot(&Probe::new()))
}

/// Who waits for whom.
static RECORDS: LazyLock<Mutex<Records>> = LazyLock::new(Mutex::default);

fn records() -> MutexGuard<'static, Records> {
    // No user code runs under the lock; a panic in there could only be a failed allocation.
    RECORDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Leave to wait for a loop, until dropped.
pub(crate) struct Leave {
    /// In a box: most have none.
    _recorded: Option<Box<Recorded>>,
    worker: bool,
    watch: Watch,
}

/// A wait that is recorded for each party that it holds up.
struct Recorded {
    by: Vec<Who>,
    waiting: Arc<Waiting>,
}

/// Asks for leave to wait, on this thread, for `answer` from the loop `target`.
pub(crate) fn may_wait(
    target: &Loop,
    site: &'static Location<'static>,
    answer: impl FnOnce() -> Box<dyn Answer>,
) -> Result<Leave, Deadlock> {
    may_wait_for(|| vec![Target { on: target, answer: Box::new(answer) }], Need::All, site)
}

/// One of the loops that a wait for several tasks is for.
pub(crate) struct Target<'a> {
    pub(crate) on: &'a Loop,
    /// Makes the answer that all of the wait's tasks on that loop give together; on one that has workers, that of one task.
    pub(crate) answer: Box<dyn FnOnce() -> Box<dyn Answer> + 'a>,
}

/// As [`may_wait`], for several loops, each given once but for those that have workers.
pub(crate) fn may_wait_for<'a>(
    targets: impl FnOnce() -> Vec<Target<'a>>,
    need: Need,
    site: &'static Location<'static>,
) -> Result<Leave, Deadlock> {
    let leave = |recorded, worker| Leave { _recorded: recorded, worker, watch: Watch::new(site) };
    match current_thread() {
        Thread::Drives(driven) => {
            let targets = targets();
            let names: Vec<Arc<str>> = targets.iter().map(|target| Arc::clone(&target.on.name)).collect();
            let leave = leave(record(held_up(Some(&driven)), targets, need, site)?, false);
            trace::blocked(&driven.name, &names, site);
            Ok(leave)
        }
        thread => {
            let polls = DEPTH.get() > 0;
            let recorded = if polls { record(held_up(None), targets(), need, site)? } else { None };
            Ok(leave(recorded, matches!(thread, Thread::Worker)))
        }
    }
}

/// What a wait of this thread, which drives `driven`, holds up: that, and what it polls further out.
fn held_up(driven: Option<&Loop>) -> Vec<Who> {
    let mut who: Vec<Who> = driven.map(|driven| driven.who(None)).into_iter().collect();
    let polled = POLLED.try_with(|polled| polled.borrow().clone()).unwrap_or_default();
    for polled in polled.into_iter().rev() {
        if who.iter().all(|known| known.party != polled.party) {
            who.push(polled);
        }
    }
    who
}

/// Records what is about to be waited for, if that can end. In a fork there is nothing to wait for, and the records may be
/// locked by a thread that is not there.
fn record(
    by: Vec<Who>,
    targets: Vec<Target<'_>>,
    need: Need,
    site: &'static Location<'static>,
) -> Result<Option<Box<Recorded>>, Deadlock> {
    if targets.iter().any(|target| target.on.is_left_behind()) {
        return Ok(None);
    }
    let mut waiting = Waiting::new(need, site);
    for Target { on, answer } in targets {
        let answer = answer();
        waiting.add(on.party(answer.job()), &on.name, answer);
    }
    let mut records = records();
    if let Some(waits) = circle::why_never(&records, &by, &waiting) {
        // An answer may hold the last reference to a task, whose destructor is the user's: not under the lock.
        drop(records);
        return Err(Deadlock::new(waits));
    }
    let waiting = Arc::new(waiting);
    by.iter().for_each(|who| records.begin(who, &waiting));
    Ok(Some(Box::new(Recorded { by, waiting })))
}

/// As [`may_wait`], to wait for the end of the loop `target` itself. A loop ends after its `spawn_blocking` threads,
/// so these cannot wait for it either.
pub(crate) fn may_join(
    target: &Loop,
    site: &'static Location<'static>,
    answer: impl FnOnce() -> Box<dyn Answer>,
) -> Result<Leave, Deadlock> {
    let leave = may_wait(target, site, answer)?;
    if TokioHandle::try_current().is_ok_and(|current| current.id() == target.id) {
        let named = |what| Waiter { on: Arc::clone(&target.name), what };
        let (waiter, target) = (named(What::BlockingThread), named(What::Loop));
        return Err(Deadlock::new(vec![Wait { waiter, target, site }]));
    }
    Ok(leave)
}

impl Leave {
    pub(crate) fn watch(&self) -> Watch {
        self.watch
    }

    /// Whether the thread is a worker, whose runtime's other tasks go on meanwhile.
    pub(crate) fn is_on_worker(&self) -> bool {
        self.worker
    }

    /// Runs `wait`, which blocks, as the calling thread has to.
    pub(crate) fn block<R>(&self, wait: impl FnOnce() -> R) -> R {
        if self.worker { tokio::task::block_in_place(wait) } else { wait() }
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        let mut records = records();
        self.by.iter().for_each(|who| records.end(who.party, &self.waiting));
        // What was waited for is dropped after this, not under the lock.
    }
}
