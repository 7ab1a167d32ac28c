//! [`On`]: where the calls of a facade go.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use crate::error::Error;
use crate::handle::{AsHandle, EnterGuard, Handle};

/// A handle, or one that is asked for by the first call that needs it.
#[derive(Clone)]
pub struct On {
    handle: OnceLock<Handle>,
    lazy: fn() -> Result<Handle, Error>,
    /// What the handle that `lazy` gives is to have, where that gave an error before.
    timeout: Option<Duration>,
}

impl On {
    /// This loop.
    pub fn new(handle: &(impl AsHandle + ?Sized)) -> On {
        On {
            handle: OnceLock::from(handle.as_handle().into_owned()),
            lazy: || unreachable!("there is a handle"),
            timeout: None,
        }
    }

    /// The loop that `lazy` gives. It is asked once, by the first call, and by the next if it gave an error; a clone that was
    /// made before asks again.
    pub fn lazy(lazy: fn() -> Result<Handle, Error>) -> On {
        On { handle: OnceLock::new(), lazy, timeout: None }
    }

    /// The handle, for a call.
    ///
    /// # Errors
    ///
    /// That of a loop that cannot be started.
    #[track_caller]
    pub fn try_handle(&self) -> Result<&Handle, Error> {
        if let Some(handle) = self.handle.get() {
            return Ok(handle);
        }
        let mut handle = (self.lazy)()?;
        if let Some(timeout) = self.timeout {
            handle = handle.with_own_timeout(timeout);
        }
        // Of two threads that ask at once, the first one's counts.
        Ok(self.handle.get_or_init(|| handle))
    }

    /// The handle, where there is no way to return an error.
    ///
    /// # Panics
    ///
    /// When the loop cannot be started.
    #[track_caller]
    pub fn handle(&self) -> &Handle {
        match self.try_handle() {
            Ok(handle) => handle,
            Err(error) => panic!("{error}"),
        }
    }

    /// The same, with that timeout in the place of the handle's.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> On {
        match self.try_handle() {
            Ok(handle) => On::new(&handle.with_own_timeout(timeout)),
            // For the call to find out.
            Err(_) => On { handle: OnceLock::new(), lazy: self.lazy, timeout: Some(timeout) },
        }
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
