//! [`LoopRef`]: a loop of this crate, as its handles hold it.

use std::any::Any;
use std::sync::{Arc, PoisonError};

use tokio::runtime::{Handle as TokioHandle, Id};

use super::scheduler::Scheduler;
use crate::deadlock::context;
use crate::deadlock::current::{self, LoopMeta};
use crate::deadlock::registry::{self, Known};
use crate::loom::outside::{Mutex, MutexGuard};
use crate::shared_loop::state::Shared;
#[cfg(feature = "stream")]
use crate::stream::open::Streams;

/// A loop of this crate, as its handles hold it: who it is, its scheduler, and its runtime. The other types that are "the loop"
/// are listed in [`event_loop`](super).
#[derive(Debug)]
pub(crate) struct LoopRef {
    pub(crate) on: Arc<LoopMeta>,
    pub(crate) scheduler: Arc<Scheduler>,
    /// `None`: an `EventLoop`, which only its own thread drives.
    pub(crate) shared: Option<Arc<Shared>>,
    /// The loop's context, for what is no call and does not hold up its end. It is taken away then: it keeps file descriptors
    /// open.
    context: Mutex<Option<TokioHandle>>,
    #[cfg(feature = "stream")]
    pub(crate) streams: Arc<Streams>,
}

impl LoopRef {
    /// Of an event loop.
    pub(crate) fn new(on: Arc<LoopMeta>, scheduler: Arc<Scheduler>, context: TokioHandle) -> Arc<LoopRef> {
        LoopRef::build(on, scheduler, None, context)
    }

    pub(crate) fn shared(
        on: Arc<LoopMeta>,
        scheduler: Arc<Scheduler>,
        shared: Arc<Shared>,
        context: TokioHandle,
    ) -> Arc<LoopRef> {
        LoopRef::build(on, scheduler, Some(shared), context)
    }

    fn build(
        on: Arc<LoopMeta>,
        scheduler: Arc<Scheduler>,
        shared: Option<Arc<Shared>>,
        context: TokioHandle,
    ) -> Arc<LoopRef> {
        Arc::new(LoopRef {
            on,
            scheduler,
            shared,
            context: Mutex::new(Some(context)),
            #[cfg(feature = "stream")]
            streams: Arc::new(Streams::new()),
        })
    }

    /// The loop of this crate whose runtime has that id.
    pub(crate) fn by_id(id: Id) -> Option<Arc<LoopRef>> {
        registry::find(id)
    }

    /// The loop of this crate that the calling code runs on, or whose context it is in; else the context that it is in.
    pub(crate) fn current() -> Result<Arc<LoopRef>, Option<TokioHandle>> {
        let context = TokioHandle::try_current().ok();
        let entered = context.as_ref().filter(|context| context::is_entered_last(context.id()));
        if entered.is_none() {
            if let Some(driven) = current::driven().and_then(LoopRef::by_id) {
                return Ok(driven);
            }
        }
        context.as_ref().and_then(|context| LoopRef::by_id(context.id())).ok_or(context)
    }

    /// The loop's runtime, unless the loop has ended, or belongs to the parent process.
    pub(crate) fn runtime(&self) -> Option<TokioHandle> {
        if self.on.is_of_parent_process() {
            return None;
        }
        self.context().clone()
    }

    fn context(&self) -> MutexGuard<'_, Option<TokioHandle>> {
        self.context.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known for LoopRef {
    fn on(&self) -> &Arc<LoopMeta> {
        &self.on
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// While it lives, the loop is found by its id, and its context can be entered.
#[derive(Debug)]
pub(crate) struct Registered {
    registered: Arc<LoopRef>,
}

impl Registered {
    pub(crate) fn new(registered: &Arc<LoopRef>) -> Registered {
        registry::insert(registered);
        Registered { registered: Arc::clone(registered) }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        registry::remove(self.registered.on.id);
        let context = self.registered.context().take();
        drop(context);
    }
}
