//! Which loop of this crate the calling thread drives, and which tasks of external runtimes it polls.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Handle as TokioHandle, Id, RuntimeFlavor};

use super::graph::{JobId, NamedNode, Node};
use crate::fork::Process;
use crate::park::spin::Spin;

/// A loop or external runtime by id and name, and how its callers spin. Every loop is a tokio runtime, whose id is the loop's. The
/// other types that are "the loop" are listed in `event_loop`.
#[derive(Debug)]
pub(crate) struct LoopMeta {
    pub(crate) id: Id,
    pub(crate) name: Arc<str>,
    /// It has workers: of several threads each polls some of its jobs.
    pub(crate) has_workers: bool,
    pub(crate) spin: Spin,
    pub(crate) process: Process,
}

impl LoopMeta {
    pub(crate) fn new(id: Id, name: Arc<str>, spin: Duration) -> Arc<LoopMeta> {
        Arc::new(LoopMeta { id, name, has_workers: false, spin: Spin::new(spin), process: Process::current() })
    }

    /// Of an external runtime, by the name that its builder gave it or else its number.
    pub(crate) fn external(runtime: &TokioHandle) -> Arc<LoopMeta> {
        let name = match runtime.name() {
            Some(name) => Arc::from(name),
            None => Arc::from(format!("tokio runtime {}", runtime.id())),
        };
        Arc::new(LoopMeta {
            id: runtime.id(),
            name,
            has_workers: runtime.runtime_flavor() == RuntimeFlavor::MultiThread,
            spin: Spin::new(Duration::ZERO),
            process: Process::current(),
        })
    }

    /// What is held up while a thread waits that polls `job`.
    pub(super) fn node(&self, job: Option<JobId>) -> Node {
        match job {
            Some(job) if self.has_workers => Node::Job(job),
            _ => Node::Loop(self.id),
        }
    }

    pub(super) fn who(&self, job: Option<JobId>) -> NamedNode {
        NamedNode { node: self.node(job), on: Arc::clone(&self.name) }
    }

    /// Whether its thread is in another process: this one was forked off, and has none that would answer.
    pub(crate) fn is_of_parent_process(&self) -> bool {
        !self.process.is_current()
    }
}

thread_local! {
    /// The loop of this crate that this thread drives. Nothing else records it.
    static CURRENT: RefCell<Option<Arc<LoopMeta>>> = const { RefCell::new(None) };
}

/// While it lives, this thread drives that loop.
#[derive(Debug)]
pub(crate) struct Driving {
    /// What it drove before.
    before: Option<Arc<LoopMeta>>,
}

impl Driving {
    pub(crate) fn start(driven: Arc<LoopMeta>) -> Driving {
        // In the destructor of a thread-local the cell may be gone. Such a thread is not to drive, see `current_thread`.
        Driving { before: CURRENT.try_with(|cell| cell.replace(Some(driven))).ok().flatten() }
    }
}

impl Drop for Driving {
    fn drop(&mut self) {
        // In the destructor of a thread-local the cell may be gone, and with it what is to be undone.
        let _ = CURRENT.try_with(|cell| cell.replace(self.before.take()));
    }
}

/// Whether this thread drives the loop of this crate with that id.
#[inline]
pub(crate) fn drives(id: Id) -> bool {
    driven() == Some(id)
}

/// The id of the loop of this crate that this thread drives.
#[inline]
pub(crate) fn driven() -> Option<Id> {
    CURRENT.try_with(|driven| driven.borrow().as_ref().map(|driven| driven.id)).ok().flatten()
}

thread_local! {
    /// What this thread polls on external runtimes, or drops as these shut down, the innermost last. It may be one
    /// of many threads then, or none that the runtime's scheduler runs on.
    static POLLED: RefCell<Vec<NamedNode>> = const { RefCell::new(Vec::new()) };
    /// How many these are. It needs no destructor, and costs a plain thread next to nothing to ask.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// This thread hands a job to a runtime, which may drop it on the spot.
    static HANDS_OVER: Cell<bool> = const { Cell::new(false) };
}

/// While it lives, this thread polls that job, or drops it.
#[derive(Debug)]
pub(crate) struct Polling(());

impl Polling {
    pub(crate) fn start(on: &LoopMeta, job: JobId) -> Polling {
        // In the destructor of another thread-local the list may be gone.
        if POLLED.try_with(|polled| polled.borrow_mut().push(on.who(Some(job)))).is_ok() {
            DEPTH.set(DEPTH.get() + 1);
        }
        Polling(())
    }

    /// To drop it. `None` if its runtime refuses it: nobody waits for it yet, and that runtime is not held up.
    pub(crate) fn start_dropping(on: &LoopMeta, job: JobId) -> Option<Polling> {
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

/// The loop of this crate that this thread drives. Fails where the thread's locals are being destroyed.
pub(super) fn current() -> Result<Option<Arc<LoopMeta>>, std::thread::AccessError> {
    CURRENT.try_with(|cell| cell.borrow().clone())
}

/// Whether this thread polls a task of an external runtime, or drops it.
pub(super) fn polls_any() -> bool {
    DEPTH.get() > 0
}

/// What this thread polls on external runtimes, or drops, the innermost last.
pub(super) fn polled() -> Vec<NamedNode> {
    POLLED.try_with(|polled| polled.borrow().clone()).unwrap_or_default()
}
