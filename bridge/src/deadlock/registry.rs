//! What is known of each runtime in use, by the runtime's id: the loops of this crate, and external runtimes, so that all handles
//! to one of them share what is known of it.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Weak};

use tokio::runtime::{Handle as TokioHandle, Id};

use super::current::LoopMeta;
use crate::fork::GlobalMutex;

/// A loop of this crate, or an external runtime.
pub(crate) trait Known: Any + Send + Sync {
    fn on(&self) -> &Arc<LoopMeta>;

    /// The runtime, if it is not of this crate.
    fn external(&self) -> Option<&TokioHandle> {
        None
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

static REGISTRY: GlobalMutex<HashMap<Id, Weak<dyn Known>>> = GlobalMutex::new();

/// What is known of the runtime with that id.
pub(crate) fn known(id: Id) -> Option<Arc<dyn Known>> {
    REGISTRY.lock().get(&id)?.upgrade()
}

/// The external runtimes that are in use.
pub(crate) fn external() -> Vec<Arc<dyn Known>> {
    let mut known: Vec<_> = REGISTRY.lock().values().filter_map(Weak::upgrade).collect();
    // Not under the lock, which is taken by the drop of a last reference.
    known.retain(|known| known.external().is_some());
    known
}

/// Whether that runtime is a loop of this crate, which is there still.
pub(crate) fn is_loop(id: Id) -> bool {
    known(id).is_some_and(|known| known.external().is_none())
}

/// The same, if it is a `K`.
pub(crate) fn find<K: Known>(id: Id) -> Option<Arc<K>> {
    known(id)?.into_any().downcast().ok()
}

pub(crate) fn insert<K: Known>(known: &Arc<K>) {
    REGISTRY.lock().insert(known.on().id, weak(known));
}

/// As [`find`], or what `make` makes.
pub(crate) fn find_or_insert<K: Known>(id: Id, make: impl FnOnce() -> Arc<K>) -> Arc<K> {
    // Dropped after the lock is: it may be the last reference.
    let known;
    let mut registry = REGISTRY.lock();
    known = registry.get(&id).and_then(Weak::upgrade);
    if let Some(found) = known.clone().and_then(|known| known.into_any().downcast().ok()) {
        return found;
    }
    let new = make();
    registry.insert(id, weak(&new));
    new
}

/// Removes what is known of a runtime, unless somebody still uses it.
pub(crate) fn remove_unused(id: Id) {
    let mut registry = REGISTRY.lock();
    if registry.get(&id).is_some_and(|known| known.strong_count() == 0) {
        registry.remove(&id);
    }
}

pub(crate) fn remove(id: Id) {
    REGISTRY.lock().remove(&id);
}

fn weak<K: Known>(known: &Arc<K>) -> Weak<dyn Known> {
    let weak: Weak<K> = Arc::downgrade(known);
    weak
}
