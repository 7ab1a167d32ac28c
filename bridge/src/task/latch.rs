//! [`ShutdownLatch`]: a thread waits for the end of a loop's thread.

use std::panic::Location;
use std::sync::Arc;
use std::time::Instant;

use crate::deadlock::blocked::{Call, Entry, Of, WaitFor};
use crate::deadlock::current::LoopMeta;
use crate::deadlock::graph::Dependency;
use crate::deadlock::{self, WaitGuard};
use crate::error::Deadlock;
use crate::park::waiter::Lease;
use crate::task::block::{self, WaitOptions};
use crate::task::raw::completion::Completion;
use crate::task::raw::state::Ended;

/// The end of a loop's thread, for the one that waits for it.
#[derive(Debug)]
pub(crate) struct ShutdownLatch {
    completion: Arc<Completion>,
    /// The loop, and the line that waits for it or has started it.
    of: Option<(Arc<LoopMeta>, &'static Location<'static>)>,
}

/// Held by the thread; its drop is the end.
#[derive(Debug)]
pub(crate) struct ShutdownGuard {
    completion: Arc<Completion>,
}

impl ShutdownLatch {
    pub(crate) fn new() -> (ShutdownLatch, ShutdownGuard) {
        let completion = Arc::new(Completion::new());
        (ShutdownLatch { completion: Arc::clone(&completion), of: None }, ShutdownGuard { completion })
    }

    pub(crate) fn may_wait(&self, on: &LoopMeta, site: &'static Location<'static>) -> Result<WaitGuard, Deadlock> {
        deadlock::may_join(on, site, || Box::new(Arc::clone(&self.completion)))
    }

    /// Waits of that line are for the end of that loop.
    pub(crate) fn set_site(&mut self, on: &Arc<LoopMeta>, site: &'static Location<'static>) {
        self.of = Some((Arc::clone(on), site));
    }

    /// Lists this thread as one that waits for that end, over all waits until the entry is dropped.
    pub(crate) fn enter(&self) -> Option<Entry> {
        let of = || Of { on: self.of.as_ref().map(|(on, _)| Arc::clone(on)), job: None };
        let call = |site| Call { site, companion: None, what: WaitFor::End, of: &of };
        self.of.as_ref().map(|(_, site)| call(site).enter(Lease::new().waiter()))
    }

    /// Waits on this thread. False: `deadline` came first.
    pub(crate) fn wait(&mut self, deadline: Option<Instant>) -> bool {
        // SAFETY: this is the one owner, and it is borrowed exclusively.
        unsafe { block::wait(&self.completion, WaitOptions { deadline, ..WaitOptions::park() }) }.is_over()
    }
}

impl Drop for ShutdownGuard {
    fn drop(&mut self) {
        self.completion.state.start();
        // SAFETY: RUNNING, by this thread, and there is no core.
        let ended = unsafe { self.completion.complete(Ended::Value, || ()) };
        debug_assert!(ended.is_ok(), "nobody cancels the end of a thread");
    }
}

impl Dependency for Arc<Completion> {
    fn is_resolved(&self) -> bool {
        self.state.is_done()
    }
}
