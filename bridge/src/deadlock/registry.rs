//! The loops of this process by the ids of their runtimes, and the event loop that runs here.
//!
//! On an event loop's own thread a thread-local says which it is. Its `spawn_blocking` threads have no more than a tokio
//! context, whose runtime's id is looked up. External runtimes are found here as well, so that all handles to one of them
//! share what is known of it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, Weak};

use tokio::runtime::{Handle as TokioHandle, Id};

use crate::deadlock::{self, Loop};
use crate::event_loop::driver::Remote;
use crate::fork::GlobalMutex;
use crate::handle::External;
use crate::loom::outside::{Mutex, MutexGuard};
use crate::shared_loop::Shared;

/// A loop of ours, from outside.
#[derive(Debug)]
pub(crate) struct Ours {
    pub(crate) on: Arc<Loop>,
    pub(crate) remote: Arc<Remote>,
    /// `None`: an event loop, which has a thread of its own.
    pub(crate) shared: Option<Arc<Shared>>,
    /// The context of an event loop. It is taken away at the loop's end: it keeps file descriptors open.
    context: Mutex<Option<TokioHandle>>,
    #[cfg(feature = "stream")]
    pub(crate) streams: Arc<crate::stream::open::Streams>,
}

impl Ours {
    /// Of an event loop.
    pub(crate) fn new(on: Arc<Loop>, remote: Arc<Remote>, context: TokioHandle) -> Arc<Ours> {
        Ours::build(on, remote, None, Some(context))
    }

    pub(crate) fn shared(on: Arc<Loop>, remote: Arc<Remote>, shared: Arc<Shared>) -> Arc<Ours> {
        Ours::build(on, remote, Some(shared), None)
    }

    fn build(
        on: Arc<Loop>,
        remote: Arc<Remote>,
        shared: Option<Arc<Shared>>,
        context: Option<TokioHandle>,
    ) -> Arc<Ours> {
        Arc::new(Ours {
            on,
            remote,
            shared,
            context: Mutex::new(context),
            #[cfg(feature = "stream")]
            streams: Arc::new(crate::stream::open::Streams::new()),
        })
    }

    /// The loop's runtime, unless the loop has ended, or runs in the process that this one was forked off.
    pub(crate) fn runtime(&self) -> Option<TokioHandle> {
        if self.on.is_left_behind() {
            return None;
        }
        match &self.shared {
            Some(shared) => shared.runtime(),
            None => self.context().clone(),
        }
    }

    fn context(&self) -> MutexGuard<'_, Option<TokioHandle>> {
        self.context.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A runtime that is known.
#[derive(Debug)]
enum Known {
    Ours(Weak<Ours>),
    External(Weak<External>),
}

thread_local! {
    /// The event loop that this thread runs.
    static RUNNING: RefCell<Option<Arc<Ours>>> = const { RefCell::new(None) };
}

static REGISTRY: GlobalMutex<HashMap<Id, Known>> = GlobalMutex::new();

fn registry() -> MutexGuard<'static, HashMap<Id, Known>> {
    REGISTRY.lock()
}

/// The event loop that this thread runs.
fn running() -> Option<Arc<Ours>> {
    with_running(Arc::clone)
}

/// Whether this thread runs the event loop of that `remote`.
pub(crate) fn is_running(remote: &Remote) -> bool {
    with_running(|ours| std::ptr::eq(&*ours.remote, remote)) == Some(true)
}

fn with_running<R>(f: impl FnOnce(&Arc<Ours>) -> R) -> Option<R> {
    RUNNING.try_with(|cell| cell.borrow().as_ref().map(f)).ok().flatten()
}

/// The loop of ours whose runtime has that id.
pub(crate) fn by_id(id: Id) -> Option<Arc<Ours>> {
    match registry().get(&id)? {
        Known::Ours(ours) => ours.upgrade(),
        Known::External(_) => None,
    }
}

/// What is known of an external runtime.
pub(crate) fn external(runtime: &TokioHandle) -> Arc<External> {
    let mut registry = registry();
    if let Some(Known::External(known)) = registry.get(&runtime.id()) {
        if let Some(known) = known.upgrade() {
            return known;
        }
    }
    let new = Arc::new(External::new(runtime));
    registry.insert(runtime.id(), Known::External(Arc::downgrade(&new)));
    new
}

/// The external runtime with that id, if it is in use.
pub(crate) fn external_by_id(id: Id) -> Option<Arc<External>> {
    match registry().get(&id)? {
        Known::Ours(_) => None,
        Known::External(external) => external.upgrade(),
    }
}

/// An external runtime is not in use any more.
pub(crate) fn forget_external(id: Id) {
    let mut registry = registry();
    if let Some(Known::External(known)) = registry.get(&id) {
        if known.strong_count() == 0 {
            registry.remove(&id);
        }
    }
}

/// The loop of ours that the calling code runs on, or whose context it is in; else the context that it is in.
pub(crate) fn current() -> Result<Arc<Ours>, Option<TokioHandle>> {
    let context = TokioHandle::try_current().ok();
    let here = context.as_ref().filter(|context| deadlock::is_entered_last(context.id()));
    if here.is_none() {
        if let Some(ours) = running().or_else(|| by_id(deadlock::driven()?)) {
            return Ok(ours);
        }
    }
    context.as_ref().and_then(|context| by_id(context.id())).ok_or(context)
}

/// While it lives, the loop is found by its id, and an event loop's context can be entered.
#[derive(Debug)]
pub(crate) struct Registered {
    ours: Arc<Ours>,
}

impl Registered {
    pub(crate) fn new(ours: &Arc<Ours>) -> Registered {
        registry().insert(ours.on.id, Known::Ours(Arc::downgrade(ours)));
        Registered { ours: Arc::clone(ours) }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        registry().remove(&self.ours.on.id);
        let context = self.ours.context().take();
        drop(context);
    }
}

/// While it lives, this thread runs that event loop.
#[derive(Debug)]
pub(crate) struct RunsHere(());

impl RunsHere {
    pub(crate) fn new(ours: &Arc<Ours>) -> RunsHere {
        RUNNING.with(|cell| cell.replace(Some(Arc::clone(ours))));
        RunsHere(())
    }
}

impl Drop for RunsHere {
    fn drop(&mut self) {
        let _ = RUNNING.try_with(RefCell::take);
    }
}
