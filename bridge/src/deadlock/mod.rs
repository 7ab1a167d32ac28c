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
//! | drives another loop | is refused if it [cannot end](crate::deadlock::graph) beside what is recorded, else recorded while it lasts |
//!
//! Records are made and read by threads that drive a loop or poll a job, under a lock that nobody else takes.

pub(crate) mod blocked;
pub(crate) mod graph;
pub(crate) mod registry;

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::{Builder, Handle as TokioHandle, Id, Runtime, RuntimeFlavor, worker_index};

use self::graph::{Answer, JobId, Need, Party, Records, Waiting, Who};
use crate::error::{Deadlock, Wait, Waiter, What};
use crate::fork::{GlobalMutex, PerProcess, Process};
use crate::instrument::{self, Watch};
use crate::park::spin::Spin;
use crate::unwind::catch_and_drop;

/// A loop by identity and name, and how its callers spin. Every loop is a tokio runtime, and that runtime's id is the
/// loop's.
#[derive(Debug)]
pub(crate) struct Loop {
    pub(crate) id: Id,
    pub(crate) name: Arc<str>,
    /// It has workers: of several threads each polls some of its jobs.
    pub(crate) has_workers: bool,
    pub(crate) spin: Spin,
    pub(crate) process: Process,
}

impl Loop {
    pub(crate) fn new(id: Id, name: Arc<str>, spin: Duration) -> Arc<Loop> {
        Arc::new(Loop { id, name, has_workers: false, spin: Spin::new(spin), process: Process::current() })
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

    /// Whether its thread is in another process: this one was forked off, and has none that would answer.
    pub(crate) fn is_left_behind(&self) -> bool {
        !self.process.is_current()
    }
}

thread_local! {
    /// The loop of ours that this thread drives.
    static DRIVEN: RefCell<Option<Arc<Loop>>> = const { RefCell::new(None) };
    /// The runtimes whose contexts this thread has entered through this crate, the innermost last.
    static ENTERED: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
}

/// While it lives, this thread drives that loop.
#[derive(Debug)]
pub(crate) struct Driving {
    /// What it drove before.
    before: Option<Arc<Loop>>,
}

impl Driving {
    pub(crate) fn start(driven: Arc<Loop>) -> Driving {
        // In the destructor of a thread-local the cell may be gone. Such a thread is not to drive, see `current_thread`.
        Driving { before: DRIVEN.try_with(|cell| cell.replace(Some(driven))).ok().flatten() }
    }
}

impl Drop for Driving {
    fn drop(&mut self) {
        // In the destructor of a thread-local the cell may be gone, and with it what is to be undone.
        let _ = DRIVEN.try_with(|cell| cell.replace(self.before.take()));
    }
}

/// Whether this thread drives the loop of ours with that id.
#[inline]
pub(crate) fn drives(id: Id) -> bool {
    driven() == Some(id)
}

/// The loop of ours that this thread drives.
#[inline]
pub(crate) fn driven() -> Option<Id> {
    DRIVEN.try_with(|driven| driven.borrow().as_ref().map(|driven| driven.id)).ok().flatten()
}

/// A runtime whose context this thread has entered.
struct Entered {
    id: Id,
    before: Outer,
    by: By,
}

/// What has entered a context.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// A call, to poll its future on its caller's thread.
    Call,
    /// [`Handle::enter`](crate::Handle::enter), on a thread that tokio used like this.
    Guard(Use),
}

/// What tokio uses a thread for.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Use {
    /// The scheduler that runs on it.
    worker: Option<usize>,
    /// No scheduler runs on it, and it is inside a poll of tokio's.
    is_in_poll: bool,
}

impl Use {
    fn of_this_thread() -> Use {
        let worker = worker_index();
        Use { worker, is_in_poll: worker.is_none() && is_polled_by_tokio() }
    }
}

/// Adds to [`ENTERED`], and gives the place.
#[inline]
fn push_entered(entered: Entered) -> usize {
    let push = |list: &RefCell<Vec<Entered>>| {
        let mut list = list.borrow_mut();
        list.push(entered);
        list.len() - 1
    };
    ENTERED.try_with(push).unwrap_or(usize::MAX)
}

/// Removes what is at that place of [`ENTERED`], and guards further in that were leaked.
#[inline]
fn pop_entered(place: usize) {
    let pop = |list: &RefCell<Vec<Entered>>| {
        let mut list = list.borrow_mut();
        if list.len() == place.wrapping_add(1) { Ok(list.pop()) } else { Err(()) }
    };
    // What is in there may hold the last reference to a runtime, which is not dropped while the list is borrowed.
    if let Ok(Err(())) = ENTERED.try_with(pop) {
        cut_entered(place);
    }
}

#[cold]
fn cut_entered(place: usize) {
    let cut = |list: &RefCell<Vec<Entered>>| {
        let mut list = list.borrow_mut();
        if place < list.len() { list.split_off(place) } else { Vec::new() }
    };
    let removed = ENTERED.try_with(cut);
    drop(removed);
}

/// While it lives, a call onto a runtime is polled on this thread.
pub(crate) struct PollsHere(usize);

impl PollsHere {
    /// The runtime with that id is about to be entered. `before`: see [`outer`].
    #[inline]
    pub(crate) fn start(id: Id, before: Outer) -> PollsHere {
        PollsHere(push_entered(Entered { id, before, by: By::Call }))
    }
}

impl Drop for PollsHere {
    #[inline]
    fn drop(&mut self) {
        pop_entered(self.0);
    }
}

/// While it lives, this thread is in a runtime's context by a guard, and drives what it drove before.
#[derive(Debug)]
pub(crate) struct InGuard(usize);

impl InGuard {
    /// The runtime with that id is about to be entered. Fails where tokio has no thread-locals any more.
    pub(crate) fn start(id: Id) -> Result<InGuard, Destroyed> {
        let before = outer()?;
        // Without a context, which most threads are, nothing is polled.
        let is_free = TokioHandle::try_current().is_err();
        let used = if is_free { Use { worker: None, is_in_poll: false } } else { Use::of_this_thread() };
        Ok(InGuard(push_entered(Entered { id, before, by: By::Guard(used) })))
    }
}

impl Drop for InGuard {
    fn drop(&mut self) {
        pop_entered(self.0);
    }
}

/// Whether the context that this thread has entered last, through this crate, is that runtime's.
pub(crate) fn is_entered_last(id: Id) -> bool {
    let is_last = |list: &RefCell<Vec<Entered>>| list.borrow().last().is_some_and(|entered| entered.id == id);
    ENTERED.try_with(is_last).unwrap_or(false)
}

/// Whether a guard has entered that runtime's context, and nothing else after it.
pub(crate) fn is_in_guard(id: Id) -> bool {
    let is_guard = |entered: &Entered| entered.id == id && entered.by != By::Call;
    ENTERED.try_with(|list| list.borrow().last().is_some_and(is_guard)).unwrap_or(false)
}

/// Whether any of the calls that this thread polls for itself satisfies `f`.
fn any_call(f: impl Fn(Id) -> bool) -> bool {
    let is_one = |entered: &Entered| entered.by == By::Call && f(entered.id);
    ENTERED.try_with(|list| list.borrow().iter().any(is_one)).unwrap_or(false)
}

/// Whether any call that this thread polls for itself is one onto that runtime.
fn calls(id: Id) -> bool {
    any_call(|called| called == id)
}

/// tokio has no thread-locals on this thread any more, and can poll nothing here.
#[derive(Debug)]
pub(crate) struct Destroyed;

/// What this thread is to tokio, but for what calls and guards of ours have entered.
#[derive(Clone, Debug)]
pub(crate) struct Outer {
    /// The context that it is in.
    pub(crate) context: Option<TokioHandle>,
    /// It is inside a `block_on` without running the scheduler.
    is_in_block_on: bool,
}

impl Outer {
    pub(crate) fn is(&self, id: Id) -> bool {
        self.context.as_ref().is_some_and(|context| context.id() == id)
    }
}

#[inline]
pub(crate) fn outer() -> Result<Outer, Destroyed> {
    let context = match TokioHandle::try_current() {
        Ok(context) => context,
        Err(error) if error.is_thread_local_destroyed() => return Err(Destroyed),
        Err(_) => return Ok(Outer { context: None, is_in_block_on: false }),
    };
    let last = ENTERED.try_with(|list| {
        let list = list.borrow();
        list.last().filter(|entered| entered.id == context.id()).map(|entered| (entered.before.clone(), entered.by))
    });
    let last = last.ok().flatten();
    if let Some((before, By::Call)) = last {
        return Ok(before);
    }
    let used = Use::of_this_thread();
    Ok(match last {
        // Unless a `block_on` of the runtime that the guard has entered has been given this thread since.
        Some((before, By::Guard(then))) if then == used => before,
        _ => Outer { context: Some(context), is_in_block_on: used.is_in_poll },
    })
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
    !matches!(current_thread(), Thread::Free { .. })
}

/// What the calling thread is to the loops.
pub(crate) enum Thread {
    /// It polls nothing but, maybe, what it has called for itself. It may not drive a shared loop while it is inside the
    /// `block_on` of another runtime.
    Free {
        may_drive: bool,
    },
    /// Or, which looks the same, a task of a current-thread runtime on a thread that has entered another one.
    Worker,
    Drives(Arc<Loop>),
    /// A current-thread runtime, of which nothing is known: the thread is in the context of another one.
    DrivesUnknown,
}

pub(crate) fn current_thread() -> Thread {
    let Ok(driven) = DRIVEN.try_with(|cell| cell.borrow().clone()) else { return Thread::Free { may_drive: false } };
    if let Some(driven) = driven {
        return Thread::Drives(driven);
    }
    let Ok(Outer { context, is_in_block_on }) = outer() else { return Thread::Free { may_drive: false } };
    let Some(context) = context else { return Thread::Free { may_drive: true } };
    let is_current_thread = context.runtime_flavor() == RuntimeFlavor::CurrentThread;
    match worker_index() {
        // No current-thread runtime has so many.
        Some(1..) => Thread::Worker,
        // While it shuts down it may be this thread that drops what is left.
        Some(0) if is_current_thread && where_driven(&context) != Where::Elsewhere => Thread::Drives(foreign(&context)),
        // Workers are always inside a task. The context was entered by hand.
        Some(_) if tokio::task::try_id().is_none() => Thread::DrivesUnknown,
        Some(_) => Thread::Worker,
        None if !is_in_block_on => Thread::Free { may_drive: true },
        // It waits in `block_on` for the thread that drives the runtime, and would have to drive it once that leaves.
        None if is_current_thread => Thread::Drives(foreign(&context)),
        None => Thread::Free { may_drive: false },
    }
}

/// Whether this thread is in that runtime's context, but for what calls of ours have entered.
pub(crate) fn is_outer(id: Id) -> bool {
    outer().is_ok_and(|outer| outer.is(id))
}

/// Whether tokio polls, on this thread, the code that asks: in a task or in a `block_on`.
///
/// What tokio polls has a budget, of which each of its resources takes one ([`tokio::task::coop`]); other code takes
/// without end. All that is taken here is given back. Not so for what is wrapped in `unconstrained`.
fn is_polled_by_tokio() -> bool {
    /// More than a budget is, which is 128.
    const MUCH: usize = 130;
    fn ends(left: usize) -> bool {
        if left == 0 {
            return false;
        }
        match tokio::task::coop::poll_proceed(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => true,
            // It gives back what was left when it was taken, after those that were taken later.
            Poll::Ready(_taken) => ends(left - 1),
        }
    }
    ends(MUCH)
}

/// Whether the thread that drives this current-thread runtime is parked, and so is not the one that asks.
fn is_parked(runtime: &TokioHandle) -> bool {
    // It is counted up before it parks, and after.
    runtime.metrics().worker_park_unpark_count(0) % 2 == 1
}

/// Whether this thread drives that current-thread runtime, whichever context it is in.
///
/// On the thread that drives it a new task goes to the runtime's local queue, and nobody else runs it. From elsewhere it
/// goes to the queue that is shared, is counted there, and is run.
fn is_driven_here(runtime: &TokioHandle) -> bool {
    where_driven(runtime) == Where::Here
}

/// Where a current-thread runtime is driven.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    Here,
    Elsewhere,
    /// It has shut down, or does so.
    Nowhere,
}

/// Reports whether it is run, or else dropped.
struct Probe {
    report: mpsc::Sender<bool>,
    is_run: bool,
}

impl Probe {
    fn spawn(runtime: &TokioHandle, report: &mpsc::Sender<bool>) {
        let probe = Probe { report: report.clone(), is_run: false };
        drop(runtime.spawn(async move {
            // All of it, and not that field alone.
            let mut probe = probe;
            probe.is_run = true;
        }));
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        let _ = self.report.send(self.is_run);
    }
}

/// See [`is_driven_here`].
fn where_driven(runtime: &TokioHandle) -> Where {
    const PROBES: usize = 8;
    /// How often the queue has to grow by all of the probes. Once may be others' doing.
    const TIMES: usize = 3;
    /// How long it takes while others are at the queue too, and no probe is run.
    const ROUNDS: usize = 100;
    const PAUSE: Duration = Duration::from_millis(1);
    if worker_index() != Some(0) || is_parked(runtime) {
        return Where::Elsewhere;
    }
    let metrics = runtime.metrics();
    let parked = metrics.worker_park_unpark_count(0);
    let (report, reported) = mpsc::channel();
    // By how much the shared queue grows while so many probes are spawned. It says where these went, unless one has been run
    // or a task was taken out: what drives the runtime elsewhere does both, and this thread does neither.
    let spawn = |probes| {
        let depth = metrics.global_queue_depth();
        (0..probes).for_each(|_| Probe::spawn(runtime, &report));
        let after = metrics.global_queue_depth();
        match reported.try_recv() {
            Ok(true) => Err(Where::Elsewhere),
            Ok(false) => Err(Where::Nowhere),
            Err(_) if metrics.worker_park_unpark_count(0) != parked => Err(Where::Elsewhere),
            Err(_) => after.checked_sub(depth).map(|grown| (grown, depth)).ok_or(Where::Elsewhere),
        }
    };
    let mut grown = 0;
    let round = || {
        match spawn(PROBES)? {
            // As many may have been taken out, of those that were there before. They would take out a probe next, and run it
            // before they take another.
            (0, depth) if spawn(depth + PROBES)?.0 == 0 => return Err(Where::Here),
            // Nobody takes out any: who drives it is stuck in one poll.
            (PROBES.., _) => grown += 1,
            _ => (),
        }
        if grown == TIMES { Err(Where::Elsewhere) } else { Ok(()) }
    };
    let rounds = std::iter::repeat_with(round).take(ROUNDS);
    for round in rounds {
        if let Err(is_driven) = round {
            return is_driven;
        }
        if let Ok(true) = reported.recv_timeout(PAUSE) {
            return Where::Elsewhere;
        }
    }
    Where::Here
}

/// Whether this thread drives the external current-thread runtime with that id, whose context it is not in.
fn drives_external(id: Id) -> bool {
    worker_index() == Some(0) && registry::external_by_id(id).is_some_and(|external| is_driven_here(&external.runtime))
}

/// Whether this thread, which is a worker, is one of that multi-thread runtime. A guess, since other threads may be at the
/// queue that tasks from elsewhere go to: then it says no.
fn is_worker_of(runtime: &TokioHandle) -> bool {
    let metrics = runtime.metrics();
    let before = metrics.global_queue_depth();
    drop(runtime.spawn(async {}));
    metrics.global_queue_depth() == before
}

/// A runtime that is never driven and never ends: its pool has threads to spare.
fn spare_threads() -> Option<TokioHandle> {
    static SPARE: PerProcess<Runtime> = PerProcess::new();
    let build = || Builder::new_current_thread().thread_name("bridge-worker").build();
    SPARE.get_or_try_init(build).ok().map(|runtime| runtime.handle().clone())
}

/// Runs `wait`, which blocks, on a worker, and tells it that the thread is inside no `block_on` meanwhile.
///
/// tokio hands the worker's other tasks over to a thread of the runtime whose context is entered, which goes on as the worker.
/// If that is not the worker's own runtime, it might end before the worker does, and wait for it: threads of no such runtime
/// are given instead.
///
/// Which scheduler runs on this thread is a guess: tokio refuses this, by a panic, in a task of a current-thread runtime that
/// has entered another one. There is nothing to hand over then, and `wait` is given back.
pub(crate) fn block_in_place<R, W: FnOnce(bool) -> R>(wait: W) -> Result<R, W> {
    let (entered, own) = (TokioHandle::try_current().ok(), outer().ok().and_then(|outer| outer.context));
    let is_own = |own: &TokioHandle| own.runtime_flavor() == RuntimeFlavor::MultiThread && is_worker_of(own);
    let own = own.filter(is_own).or_else(spare_threads);
    let _own = own.as_ref().map(TokioHandle::enter);
    let mut wait = Some(wait);
    let mut run = || {
        let _entered = entered.as_ref().map(TokioHandle::enter);
        wait.take().map(|wait| wait(true))
    };
    match catch_unwind(AssertUnwindSafe(|| tokio::task::block_in_place(&mut run))) {
        Ok(Some(done)) => Ok(done),
        Ok(None) => unreachable!("it is run once"),
        Err(payload) => {
            let Some(wait) = wait else { resume_unwind(payload) };
            catch_and_drop(|| payload);
            Err(wait)
        }
    }
}

/// A runtime that is not ours, by the name that its builder gave it or its number.
pub(crate) fn foreign(handle: &TokioHandle) -> Arc<Loop> {
    Arc::new(Loop {
        id: handle.id(),
        name: name(handle),
        has_workers: handle.runtime_flavor() == RuntimeFlavor::MultiThread,
        spin: Spin::new(Duration::ZERO),
        process: Process::current(),
    })
}

fn name(runtime: &TokioHandle) -> Arc<str> {
    match runtime.name() {
        Some(name) => Arc::from(name),
        None => Arc::from(format!("tokio runtime {}", runtime.id())),
    }
}

/// Refuses a call onto `target` that a thread would poll for itself, where that thread is the one that drives the target:
/// the call would be ended by what this thread does next.
/// `outer`: see [`outer`].
#[inline]
pub(crate) fn may_call(target: &Loop, outer: &Outer, site: &'static Location<'static>) -> Result<(), Deadlock> {
    if outer.context.is_none() && !drives(target.id) { Ok(()) } else { may_call_inside(target, outer, site) }
}

#[cold]
fn may_call_inside(target: &Loop, outer: &Outer, site: &'static Location<'static>) -> Result<(), Deadlock> {
    let is_driven = |target: &Loop| match &outer.context {
        _ if target.has_workers => false,
        Some(context) if context.id() == target.id => is_driven_here(context),
        _ => drives_external(target.id),
    };
    if !drives(target.id) && !is_driven(target) {
        return Ok(());
    }
    let named = || Waiter { on: Arc::clone(&target.name), what: What::Loop };
    Err(Deadlock::new(vec![Wait { waiter: named(), target: named(), site }]))
}

/// Who waits for whom.
static RECORDS: GlobalMutex<Records> = GlobalMutex::new();

/// Leave to wait for a loop, until dropped.
pub(crate) struct Leave {
    /// In a box: most have none.
    _recorded: Option<Box<Recorded>>,
    worker: bool,
    /// The thread, if it is no worker, may drive a shared loop while it waits.
    may_drive: bool,
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
    may_wait_for(|| vec![Target::new(target, answer)], Need::All, site)
}

/// One of the loops that a wait for several tasks is for.
pub(crate) struct Target<'a> {
    pub(crate) on: &'a Loop,
    /// Makes the answer that all of the wait's tasks on that loop give together; on one that has workers, that of one task.
    pub(crate) answer: Box<dyn FnOnce() -> Box<dyn Answer> + 'a>,
    /// It is the end of a loop, for which the calls onto it have to be over.
    pub(crate) is_end: bool,
}

impl<'a> Target<'a> {
    pub(crate) fn new(on: &'a Loop, answer: impl FnOnce() -> Box<dyn Answer> + 'a) -> Target<'a> {
        Target { on, answer: Box::new(answer), is_end: false }
    }
}

/// As [`may_wait`], for several loops, each given once but for those that have workers.
pub(crate) fn may_wait_for<'a>(
    targets: impl FnOnce() -> Vec<Target<'a>>,
    need: Need,
    site: &'static Location<'static>,
) -> Result<Leave, Deadlock> {
    let leave = |recorded, worker, may_drive| Leave { _recorded: recorded, worker, may_drive, watch: Watch::new(site) };
    let waits_as = |driven: &Loop, targets: Vec<Target<'a>>| {
        let names: Vec<Arc<str>> = targets.iter().map(|target| Arc::clone(&target.on.name)).collect();
        let recorded = record(held_up(Some(driven)), targets, need, site)?;
        instrument::blocked(&driven.name, &names, site);
        Ok(leave(recorded, false, false))
    };
    match current_thread() {
        Thread::Drives(driven) => waits_as(&driven, targets()),
        thread => {
            let is_known = matches!(thread, Thread::Free { .. });
            let is_worker = matches!(thread, Thread::Worker);
            let polls = DEPTH.get() > 0 || any_call(|_| true);
            if is_known && !polls {
                return Ok(leave(None, false, matches!(thread, Thread::Free { may_drive: true })));
            }
            let targets = targets();
            let is_driven = |target: &&Target<'a>| !target.on.has_workers && drives_external(target.on.id);
            if let Some(driven) = targets.iter().find(is_driven).map(|target| target.on) {
                return waits_as(driven, targets);
            }
            let recorded = if polls { record(held_up(None), targets, need, site)? } else { None };
            Ok(leave(recorded, is_worker, matches!(thread, Thread::Free { may_drive: true })))
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
    who.extend(calls_here());
    who
}

/// The shared loops that this thread polls calls onto: their ends wait for it.
fn calls_here() -> Vec<Who> {
    let ids = ENTERED.try_with(|list| {
        let list = list.borrow();
        list.iter().filter(|entered| entered.by == By::Call).map(|entered| entered.id).collect::<Vec<_>>()
    });
    let loops = ids.unwrap_or_default().into_iter().filter_map(registry::by_id);
    loops.map(|ours| Who { party: Party::Calls(ours.on.id), on: Arc::clone(&ours.on.name) }).collect()
}

/// Records what is about to be waited for, if that can end. In a fork there is nothing to wait for.
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
    for Target { on, answer, is_end } in targets {
        let answer = answer();
        let party = if is_end { Party::Calls(on.id) } else { on.party(answer.job()) };
        waiting.add(party, &on.name, answer);
    }
    let mut records = RECORDS.lock();
    if let Some(waits) = graph::why_never(&records, &by, &waiting) {
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
    answer: impl Fn() -> Box<dyn Answer>,
) -> Result<Leave, Deadlock> {
    let targets = || vec![Target::new(target, &answer), Target { is_end: true, ..Target::new(target, &answer) }];
    let leave = may_wait_for(targets, Need::All, site)?;
    let calls = calls(target.id);
    // A thread that has merely entered the loop's context runs no task of tokio's, or does so for a scheduler.
    let is_blocking_thread = || is_outer(target.id) && worker_index().is_none() && tokio::task::try_id().is_some();
    if calls || is_blocking_thread() {
        let named = |what| Waiter { on: Arc::clone(&target.name), what };
        let waiter = named(if calls { What::Call } else { What::BlockingThread });
        let target = named(What::Loop);
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

    /// Runs `wait`, which blocks, as the calling thread has to. It is told whether the thread may drive a shared loop.
    pub(crate) fn block<R>(&self, wait: impl FnOnce(bool) -> R) -> R {
        if self.worker { block_in_place(wait).unwrap_or_else(|wait| wait(false)) } else { wait(self.may_drive) }
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        let mut records = RECORDS.lock();
        self.by.iter().for_each(|who| records.end(who.party, &self.waiting));
        // What was waited for is dropped after this, not under the lock.
    }
}
