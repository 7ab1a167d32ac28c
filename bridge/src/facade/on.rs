//! [`On`]: where the calls of a facade go.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use crate::handle::{EnterGuard, Handle};

/// A handle, or one that is asked for by the first call that needs it.
#[derive(Clone)]
pub struct On {
    handle: OnceLock<Handle>,
    lazy: fn() -> Handle,
}

impl On {
    /// This loop.
    pub fn new(handle: &Handle) -> On {
        On { handle: OnceLock::from(handle.clone()), lazy: || unreachable!("there is a handle") }
    }

    /// The loop that `lazy` gives. It is asked once, by the first call; a clone that was made before asks again.
    pub fn lazy(lazy: fn() -> Handle) -> On {
        On { handle: OnceLock::new(), lazy }
    }

    /// The handle, for a call.
    pub fn handle(&self) -> &Handle {
        self.handle.get_or_init(self.lazy)
    }

    /// The same, with a timeout: of two the shorter holds.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> On {
        On::new(&self.handle().with_timeout(timeout))
    }

    /// The handle, if a call has asked for it, or it was given.
    pub fn known(&self) -> Option<&Handle> {
        self.handle.get()
    }

    /// Enters the loop's context. `None`: there is no loop yet, and nothing that waits is to start one.
    #[must_use]
    pub fn enter(&self) -> Option<EnterGuard<'_>> {
        self.known().map(Handle::enter)
    }

    /// Runs `f` in the loop's context, if there is a loop yet. Costs less than [`enter`](On::enter).
    pub fn within<R>(&self, f: impl FnOnce() -> R) -> R {
        match self.known() {
            Some(handle) => handle.within(f),
            None => f(),
        }
    }
}

impl fmt::Debug for On {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.known() {
            Some(handle) => handle.fmt(f),
            None => f.write_str("Handle { .. }"),
        }
    }
}
