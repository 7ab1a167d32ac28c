//! [`Canceller`]: cancels a task, or the scoped calls of a handle, from any thread.
//!
//! [`park::cancel`](crate::park::cancel) describes how a cancel reaches a scoped call.

use std::fmt;
use std::sync::Arc;

use crate::deadlock::current::LoopMeta;
use crate::park::cancel::Token;
use crate::task::raw::header::TaskRef;

/// Cancels, from any thread: the scoped calls of a handle, or one [`Task`](crate::Task).
///
/// One of your own ([`Canceller::new`]) is given to handles by [`Handle::with_canceller`](crate::Handle::with_canceller).
/// Scoped calls through these end as [`Error::Cancelled`](crate::Error::Cancelled) once it is cancelled: those that wait, and
/// those that begin later. It is never reset: make a new one for what comes after.
///
/// One from [`Task::canceller`](crate::Task::canceller) cancels that task. It keeps the task's memory, but not its future. A
/// handle takes it as well: its calls end once [`cancel`](Canceller::cancel) of this one or a clone is called, also if the task is
/// done by then, and not by [`Task::cancel`](crate::Task::cancel) or a [`CancelOnDrop`](crate::CancelOnDrop).
///
/// Clones cancel the same. Dropping one does nothing.
///
/// # Examples
///
/// The Cancel button of a window, whose thread must not wait:
///
/// ```
/// use std::thread;
///
/// use bridge::{Canceller, Error};
///
/// let cancel = Canceller::new();
/// let download = thread::spawn({
///     let handle = bridge::shared().with_canceller(&cancel);
///     move || handle.block_on(async { std::future::pending::<Vec<u8>>().await })
/// });
/// // The button's callback.
/// cancel.cancel();
/// assert!(matches!(download.join().unwrap(), Err(Error::Cancelled)));
/// ```
#[derive(Clone)]
pub struct Canceller {
    /// `None`: one of the user's own.
    task: Option<TaskCanceller>,
    token: Arc<Token>,
}

impl Canceller {
    /// One that cancels nothing yet.
    ///
    /// # Examples
    ///
    /// ```
    /// use bridge::{Canceller, Error};
    ///
    /// let canceller = Canceller::new();
    /// let handle = bridge::shared().with_canceller(&canceller);
    /// assert_eq!(handle.block_on(async { 1 }).unwrap(), 1);
    /// canceller.cancel();
    /// assert!(matches!(handle.block_on(async { 1 }), Err(Error::Cancelled)));
    /// ```
    #[must_use]
    pub fn new() -> Canceller {
        Canceller { task: None, token: Arc::new(Token::new()) }
    }

    pub(crate) fn token(&self) -> &Arc<Token> {
        &self.token
    }

    pub(crate) fn of_task(task: TaskCanceller) -> Canceller {
        Canceller { task: Some(task), ..Canceller::new() }
    }

    /// Cancels, and waits for nothing. Any thread may call it, also from within what is cancelled, but for a signal handler,
    /// where next to nothing is allowed: let the handler notify a thread.
    ///
    /// Of a task, as [`Task::cancel`](crate::Task::cancel): false if it was done before. Else true, also when asked again.
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::new()?;
    /// let mut task = event_loop.submit(async { 1 });
    /// assert_eq!(task.result_timeout(std::time::Duration::MAX).unwrap(), 1);
    /// assert!(!task.canceller().cancel(), "too late");
    ///
    /// let own = bridge::Canceller::new();
    /// assert!(own.cancel() && own.cancel());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn cancel(&self) -> bool {
        self.token.cancel();
        self.task.as_ref().is_none_or(TaskCanceller::cancel)
    }

    /// Whether [`cancel`](Canceller::cancel) was called, on this one or a clone. Of a task: whether its result is, or will be,
    /// [`Cancelled`](crate::Error::Cancelled), whoever cancelled it.
    ///
    /// Code that computes for long, and so has no `.await` to be cancelled at, can ask now and then.
    ///
    /// # Examples
    ///
    /// ```
    /// let canceller = bridge::Canceller::new();
    /// assert!(!canceller.is_cancelled());
    /// canceller.clone().cancel();
    /// assert!(canceller.is_cancelled());
    /// ```
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        match &self.task {
            Some(task) => task.job.completion.state.is_or_will_be_cancelled(),
            None => self.token.is_cancelled(),
        }
    }
}

impl Default for Canceller {
    fn default() -> Canceller {
        Canceller::new()
    }
}

impl fmt::Debug for Canceller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Canceller");
        match &self.task {
            Some(task) => debug.field("state", &task.job.completion.state.name()),
            None => debug.field("is_cancelled", &self.is_cancelled()),
        };
        debug.finish()
    }
}

/// Cancels one task.
#[derive(Clone)]
pub(crate) struct TaskCanceller {
    job: TaskRef,
    on: Arc<LoopMeta>,
}

impl TaskCanceller {
    pub(crate) fn new(job: TaskRef, on: Arc<LoopMeta>) -> TaskCanceller {
        TaskCanceller { job, on }
    }

    pub(crate) fn cancel(&self) -> bool {
        (self.job.completion.state.is_done() || !self.on.is_of_parent_process()) && self.job.cancel()
    }

    /// Of a stream that was given up: if it has not been polled yet it ends at its first poll. A cancel would drop it here, and
    /// not on its loop.
    #[cfg(feature = "stream")]
    pub(crate) fn cancel_started(&self) {
        if self.job.completion.state.is_started() {
            self.cancel();
        }
    }
}
