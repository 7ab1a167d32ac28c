//! [`Task`]: what a thread holds of a future that it submitted. [`CancelOnDrop`].

#[allow(unsafe_code)]
pub(crate) mod block;
mod callback;
pub(crate) mod canceller;
#[allow(unsafe_code)]
pub(crate) mod join;
#[allow(unsafe_code)]
pub(crate) mod latch;
pub(crate) mod nested;
#[allow(unsafe_code)]
pub(crate) mod raw;
pub(crate) mod wait;

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use self::canceller::{Canceller, TaskCanceller};
use self::join::JoinHandle;
use self::raw::header::TaskRef;
use crate::deadlock::blocked::{Call, Of, WaitFor};
use crate::deadlock::current::LoopMeta;
use crate::deadlock::graph::Dependency;
use crate::deadlock::{self, WaitGuard};
use crate::error::Error;
use crate::park::Host;
use crate::shared_loop::state::Shared;
use crate::task::block::WaitOptions;

/// A future that was submitted to an event loop: ask for its result, wait for it, await it, cancel it.
///
/// It is what `concurrent.futures.Future` is in Python. The future runs on its loop whether or not anybody asks.
/// Dropping a `Task` (say so with `drop(task)`) detaches it: the future runs on, and its output is dropped on the
/// loop's thread; that of a task that was done is dropped with the `Task`. A task counts as done only when its
/// future, with all that it captured, has been dropped.
///
/// A `Task` is itself a future, which any executor can await. Awaiting gives what [`result`](Task::result) gives;
/// dropping the await drops the `Task`, and so detaches.
///
/// # Panics
///
/// The result is given out once. Asking again, after [`result_timeout`](Task::result_timeout) or an await has
/// given it, panics at the line that asks.
///
/// # Examples
///
/// ```
/// let event_loop = bridge::EventLoop::new()?;
/// let task = event_loop.submit(async { 6 * 7 });
/// assert_eq!(task.result()?, 42);
/// # std::io::Result::Ok(())
/// ```
#[must_use = "dropping a task detaches it: its result, and its panic, are lost"]
pub struct Task<T> {
    handle: JoinHandle<T>,
    on: Arc<LoopMeta>,
    /// The shared loop that it runs on, which a thread that waits may drive.
    host: Option<Arc<Shared>>,
}

impl<T> Task<T> {
    pub(crate) fn new(handle: JoinHandle<T>, on: Arc<LoopMeta>, host: Option<Arc<Shared>>) -> Task<T> {
        Task { handle, on, host }
    }

    pub(crate) fn host(&self) -> Option<&Arc<Shared>> {
        self.host.as_ref()
    }

    /// Waits until the task is done, and gives its output.
    ///
    /// A task that is done already can be read anywhere, also on the loop's own thread.
    ///
    /// # Errors
    ///
    /// [`Cancelled`](Error::Cancelled), [`Panicked`](Error::Panicked) with the payload, or
    /// [`Closed`](Error::Closed) when the loop ended first. [`WouldDeadlock`](Error::WouldDeadlock), at once,
    /// when this is the thread that runs the task's loop, or one whose loop that loop waits for, and where the
    /// task would wait for itself; the task is then detached, and runs on.
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::new()?;
    /// let task = event_loop.submit(async { panic!("no luck") });
    /// let error: bridge::Error = task.result().map(|_: ()| ()).unwrap_err();
    /// assert_eq!(error.to_string(), "the task panicked: no luck");
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn result(mut self) -> Result<T, Error> {
        self.wait(None)?;
        self.take(Duration::MAX)
    }

    /// Waits until the task is done, for `timeout` at most. Unlike a scoped call, the task goes on when the timeout
    /// runs out, and can be asked again. `Duration::ZERO` does not wait at all, and `Duration::MAX` is no timeout.
    ///
    /// # Errors
    ///
    /// [`TimedOut`](Error::TimedOut) if it was not done in time; else as [`result`](Task::result), but that the
    /// task stays when waiting for it would deadlock.
    ///
    /// # Panics
    ///
    /// If the result was given out already.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let event_loop = bridge::EventLoop::new()?;
    /// let (go, wait) = tokio::sync::oneshot::channel();
    /// let mut task = event_loop.submit(async { wait.await.unwrap_or("never sent") });
    /// assert!(matches!(task.result_timeout(Duration::from_millis(5)), Err(bridge::Error::TimedOut(_))));
    /// go.send("sent").unwrap();
    /// assert_eq!(task.result_timeout(Duration::MAX).unwrap(), "sent");
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn result_timeout(&mut self, timeout: Duration) -> Result<T, Error> {
        self.wait(Some(timeout))?;
        self.take(timeout)
    }

    pub(crate) fn on(&self) -> &Arc<LoopMeta> {
        &self.on
    }

    pub(crate) fn is_started(&self) -> bool {
        self.handle.is_started()
    }

    /// Whether it is not done, and in this process never will be.
    pub(crate) fn is_of_parent_process(&self) -> bool {
        !self.is_done() && self.on.is_of_parent_process()
    }

    pub(crate) fn job(&self) -> TaskRef {
        self.handle.job()
    }

    pub(crate) fn register(&mut self, waker: &Waker) -> bool {
        self.handle.register(waker)
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.handle.has_failed()
    }

    /// Detaches, and says whether the loop has it, or had it: false if it was refused, or closed by now.
    pub(crate) fn detach(self) -> bool {
        self.handle.detach()
    }

    /// Waits until the task is done, or returns why this thread cannot wait, or the timeout.
    #[track_caller]
    fn wait(&mut self, timeout: Option<Duration>) -> Result<(), Error> {
        if self.handle.is_done() {
            return Ok(());
        }
        if timeout == Some(Duration::ZERO) {
            return Err(Error::TimedOut(Duration::ZERO));
        }
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let guard = may_wait(&self.on, &|| Box::new(self.handle.job()))?;
        let (host, handle, spin) = (self.host.as_deref(), &mut self.handle, Some(&self.on.spin));
        let job = handle.job();
        let of = || Of { on: Some(Arc::clone(&self.on)), job: Some(job.clone()) };
        let call = Some(Call { site: Location::caller(), companion: None, what: WaitFor::Job, of: &of });
        let options = |may_drive| {
            let host = host.map(|host| (host as &dyn Host, may_drive));
            WaitOptions { deadline, spin, host, warning: guard.warning(), call, ..WaitOptions::park() }
        };
        if guard.block(|may_drive| handle.wait(options(may_drive))).is_over() {
            return Ok(());
        }
        Err(Error::TimedOut(timeout.unwrap_or(Duration::MAX)))
    }

    #[track_caller]
    pub(crate) fn take(&mut self, timeout: Duration) -> Result<T, Error> {
        match self.handle.take() {
            Some(outcome) => outcome.into_result(timeout),
            None => panic!("this task's result was given out already: ask for it once, and keep it"),
        }
    }

    /// Cancels the task. True if its result is, or will be, [`Error::Cancelled`], also when asked again.
    /// False if it was done before.
    ///
    /// A task that was not polled yet never will be; its future is dropped here. One that is pending is dropped
    /// on its loop, and one that is being polled right after that poll, whose value, if it returns one, is
    /// dropped too. This does not wait for it. What the future spawned on its own lives on. The one exception
    /// to `true`: a future that panics, in that poll or while it is dropped, makes the result [`Error::Panicked`].
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::new()?;
    /// let task = event_loop.submit(std::future::pending::<()>());
    /// assert!(task.cancel());
    /// assert!(task.cancel());
    /// assert!(matches!(task.result(), Err(bridge::Error::Cancelled)));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn cancel(&self) -> bool {
        !self.is_of_parent_process() && self.handle.cancel()
    }

    /// What can cancel this task from anywhere, also while another thread is inside [`result`](Task::result).
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::new()?;
    /// let task = event_loop.submit(std::future::pending::<()>());
    /// let canceller = task.canceller();
    /// let waiter = std::thread::spawn(move || task.result());
    /// assert!(canceller.cancel());
    /// assert!(matches!(waiter.join().unwrap(), Err(bridge::Error::Cancelled)));
    /// # std::io::Result::Ok(())
    /// ```
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        Canceller::of_task(self.task_canceller())
    }

    pub(crate) fn task_canceller(&self) -> TaskCanceller {
        TaskCanceller::new(self.handle.job(), Arc::clone(&self.on))
    }

    /// Whether the task has ended, in whatever way: its future is dropped, and [`result`](Task::result) will
    /// not wait.
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::new()?;
    /// let task = event_loop.submit(std::future::pending::<()>());
    /// assert!(!task.is_done());
    /// drop(event_loop);
    /// assert!(task.is_done());
    /// # std::io::Result::Ok(())
    /// ```
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.handle.is_done()
    }

    /// Whether the task is done and its result is [`Error::Cancelled`].
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::new()?;
    /// let task = event_loop.submit(std::future::pending::<()>());
    /// task.cancel();
    /// event_loop.shutdown().unwrap();
    /// assert!(task.is_cancelled());
    /// # std::io::Result::Ok(())
    /// ```
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.handle.is_cancelled()
    }

    /// Ties the task to a guard that cancels it when dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::new()?;
    /// let task = event_loop.submit(async { 3 }).cancel_on_drop();
    /// assert_eq!(event_loop.block_on(task).unwrap().unwrap(), 3);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn cancel_on_drop(self) -> CancelOnDrop<T> {
        CancelOnDrop { task: Some(self) }
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, Error>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // A loop over tasks that are done yields now and then, as one over tokio's handles does.
        let coop = ready!(tokio::task::coop::poll_proceed(cx));
        if self.is_of_parent_process() {
            return Poll::Ready(Err(Error::Closed));
        }
        if !self.handle.is_done() && self.handle.register(cx.waker()) {
            return Poll::Pending;
        }
        coop.made_progress();
        Poll::Ready(self.take(Duration::MAX))
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("state", &self.handle.state()).field("on", &self.on.name).finish()
    }
}

/// Checks that this thread may wait for the loop `on`.
#[track_caller]
pub(crate) fn may_wait(on: &LoopMeta, answer: &dyn Fn() -> Box<dyn Dependency>) -> Result<WaitGuard, Error> {
    if on.is_of_parent_process() {
        return Err(Error::Closed);
    }
    deadlock::may_wait(on, Location::caller(), answer).map_err(Error::WouldDeadlock)
}

/// A [`Task`] that is cancelled when this is dropped. From [`Task::cancel_on_drop`].
///
/// It dereferences to the task, and can be awaited like it.
///
/// # Examples
///
/// ```
/// let event_loop = bridge::EventLoop::new()?;
/// let guard = event_loop.submit(std::future::pending::<()>()).cancel_on_drop();
/// let canceller = guard.canceller();
/// drop(guard);
/// assert!(canceller.cancel(), "it is, or will be, cancelled");
/// # std::io::Result::Ok(())
/// ```
#[must_use = "dropping it cancels the task"]
pub struct CancelOnDrop<T> {
    /// There until `detach`.
    task: Option<Task<T>>,
}

impl<T> CancelOnDrop<T> {
    /// Gives the task back; nothing will cancel it.
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::new()?;
    /// let task = event_loop.submit(async { 2 }).cancel_on_drop().detach();
    /// assert_eq!(task.result().unwrap(), 2);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn detach(mut self) -> Task<T> {
        self.task.take().expect(PRESENT)
    }
}

const PRESENT: &str = "only `detach` takes the task, and it takes the guard as well";

impl<T> Deref for CancelOnDrop<T> {
    type Target = Task<T>;

    fn deref(&self) -> &Task<T> {
        self.task.as_ref().expect(PRESENT)
    }
}

impl<T> DerefMut for CancelOnDrop<T> {
    fn deref_mut(&mut self) -> &mut Task<T> {
        self.task.as_mut().expect(PRESENT)
    }
}

impl<T> Future for CancelOnDrop<T> {
    type Output = Result<T, Error>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut **self).poll(cx)
    }
}

impl<T> Drop for CancelOnDrop<T> {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.cancel();
        }
    }
}

impl<T> fmt::Debug for CancelOnDrop<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CancelOnDrop").field(&self.task).finish()
    }
}
