//! [`LocalHandle`]: onto an `EventLoop`, also for futures that are not `Send`.

use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::event_loop::loop_ref::LoopRef;
use crate::handle::Handle;
#[cfg(feature = "facade")]
use crate::handle::Target;
use crate::handle::large::is_large;
use crate::task::Task;
use crate::task::canceller::Canceller;
use crate::task::join;

/// Refers to an [`EventLoop`](crate::EventLoop), or to the loop of [`run`](crate::run), whose thread never changes:
/// futures that are not `Send` may live there.
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
    loop_ref: Arc<LoopRef>,
}

impl LocalHandle {
    pub(crate) fn new(loop_ref: Arc<LoopRef>) -> LocalHandle {
        LocalHandle { handle: Handle::of_loop(Arc::clone(&loop_ref)), loop_ref }
    }

    /// As [`Handle::current`], for an [`EventLoop`](crate::EventLoop) and for [`run`](crate::run).
    ///
    /// # Panics
    ///
    /// At the caller's line, when there is none, or when the current loop is a [`SharedLoop`](crate::SharedLoop) or an external
    /// runtime.
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
            "this code runs on no `EventLoop`: start one with `bridge::run` or `EventLoop::new` and pass its `LocalHandle`",
        )
    }

    /// As [`current`](LocalHandle::current), or `None` outside of an [`EventLoop`](crate::EventLoop) and of [`run`](crate::run).
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
        LoopRef::current().ok().filter(|loop_ref| loop_ref.shared.is_none()).map(LocalHandle::new)
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
        self.block_on_local_for(None, make)
    }

    /// [`block_on_local`](LocalHandle::block_on_local), for a companion.
    #[track_caller]
    pub(crate) fn block_on_local_for<M, F>(&self, companion: Option<&'static str>, make: M) -> Result<F::Output, Error>
    where
        M: FnOnce() -> F + Send,
        F: Future,
        F::Output: Send,
    {
        if const { is_large::<M>() || is_large::<F>() } {
            let make = Box::new(make);
            self.call_local(companion, move || Box::pin(make()))
        } else {
            self.call_local(companion, make)
        }
    }

    #[track_caller]
    fn call_local<M, F>(&self, companion: Option<&'static str>, make: M) -> Result<F::Output, Error>
    where
        M: FnOnce() -> F + Send,
        F: Future,
        F::Output: Send,
    {
        let scheduler = &self.loop_ref.scheduler;
        self.handle.scoped(
            |wait| join::call_local(make, |job| scheduler.push(job), wait),
            Location::caller(),
            companion,
        )
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
    #[track_caller]
    pub fn submit_local<M, F>(&self, make: M) -> Task<F::Output>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        if const { is_large::<M>() || is_large::<F>() } {
            let make = Box::new(make);
            self.send_local(move || Box::pin(make()))
        } else {
            self.send_local(make)
        }
    }

    #[track_caller]
    fn send_local<M, F>(&self, make: M) -> Task<F::Output>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        Task::new(
            join::submit_local(make, |job| self.loop_ref.scheduler.push(job)),
            Arc::clone(&self.loop_ref.on),
            None,
        )
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
    #[must_use = "the timeout holds for calls through the handle that this returns"]
    pub fn with_timeout(&self, timeout: Duration) -> LocalHandle {
        LocalHandle { handle: self.handle.with_timeout(timeout), loop_ref: Arc::clone(&self.loop_ref) }
    }

    /// As [`Handle::without_timeout`].
    #[must_use = "calls through the handle that this returns have no timeout"]
    pub fn without_timeout(&self) -> LocalHandle {
        LocalHandle { handle: self.handle.without_timeout(), loop_ref: Arc::clone(&self.loop_ref) }
    }

    /// The same loop with that timeout, in the place of the handle's: for `timeout = …` of a companion.
    pub(crate) fn with_own_timeout(&self, timeout: Duration) -> LocalHandle {
        LocalHandle { handle: self.handle.with_own_timeout(timeout), loop_ref: Arc::clone(&self.loop_ref) }
    }

    /// As [`Handle::with_canceller`].
    ///
    /// # Examples
    ///
    /// ```
    /// use bridge::{Canceller, Error};
    ///
    /// let event_loop = bridge::EventLoop::new()?;
    /// let canceller = Canceller::new();
    /// let handle = event_loop.handle().with_canceller(&canceller);
    /// std::thread::scope(|scope| {
    ///     let call = scope.spawn(|| handle.block_on_local(|| std::future::pending::<()>()));
    ///     canceller.cancel();
    ///     assert!(matches!(call.join().unwrap(), Err(Error::Cancelled)));
    /// });
    /// # std::io::Result::Ok(())
    /// ```
    #[must_use = "the canceller holds for calls through the handle that this returns"]
    pub fn with_canceller(&self, canceller: &Canceller) -> LocalHandle {
        LocalHandle { handle: self.handle.with_canceller(canceller), loop_ref: Arc::clone(&self.loop_ref) }
    }
}

impl Handle {
    /// The same loop for futures that stay on its thread, if it is an `EventLoop`.
    #[cfg(feature = "facade")]
    pub(crate) fn to_local(&self) -> Option<LocalHandle> {
        match &self.target {
            Target::Loop(loop_ref) if loop_ref.shared.is_none() => {
                Some(LocalHandle { handle: self.clone(), loop_ref: Arc::clone(loop_ref) })
            }
            _ => None,
        }
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
