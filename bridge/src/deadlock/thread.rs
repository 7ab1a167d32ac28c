//! What the calling thread is to loops and runtimes, and how it blocks.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use tokio::runtime::{Builder, Handle as TokioHandle, Id, Runtime, RuntimeFlavor, worker_index};

use super::context::{Outer, outer};
use super::current::{self, LoopMeta};
use super::registry::{self, Known};
use crate::fork::PerProcess;
use crate::unwind::catch_and_drop;

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
    Drives(Arc<LoopMeta>),
    /// A current-thread runtime, of which nothing is known: the thread is in the context of another one.
    DrivesUnknown,
}

pub(crate) fn current_thread() -> Thread {
    let Ok(driven) = current::current() else { return Thread::Free { may_drive: false } };
    if let Some(driven) = driven {
        return Thread::Drives(driven);
    }
    let Ok(Outer { context, is_in_block_on }) = outer() else { return Thread::Free { may_drive: false } };
    let Some(context) = context else { return Thread::Free { may_drive: true } };
    let is_current_thread = context.runtime_flavor() == RuntimeFlavor::CurrentThread;
    match worker_index() {
        // No current-thread runtime has so many.
        Some(1..) => Thread::Worker,
        Some(0) if is_current_thread && is_polled_here(&context) => Thread::Drives(LoopMeta::external(&context)),
        Some(_) => {
            // Workers are always inside a task.
            let is_in_task = tokio::task::try_id().is_some();
            if is_in_task && !is_current_thread && is_worker_of(&context) {
                return Thread::Worker;
            }
            // The context was entered by hand, it seems.
            match driven_external() {
                Some(driven) => Thread::Drives(driven),
                None if is_in_task => Thread::Worker,
                None => Thread::DrivesUnknown,
            }
        }
        None if !is_in_block_on => Thread::Free { may_drive: true },
        // It waits in `block_on` for the thread that drives the runtime, and would have to drive it once that leaves. The own
        // thread of a loop does not leave.
        None if is_current_thread && !registry::is_loop(context.id()) => Thread::Drives(LoopMeta::external(&context)),
        None => Thread::Free { may_drive: false },
    }
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
pub(super) fn is_driven_here(runtime: &TokioHandle) -> bool {
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
struct DriverProbe {
    report: mpsc::Sender<bool>,
    is_run: bool,
}

impl DriverProbe {
    fn spawn(runtime: &TokioHandle, report: &mpsc::Sender<bool>) {
        let probe = DriverProbe { report: report.clone(), is_run: false };
        drop(runtime.spawn(async move {
            // All of it, and not that field alone.
            let mut probe = probe;
            probe.is_run = true;
        }));
    }
}

impl Drop for DriverProbe {
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
        (0..probes).for_each(|_| DriverProbe::spawn(runtime, &report));
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

/// Whether this thread polls the tasks of that current-thread runtime, or drops them as the runtime ends.
fn is_polled_here(runtime: &TokioHandle) -> bool {
    match where_driven(runtime) {
        Where::Here => true,
        Where::Elsewhere => false,
        Where::Nowhere => !has_ended(runtime),
    }
}

/// Whether a current-thread runtime that takes no tasks any more has dropped those that it had. Until then it has blocking threads,
/// unless its end does not wait for them: by `shutdown_background` and `shutdown_timeout` these end first.
fn has_ended(runtime: &TokioHandle) -> bool {
    let (report, reported) = mpsc::channel();
    let probe = DriverProbe { report, is_run: false };
    drop(runtime.spawn_blocking(move || {
        let mut probe = probe;
        probe.is_run = true;
    }));
    reported.try_recv() == Ok(false)
}

/// The external current-thread runtime that this thread drives, whichever context it has entered. One that no handle of this
/// crate leads to is not found, and nothing waits for it either.
fn driven_external() -> Option<Arc<LoopMeta>> {
    let is_driven = |known: &Arc<dyn Known>| {
        known.external().is_some_and(|runtime| !known.on().has_workers && is_driven_here(runtime))
    };
    registry::external().into_iter().find(is_driven).map(|known| Arc::clone(known.on()))
}

/// Whether this thread drives the external current-thread runtime with that id, whose context it is not in.
pub(super) fn drives_external(id: Id) -> bool {
    worker_index() == Some(0) && registry::known(id).is_some_and(|known| known.external().is_some_and(is_driven_here))
}

thread_local! {
    /// The runtime that this thread has been proved to be a worker of.
    static WORKER_OF: Cell<Option<Id>> = const { Cell::new(None) };
}

/// Whether this thread, which is a worker, is one of that multi-thread runtime. A wrong yes lends the
/// worker's tasks to a runtime that may end first, and would wait for them. A wrong no only means that the worker's
/// runtime does not wait for them at its end.
///
/// A worker of the runtime spawns to a queue of its own. From elsewhere a task goes to the queue that all workers share, and is
/// counted there until one takes it out.
fn is_worker_of(runtime: &TokioHandle) -> bool {
    const PROOFS: usize = 4;
    const SAMPLES: usize = 2;
    let metrics = runtime.metrics();
    let Some(index) = worker_index().filter(|index| *index < metrics.num_workers()) else { return false };
    // A worker that polls is not parked.
    if metrics.worker_park_unpark_count(index) % 2 == 1 {
        return false;
    }
    if WORKER_OF.get() == Some(runtime.id()) {
        return true;
    }
    if (0..PROOFS).any(|_| leaves_the_shared_queue_empty(runtime)) {
        WORKER_OF.set(Some(runtime.id()));
        return true;
    }
    (0..SAMPLES).all(|_| leaves_the_shared_queue_as_it_is(runtime))
}

/// Tasks for one look at the queue that workers share. A worker that runs one of them waits until this is dropped, and takes no
/// other out.
struct Gated<'a> {
    runtime: &'a TokioHandle,
    gate: Arc<Mutex<()>>,
}

impl Gated<'_> {
    /// Runs `look`, which spawns with the function that it is given.
    fn look(runtime: &TokioHandle, look: impl FnOnce(&Gated<'_>) -> bool) -> bool {
        let gated = Gated { runtime, gate: Arc::default() };
        let gate = Arc::clone(&gated.gate);
        let _closed = gate.lock().unwrap_or_else(PoisonError::into_inner);
        look(&gated)
    }

    fn spawn(&self) {
        let gate = Arc::clone(&self.gate);
        drop(self.runtime.spawn(async move { drop(gate.lock()) }));
    }

    /// Whether so many tasks are there: a runtime that has shut down drops what is spawned.
    fn are_there(&self, spawned: usize) -> bool {
        Arc::strong_count(&self.gate) == spawned + 2
    }
}

/// Whether more tasks than there are workers leave the queue empty that these share: proof that this thread has its own.
fn leaves_the_shared_queue_empty(runtime: &TokioHandle) -> bool {
    let metrics = runtime.metrics();
    let is_empty = || metrics.global_queue_depth() == 0;
    is_empty()
        && Gated::look(runtime, |gated| {
            (1..=metrics.num_workers() + 1).all(|spawned| {
                gated.spawn();
                is_empty() && gated.are_there(spawned)
            })
        })
}

/// Whether that queue, which others are at as well, mostly does not grow by a few tasks, looked at so often that the workers,
/// each of which can take some out once, are not enough to hide it.
fn leaves_the_shared_queue_as_it_is(runtime: &TokioHandle) -> bool {
    const FEW: usize = 4;
    /// A worker's own queue has room for that many times a few.
    const MOST_LOOKS: usize = 33;
    let metrics = runtime.metrics();
    // Each may also take out what was there before, and then one of these.
    let looks = (4 * metrics.num_workers() + 5).min(MOST_LOOKS);
    Gated::look(runtime, |gated| {
        let grows = |_: &usize| {
            let depth = metrics.global_queue_depth();
            (0..FEW).for_each(|_| gated.spawn());
            metrics.global_queue_depth() >= depth + FEW / 2
        };
        let grown = (0..looks).filter(grows).count();
        grown <= looks / 2 && gated.are_there(looks * FEW)
    })
}

/// A runtime that is never driven and never ends: the threads of its pool are free.
fn spare_threads() -> Option<TokioHandle> {
    static SPARE: PerProcess<Runtime> = PerProcess::new();
    let build = || Builder::new_current_thread().thread_name("bridge-worker").build();
    SPARE.get_or_try_init(build).ok().map(|runtime| runtime.handle().clone())
}

/// Runs `wait`, which blocks, on a worker. Its argument is true: the thread is inside no `block_on` meanwhile.
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
