//! [`Canceller`]: cancels a task, or the scoped calls of a handle, from any thread.
//!
//! # How a cancel reaches a scoped call
//!
//! A canceller has a [`Token`]: a flag, and a list of the threads that wait in calls which the flag ends. The list holds
//! [`Waiter`]s, since the waiter of a thread is what everything that ends a wait early goes through: a nudge unparks a thread
//! that is parked, has one that drives a shared loop leave the `block_on` of that, and is seen at the next look by one that
//! runs. So a cancel is, to the thread that waits, a deadline that has come; no loop hears of it, and the state of a job has
//! no bit for it.
//!
//! | the thread | is woken | and then |
//! | --- | --- | --- |
//! | parks in a call that it polls for itself, or drives a shared loop meanwhile | by the nudge | drops the future, and returns |
//! | polls that future | by nothing; it looks at the flag after the poll | the same, unless the poll was ready |
//! | waits for a job on the queue of a loop | by the nudge | withdraws the job: it is not polled |
//! | waits for a job that is pending | by the nudge | has the loop drop the future, as after a timeout, and waits for that |
//! | waits for a job that the loop polls | by the nudge | waits for the end of that poll; its value, if it has one, stands |
//! | waits for an item of an `Iter` | by the nudge | returns; the stream goes on |
//! | spins ([`Builder::spin`](crate::Builder::spin)) | by nothing; it looks at the flag | as above |
//! | is about to begin a call | – | begins nothing |
//!
//! # When two events meet
//!
//! - **Cancel against registration**: the flag is set under the lock of the list, and a thread is listed under that lock only
//!   while the flag is not set. So a cancel nudges whoever is listed, and whoever comes later is refused and does not wait. A
//!   thread takes its events first and looks at the flag after that, so the nudge may come at any time: one that comes after
//!   the look is an event that the park finds.
//! - **Cancel against completion**: a thread that waits asks first whether the answer is there, then for the flag. A value
//!   that has come stands, as it does against a timeout. Of a call that the thread polls for itself, a poll that is under way
//!   decides: ready is a value. A wake that comes together with the cancel is not followed by a poll.
//! - **Cancel against timeout, and the loop's end**: the end of the loop is asked for first, then the timeout, then the
//!   flag. Which of two that came together is returned is not promised.
//! - **Cancel against the end of the call**: a thread takes itself off the list before its call returns. A cancel that has
//!   taken the list by then nudges a thread that waits for something else, or not at all, which costs that one a look.
//! - **Cancel against cancel**: the first takes the list. The flag is never reset.
//!
//! No code of the user's runs under the lock, which is held for a few instructions; nudges are given after it. Calls through
//! a handle without a canceller ask whether there is one, and that is all.

use std::fmt;
use std::sync::Arc;

use slab::Slab;

use crate::deadlock::Loop;
use crate::loom::{AtomicU32, Mutex, Ordering, lock};
use crate::park::waiter::Waiter;
use crate::task::raw::job::AnyJob;

/// Cancels, from any thread: the scoped calls of a handle, or one [`Task`](crate::Task).
///
/// One of your own ([`Canceller::new`]) is given to handles by [`Handle::with_canceller`](crate::Handle::with_canceller).
/// Scoped calls through these end as [`Error::Cancelled`](crate::Error::Cancelled) once it is cancelled: those that wait, and
/// those that begin later. It is never reset: make a new one for what comes after.
///
/// One from [`Task::canceller`](crate::Task::canceller) cancels that task. It keeps the task's memory, but not its future. A
/// handle takes it as well.
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

    pub(crate) fn of_task(task: TaskCanceller) -> Canceller {
        Canceller { task: Some(task), ..Canceller::new() }
    }

    /// Cancels, and waits for nothing. Any thread may call it, also from within what is cancelled, but for a signal handler,
    /// where next to nothing is allowed: let the handler tell a thread.
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
            Some(task) => task.job.signal.state.is_or_will_be_cancelled(),
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
            Some(task) => debug.field("state", &task.job.signal.state.name()),
            None => debug.field("is_cancelled", &self.is_cancelled()),
        };
        debug.finish()
    }
}

/// Cancels one task.
#[derive(Clone)]
pub(crate) struct TaskCanceller {
    job: Arc<AnyJob>,
    on: Arc<Loop>,
}

impl TaskCanceller {
    pub(crate) fn new(job: Arc<AnyJob>, on: Arc<Loop>) -> TaskCanceller {
        TaskCanceller { job, on }
    }

    pub(crate) fn cancel(&self) -> bool {
        (self.job.signal.state.is_done() || !self.on.is_left_behind()) && self.job.cancel()
    }
}

/// A flag that is set once, and those who wait for it.
#[derive(Debug)]
pub(crate) struct Token {
    /// Set under the lock of the list; see the module's docs.
    cancelled: AtomicU32,
    waiting: Mutex<Slab<Arc<Waiter>>>,
}

impl Token {
    pub(crate) fn new() -> Token {
        Token { cancelled: AtomicU32::new(0), waiting: Mutex::new(Slab::new()) }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        // ORDERING: Acquire pairs with `cancel`: what the canceller did before is seen by who is cancelled.
        self.cancelled.load(Ordering::Acquire) != 0
    }

    pub(crate) fn cancel(&self) {
        let mut list = lock(&self.waiting);
        // ORDERING: see `is_cancelled`.
        self.cancelled.store(1, Ordering::Release);
        let waiting = std::mem::take(&mut *list);
        drop(list);
        waiting.iter().for_each(|(_, waiter)| waiter.nudge());
    }

    /// Lists a thread, to be nudged by a cancel. `None`: it came before.
    fn list(&self, waiter: &Arc<Waiter>) -> Option<usize> {
        let mut list = lock(&self.waiting);
        (!self.is_cancelled()).then(|| list.insert(Arc::clone(waiter)))
    }

    fn unlist(&self, key: usize) {
        // One that a cancel has taken is not there any more, and nobody is listed after a cancel.
        let waiter = lock(&self.waiting).try_remove(key);
        drop(waiter);
    }
}

/// The cancellers of a handle: any of them ends its calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cancellers(Option<Arc<[Arc<Token>]>>);

impl Cancellers {
    /// With one more.
    pub(crate) fn with(&self, canceller: &Canceller) -> Cancellers {
        let is_new = |token: &&Arc<Token>| !Arc::ptr_eq(token, &canceller.token);
        let known = self.0.iter().flat_map(|tokens| tokens.iter()).filter(is_new);
        Cancellers(Some(known.chain([&canceller.token]).cloned().collect()))
    }

    #[inline]
    pub(crate) fn is_some(&self) -> bool {
        self.0.is_some()
    }

    #[inline]
    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.as_ref().is_some_and(|tokens| tokens.iter().any(|token| token.is_cancelled()))
    }

    /// Has a cancel nudge the thread, while that lives.
    #[inline]
    pub(crate) fn nudge<'a>(&'a self, waiter: &Arc<Waiter>) -> Option<Listed<'a>> {
        self.0.as_ref().map(|tokens| Listed::new(tokens, waiter))
    }

    #[cfg(bridge_loom)]
    pub(crate) fn of(tokens: &[Arc<Token>]) -> Cancellers {
        Cancellers(Some(tokens.into()))
    }
}

/// A thread, in the lists of tokens.
pub(crate) struct Listed<'a> {
    tokens: &'a [Arc<Token>],
    /// The key in the list of the first, which is most often the only one.
    first: Option<usize>,
    others: Vec<Option<usize>>,
}

impl<'a> Listed<'a> {
    fn new(tokens: &'a [Arc<Token>], waiter: &Arc<Waiter>) -> Listed<'a> {
        let mut keys = tokens.iter().map(|token| token.list(waiter));
        Listed { tokens, first: keys.next().flatten(), others: keys.collect() }
    }
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        let keys = std::iter::once(self.first).chain(self.others.iter().copied());
        for (token, key) in self.tokens.iter().zip(keys) {
            key.into_iter().for_each(|key| token.unlist(key));
        }
    }
}
