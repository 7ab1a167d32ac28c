//! The loops of ours that run, and the one that runs here.
//!
//! On a loop's own thread a thread-local says which it is. Its `spawn_blocking` threads have no more than a tokio
//! context, whose runtime's id is looked up.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

use tokio::runtime::{Handle as TokioHandle, Id};

use crate::context::Loop;
use crate::driver::Remote;

/// A loop of ours, from outside.
#[derive(Debug)]
pub(crate) struct Ours {
    pub(crate) on: Arc<Loop>,
    pub(crate) remote: Arc<Remote>,
    #[cfg(feature = "stream")]
    pub(crate) streams: Arc<crate::streams::Streams>,
}

thread_local! {
    /// The loop that this thread drives.
    static RUNNING: RefCell<Option<Arc<Ours>>> = const { RefCell::new(None) };
}

static REGISTRY: LazyLock<Mutex<HashMap<Id, Weak<Ours>>>> = LazyLock::new(Mutex::default);

fn registry() -> MutexGuard<'static, HashMap<Id, Weak<Ours>>> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The loop that this thread drives.
pub(crate) fn running() -> Option<Arc<Ours>> {
    with_running(Arc::clone)
}

/// Whether this thread drives the loop of that `remote`.
pub(crate) fn is_running(remote: &Remote) -> bool {
    with_running(|ours| std::ptr::eq(&*ours.remote, remote)) == Some(true)
}

/// Whether this thread drives the loop whose runtime has that id.
pub(crate) fn drives(id: Id) -> bool {
    with_running(|ours| ours.on.id == id) == Some(true)
}

/// Told by tokio, on a loop's thread: there is nothing to do but to wait for sockets and timers.
pub(crate) fn on_idle() {
    with_running(|ours| ours.remote.on_idle());
}

fn with_running<R>(f: impl FnOnce(&Arc<Ours>) -> R) -> Option<R> {
    RUNNING.try_with(|cell| cell.borrow().as_ref().map(f)).ok().flatten()
}

/// The loop whose runtime has that id.
pub(crate) fn by_id(id: Id) -> Option<Arc<Ours>> {
    registry().get(&id).and_then(Weak::upgrade)
}

/// The loop that this thread drives, or whose context it is in.
pub(crate) fn current() -> Option<Arc<Ours>> {
    running().or_else(|| by_id(TokioHandle::try_current().ok()?.id()))
}

/// While it lives, the loop is found: on this thread, and by its id.
#[derive(Debug)]
pub(crate) struct Registered {
    id: Id,
}

impl Registered {
    pub(crate) fn new(ours: &Arc<Ours>) -> Registered {
        let id = ours.on.id;
        registry().insert(id, Arc::downgrade(ours));
        RUNNING.with(|cell| cell.replace(Some(Arc::clone(ours))));
        Registered { id }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        registry().remove(&self.id);
        let _ = RUNNING.try_with(RefCell::take);
    }
}
