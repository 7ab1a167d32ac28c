//! [`LocalHandle`]: onto a loop of ours, also for futures that are not `Send`.

use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::handle::Handle;
use crate::owner;
use crate::registry::{self, Ours};
use crate::task::Task;

/// Points to a loop of ours, whose thread never changes: futures that are not `Send` may live there.
///
/// It dereferences to [`Handle`], and what that says holds here too.
///
/// # Examples
///
/// ```
/// use std::rc::Rc;
///
/// let event_loop = bridge::EventLoop::new()?;
/// let mut count = 0;
/// event_loop.block_on_local(|| async {
///     let shared = Rc::new(1);
///     tokio::task::yield_now().await;
///     count += *shared;
/// })?;
/// assert_eq!(count, 1);
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone)]
pub struct LocalHandle {
    /// Of the same loop.
    handle: Handle,
    ours: Arc<Ours>,
}

impl LocalHandle {
    pub(crate) fn new(ours: Arc<Ours>) -> LocalHandle {
        LocalHandle { handle: Handle::ours(Arc::clone(&ours)), ours }
    }

    pub(crate) fn ours(&self) -> &Arc<Ours> {
        &self.ours
    }

    /// As [`Handle::current`], for a loop of ours.
    ///
    /// # Panics
    ///
    /// At the caller's line, when there is none, or when the current loop is a runtime that is not ours.
    ///
    /// # Examples
    ///
    /// ```
    /// use bridge::LocalHandle;
    ///
    /// let task = bridge::run(async { LocalHandle::current().submit_local(|| async { 3 }).await });
    /// assert_eq!(task.unwrap(), 3);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn current() -> LocalHandle {
        LocalHandle::try_current().expect(
            "no event loop of `bridge` runs this code: start one with `bridge::run` or `EventLoop::new` and pass \
             its `LocalHandle`",
        )
    }

    /// As [`current`](LocalHandle::current), or `None` where there is no loop of ours.
    ///
    /// # Examples
    ///
    /// ```
    /// let runtime = tokio::runtime::Runtime::new()?;
    /// assert!(runtime.block_on(async { bridge::LocalHandle::try_current() }).is_none());
    /// # std::io::Result::Ok(())
    /// ```
    #[must_use]
    pub fn try_current() -> Option<LocalHandle> {
        registry::current().map(LocalHandle::new)
    }

    /// As [`Handle::block_on`], for a future that is not `Send`: `make` crosses over to the loop's thread and
    /// makes it there, and there it stays. Both may borrow from the calling thread.
    ///
    /// # Errors
    ///
    /// As [`Handle::block_on`].
    ///
    /// # Panics
    ///
    /// With the payload of `make`'s or the future's panic.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{cell::Cell, rc::Rc};
    ///
    /// let event_loop = bridge::EventLoop::new()?;
    /// let words = ["a", "b"];
    /// let joined = event_loop.block_on_local(|| async {
    ///     let count = Rc::new(Cell::new(0));
    ///     for word in &words {
    ///         tokio::task::yield_now().await;
    ///         count.set(count.get() + word.len());
    ///     }
    ///     count.get()
    /// });
    /// assert_eq!(joined?, 2);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn block_on_local<M, F>(&self, make: M) -> Result<F::Output, Error>
    where
        M: FnOnce() -> F + Send,
        F: Future,
        F::Output: Send,
    {
        let site = Location::caller();
        let remote = &self.ours.remote;
        self.handle.scoped(|wait| owner::call_local(make, remote, wait), site)
    }

    /// As [`Handle::submit`], for a future that is not `Send`: `make` crosses over to the loop's thread and
    /// makes it there. A panic in `make` is the task's.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::rc::Rc;
    ///
    /// let event_loop = bridge::EventLoop::new()?;
    /// let task = event_loop.submit_local(|| async { *Rc::new(5) * 5 });
    /// assert_eq!(task.result()?, 25);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn submit_local<M, F>(&self, make: M) -> Task<F::Output>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        Task::new(owner::submit_local(make, &self.ours.remote), Arc::clone(&self.ours.on))
    }

    /// As [`Handle::with_timeout`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let event_loop = bridge::EventLoop::new()?;
    /// let hasty = event_loop.handle().with_timeout(Duration::from_millis(10));
    /// let late = hasty.block_on_local(|| std::future::pending::<()>());
    /// assert!(matches!(late, Err(bridge::Error::TimedOut(_))));
    /// # std::io::Result::Ok(())
    /// ```
    #[must_use = "the limit holds for calls through the handle that this returns"]
    pub fn with_timeout(&self, limit: Duration) -> LocalHandle {
        LocalHandle { handle: self.handle.with_timeout(limit), ours: Arc::clone(&self.ours) }
    }
}

impl From<LocalHandle> for Handle {
    fn from(local: LocalHandle) -> Handle {
        local.handle
    }
}

impl From<&LocalHandle> for Handle {
    fn from(local: &LocalHandle) -> Handle {
        local.handle.clone()
    }
}

impl Deref for LocalHandle {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl fmt::Debug for LocalHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LocalHandle").field(&self.handle).finish()
    }
}
