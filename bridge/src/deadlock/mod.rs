//! Which loop this thread drives, what it waits for, and whether that wait can end.
//!
//! Guarded are waits, and calls onto a loop that the calling thread itself drives. What counts is whether the calling thread is
//! the one that polls a loop's futures, not which runtime's context it has entered. A `spawn_blocking` thread has a
//! context and drives nothing.
//!
//! | the calling thread | its wait |
//! | --- | --- |
//! | drives no loop, and is inside no call and no job that it polls | is allowed, and no lock is taken |
//! | is inside a call onto a shared loop, which it polls | is recorded for that loop's calls |
//! | is a worker of a multi-thread runtime | goes through `block_in_place`, so that the runtime's other tasks go on |
//! | polls, or drops, a job on an external runtime | is recorded as a wait of the job, or refused, as below |
//! | drives the loop that it would wait for, and no other dependency would do | is refused |
//! | drives another loop | is refused if it [cannot end](graph) beside the recorded waits, else recorded while it lasts |
//!
//! Waits are recorded and looked up under one lock, which a thread that is inside nothing never takes.

pub(crate) mod blocked;
pub(crate) mod context;
pub(crate) mod current;
pub(crate) mod graph;
pub(crate) mod registry;
pub(crate) mod thread;

use std::panic::Location;
use std::sync::Arc;

use tokio::runtime::worker_index;

use self::context::Outer;
use self::current::LoopMeta;
use self::graph::{Dependency, NamedNode, Node, RecordedWait, Wait, WaitForGraph};
use self::thread::{Thread, current_thread};
use crate::error::{Deadlock, NodeKind, WaitEdge, WaitNode};
use crate::fork::GlobalMutex;
use crate::instrument::{self, StallWarning};

/// Refuses a call onto `target` that a thread would poll for itself, where that thread is the one that drives the target:
/// the call would be ended by what this thread does next.
/// `outer`: see [`outer`](context::outer).
#[inline]
pub(crate) fn may_call(target: &LoopMeta, outer: &Outer, site: &'static Location<'static>) -> Result<(), Deadlock> {
    if outer.context.is_none() && !current::drives(target.id) { Ok(()) } else { may_call_inside(target, outer, site) }
}

#[cold]
fn may_call_inside(target: &LoopMeta, outer: &Outer, site: &'static Location<'static>) -> Result<(), Deadlock> {
    let is_driven = |target: &LoopMeta| match &outer.context {
        _ if target.has_workers => false,
        Some(context) if context.id() == target.id => thread::is_driven_here(context),
        _ => thread::drives_external(target.id),
    };
    if !current::drives(target.id) && !is_driven(target) {
        return Ok(());
    }
    let named = || WaitNode { on: Arc::clone(&target.name), kind: NodeKind::Loop };
    Err(Deadlock::new(vec![WaitEdge { waiter: named(), target: named(), site }]))
}

/// Who waits for whom.
static GRAPH: GlobalMutex<WaitForGraph> = GlobalMutex::new();

/// Permission to wait for a loop. The wait counts until this is dropped.
pub(crate) struct WaitGuard {
    /// In a box: most have none.
    _recorded: Option<Box<Recorded>>,
    worker: bool,
    /// The thread, if it is no worker, may drive a shared loop while it waits.
    may_drive: bool,
    warning: StallWarning,
}

/// A wait that is recorded for each node that stands still meanwhile.
struct Recorded {
    by: Vec<NamedNode>,
    waiting: Arc<RecordedWait>,
}

/// Asks whether this thread may wait for `answer` from the loop `target`.
pub(crate) fn may_wait(
    target: &LoopMeta,
    site: &'static Location<'static>,
    answer: impl FnOnce() -> Box<dyn Dependency>,
) -> Result<WaitGuard, Deadlock> {
    may_wait_for(|| vec![WaitTarget::new(target, answer)], Wait::All, site)
}

/// One of the loops that a wait for several tasks is for.
pub(crate) struct WaitTarget<'a> {
    pub(crate) on: &'a LoopMeta,
    /// Makes the answer that all of the wait's tasks on that loop give together; on one that has workers, that of one task.
    pub(crate) answer: Box<dyn FnOnce() -> Box<dyn Dependency> + 'a>,
    /// It is the end of a loop, for which the calls onto it have to be over.
    pub(crate) is_end: bool,
}

impl<'a> WaitTarget<'a> {
    pub(crate) fn new(on: &'a LoopMeta, answer: impl FnOnce() -> Box<dyn Dependency> + 'a) -> WaitTarget<'a> {
        WaitTarget { on, answer: Box::new(answer), is_end: false }
    }
}

/// As [`may_wait`], for several loops, each given once but for those that have workers.
pub(crate) fn may_wait_for<'a>(
    targets: impl FnOnce() -> Vec<WaitTarget<'a>>,
    need: Wait,
    site: &'static Location<'static>,
) -> Result<WaitGuard, Deadlock> {
    let wait_guard = |recorded, worker, may_drive| WaitGuard {
        _recorded: recorded,
        worker,
        may_drive,
        warning: StallWarning::new(site),
    };
    let waits_as = |driven: &LoopMeta, targets: Vec<WaitTarget<'a>>| {
        let names: Vec<Arc<str>> = targets.iter().map(|target| Arc::clone(&target.on.name)).collect();
        let recorded = record(held_up(Some(driven)), targets, need, site)?;
        instrument::blocked(&driven.name, &names, site);
        Ok(wait_guard(recorded, false, false))
    };
    match current_thread() {
        Thread::Drives(driven) => waits_as(&driven, targets()),
        thread => {
            let is_known = matches!(thread, Thread::Free { .. });
            let is_worker = matches!(thread, Thread::Worker);
            let polls = current::polls_any() || context::any_call(|_| true);
            if is_known && !polls {
                return Ok(wait_guard(None, false, matches!(thread, Thread::Free { may_drive: true })));
            }
            let targets = targets();
            let is_driven = |target: &&WaitTarget<'a>| !target.on.has_workers && thread::drives_external(target.on.id);
            if let Some(driven) = targets.iter().find(is_driven).map(|target| target.on) {
                return waits_as(driven, targets);
            }
            let recorded = if polls { record(held_up(None), targets, need, site)? } else { None };
            Ok(wait_guard(recorded, is_worker, matches!(thread, Thread::Free { may_drive: true })))
        }
    }
}

/// What a wait of this thread, which drives `driven`, holds up: that, and what it polls further out.
fn held_up(driven: Option<&LoopMeta>) -> Vec<NamedNode> {
    let mut who: Vec<NamedNode> = driven.map(|driven| driven.who(None)).into_iter().collect();
    for polled in current::polled().into_iter().rev() {
        if who.iter().all(|known| known.node != polled.node) {
            who.push(polled);
        }
    }
    who.extend(calls_here());
    who
}

/// The shared loops that this thread polls calls onto: their ends wait for it.
fn calls_here() -> Vec<NamedNode> {
    let loops = context::called().into_iter().filter_map(registry::known).filter(|known| known.external().is_none());
    loops.map(|known| NamedNode { node: Node::Calls(known.on().id), on: Arc::clone(&known.on().name) }).collect()
}

/// Records what is about to be waited for, if that can end. In a fork there is nothing to wait for.
fn record(
    by: Vec<NamedNode>,
    targets: Vec<WaitTarget<'_>>,
    need: Wait,
    site: &'static Location<'static>,
) -> Result<Option<Box<Recorded>>, Deadlock> {
    if targets.iter().any(|target| target.on.is_of_parent_process()) {
        return Ok(None);
    }
    let mut waiting = RecordedWait::new(need, site);
    for WaitTarget { on, answer, is_end } in targets {
        let answer = answer();
        let party = if is_end { Node::Calls(on.id) } else { on.node(answer.job()) };
        waiting.add(party, &on.name, answer);
    }
    let mut graph = GRAPH.lock();
    if let Some(edges) = graph::find_deadlock(&graph, &by, &waiting) {
        // An answer may hold the last reference to a task, whose destructor is the user's: not under the lock.
        drop(graph);
        return Err(Deadlock::new(edges));
    }
    let waiting = Arc::new(waiting);
    by.iter().for_each(|who| graph.insert(who, &waiting));
    Ok(Some(Box::new(Recorded { by, waiting })))
}

/// As [`may_wait`], to wait for the end of the loop `target` itself. A loop ends after its `spawn_blocking` threads,
/// so these cannot wait for it either.
pub(crate) fn may_join(
    target: &LoopMeta,
    site: &'static Location<'static>,
    answer: impl Fn() -> Box<dyn Dependency>,
) -> Result<WaitGuard, Deadlock> {
    let targets =
        || vec![WaitTarget::new(target, &answer), WaitTarget { is_end: true, ..WaitTarget::new(target, &answer) }];
    let guard = may_wait_for(targets, Wait::All, site)?;
    let calls = context::calls(target.id);
    // A thread that has merely entered the loop's context runs no task of tokio's, or does so for a scheduler.
    let is_blocking_thread =
        || context::is_outer(target.id) && worker_index().is_none() && tokio::task::try_id().is_some();
    if calls || is_blocking_thread() {
        let named = |kind| WaitNode { on: Arc::clone(&target.name), kind };
        let waiter = named(if calls { NodeKind::Call } else { NodeKind::BlockingThread });
        let target = named(NodeKind::Loop);
        return Err(Deadlock::new(vec![WaitEdge { waiter, target, site }]));
    }
    Ok(guard)
}

impl WaitGuard {
    pub(crate) fn warning(&self) -> StallWarning {
        self.warning
    }

    /// Whether the thread is a worker, whose runtime's other tasks go on meanwhile.
    pub(crate) fn is_on_worker(&self) -> bool {
        self.worker
    }

    /// Runs `wait`, which blocks, as the calling thread has to. Its argument says whether the thread may drive a shared loop.
    pub(crate) fn block<R>(&self, wait: impl FnOnce(bool) -> R) -> R {
        if self.worker { thread::block_in_place(wait).unwrap_or_else(|wait| wait(false)) } else { wait(self.may_drive) }
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        let mut graph = GRAPH.lock();
        self.by.iter().for_each(|who| graph.remove(who.node, &self.waiting));
        // What was waited for is dropped after this, not under the lock.
    }
}
