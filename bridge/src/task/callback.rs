//! [`Task::on_done`]: a callback is a waker that takes the result along.

use std::panic::Location;
use std::sync::{Arc, PoisonError};
use std::task::{Wake, Waker};
use std::time::Duration;

use crate::deadlock::current::{self, LoopMeta};
use crate::error::Error;
use crate::event_loop::loop_ref::LoopRef;
use crate::instrument::Span;
use crate::loom::outside::{Mutex, MutexGuard};
use crate::task::Task;
use crate::task::join;
use crate::task::nested::in_turn;

impl<T> Task<T> {
    /// Calls `f` with the result, once, when the task is done.
    ///
    /// If it is done already, `f` runs here and now, or, inside another callback, right after that one. Else it runs on the
    /// loop's thread. There is one exception: a task that is cancelled before its first poll, on an external runtime or
    /// on a loop that has closed, is called back by the thread that cancels it. In a process that was forked off the one that
    /// the task is in, a task that is not done is [`Closed`](Error::Closed), and `f` runs here and now.
    ///
    /// It must not block the loop for long; what it waits for on that loop is [`Error::WouldDeadlock`]. It may submit, cancel
    /// and ask other tasks. A panic in it is caught.
    ///
    /// With the feature `tracing`, `f` runs in the span that is current here, and the subscriber of this thread hears of it.
    ///
    /// Callbacks do not nest: one that ends further tasks has returned before the callbacks of those run.
    ///
    /// # Panics
    ///
    /// At the caller's line, if the result was given out already.
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::new()?;
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// event_loop.submit(async { 6 * 7 }).on_done(move |result| sender.send(result.unwrap()).unwrap());
    /// assert_eq!(receiver.recv().unwrap(), 42);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn on_done(mut self, f: impl FnOnce(Result<T, Error>) + Send + 'static)
    where
        T: Send + 'static,
    {
        if self.is_of_parent_process() {
            return in_turn(move || f(Err(Error::Closed)));
        }
        if self.is_done() {
            let result = self.take(Duration::MAX);
            return in_turn(move || f(result));
        }
        let span = Span::current();
        let f = move |result| {
            let _entered = span.enter();
            f(result);
        };
        let job = self.job();
        let callback = Arc::new(Callback { due: Mutex::new(None), site: Location::caller() });
        self.register(&Waker::from(Arc::clone(&callback)));
        callback.put(self, f);
        // It may have ended before there was anything to call. Who ended it then has left the lock since, so it is seen.
        if job.completion.state.is_done() {
            callback.due().into_iter().for_each(|(_, due)| in_turn(due));
        }
    }
}

/// The task, which keeps this alive as its waker, and what to call. Empty before that is put there, and once it was called,
/// which frees both.
struct Callback<T, F> {
    due: Mutex<Option<(Task<T>, F)>>,
    /// The line that has asked for it.
    site: &'static Location<'static>,
}

impl<T, F> Callback<T, F>
where
    T: Send + 'static,
    F: FnOnce(Result<T, Error>) + Send + 'static,
{
    /// Nothing of the user's runs under this lock, or poisons it.
    fn lock(&self) -> MutexGuard<'_, Option<(Task<T>, F)>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, task: Task<T>, f: F) {
        *self.lock() = Some((task, f));
    }

    /// What is to be called, and the loop that the task was on. For the first that asks after `put`.
    fn due(&self) -> Option<(Arc<LoopMeta>, impl FnOnce() + Send + use<T, F>)> {
        let (mut task, f) = self.lock().take()?;
        let on = Arc::clone(task.on());
        // Nobody else has the task, to give its result out before.
        Some((on, move || f(task.take(Duration::MAX))))
    }

    fn call(&self) {
        if let Some((on, due)) = self.due() {
            call_on(&on, self.site, due);
        }
    }
}

/// Calls `due` on the thread of the loop `on`, if that is of this crate and runs, else on this one.
fn call_on(on: &LoopMeta, site: &'static Location<'static>, due: impl FnOnce() + Send + 'static) {
    let elsewhere = if current::drives(on.id) { None } else { LoopRef::by_id(on.id) };
    let due = CallOnDrop(Some(due));
    if let Some(loop_ref) = elsewhere {
        // A loop that refuses it, or ends before its turn comes, drops it, and so calls it.
        drop(join::submit_from(site, async move { drop(due) }, |job| loop_ref.scheduler.push(job)));
    }
}

/// Is called when it is dropped.
struct CallOnDrop<F: FnOnce() + 'static>(Option<F>);

impl<F: FnOnce() + 'static> Drop for CallOnDrop<F> {
    fn drop(&mut self) {
        if let Some(due) = self.0.take() {
            in_turn(due);
        }
    }
}

impl<T, F> Wake for Callback<T, F>
where
    T: Send + 'static,
    F: FnOnce(Result<T, Error>) + Send + 'static,
{
    fn wake(self: Arc<Self>) {
        self.call();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.call();
    }
}
