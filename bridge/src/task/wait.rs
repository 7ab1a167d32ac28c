//! [`wait`] and [`as_completed`]: for many tasks at once, of any loops.
//!
//! Each task gets a waker that pushes the task's index to a [`ReadyQueue`] and wakes the one thread that waits on that queue.
//! Nothing is polled: each task that ends costs the waiting thread one wake.

use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, PoisonError};
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use crate::deadlock::blocked::{Call, Of, WaitFor};
use crate::deadlock::current::LoopMeta;
use crate::deadlock::graph::{Dependency, JobId, Wait};
use crate::deadlock::{self, WaitGuard, WaitTarget};
use crate::error::Error;
use crate::fork::Process;
use crate::loom::outside::{Mutex, MutexGuard};
use crate::park::Host;
use crate::shared_loop::state::Shared;
use crate::task::Task;
use crate::task::block::{self, WaitOptions};
use crate::task::raw::header::TaskRef;

/// When [`wait`] returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReturnWhen {
    /// When one task is done, in whatever way.
    FirstCompleted,
    /// When one task has ended with an [`Error`], or all are done. A task whose *value* is an `Err` has not.
    FirstError,
    /// When all tasks are done.
    AllCompleted,
}

/// What [`wait`] returns: the tasks that are done, and the others, both in the order they were given in.
pub struct Waited<T> {
    /// Asking these for their result does not wait.
    pub done: Vec<Task<T>>,
    /// These run on.
    pub pending: Vec<Task<T>>,
}

impl<T> fmt::Debug for Waited<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waited").field("done", &self.done).field("pending", &self.pending).finish()
    }
}

/// Blocks until as many of `tasks` are done as `when` says, or until `timeout` has passed, which is no error.
///
/// If enough are done already it returns at once, with all that are. The tasks may be of different loops.
///
/// # Panics
///
/// At the caller's line, with the text of [`Error::WouldDeadlock`], if the wait could not end: on the thread of a
/// loop that one of the unfinished tasks runs on, or that such a loop waits for, and on a worker of a runtime, inside a task
/// that such a loop waits for. For
/// [`FirstCompleted`](ReturnWhen::FirstCompleted) only if that is so of all of them; for
/// [`FirstError`](ReturnWhen::FirstError) of one, though another's error might have ended the wait. And with that of
/// [`Error::Closed`], in a process that was forked off the one that such a loop is in.
///
/// # Examples
///
/// ```
/// use bridge::ReturnWhen::{AllCompleted, FirstCompleted};
///
/// let event_loop = bridge::EventLoop::new()?;
/// let never = event_loop.submit(std::future::pending());
/// let soon = event_loop.submit(async { 1 });
/// let waited = bridge::wait([never, soon], FirstCompleted, None);
/// assert_eq!((waited.done.len(), waited.pending.len()), (1, 1));
///
/// waited.pending[0].cancel();
/// let waited = bridge::wait(waited.pending, AllCompleted, None);
/// assert!(waited.done[0].is_cancelled());
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn wait<T>(tasks: impl IntoIterator<Item = Task<T>>, when: ReturnWhen, timeout: Option<Duration>) -> Waited<T> {
    let site = Location::caller();
    let mut tasks: Vec<Task<T>> = tasks.into_iter().collect();
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    if !is_enough(&tasks, when) && timeout != Some(Duration::ZERO) {
        let guard = match wait_guard(&tasks, when, site) {
            Ok(guard) => guard,
            Err(error) => refuse("wait", &error),
        };
        let ready = ReadyQueue::new();
        let mut left = ready.register(&mut tasks);
        let host = common_host(&tasks);
        guard.block(|may_drive| {
            let of = || common_loop(&tasks);
            let call = Call { site, companion: None, what: WaitFor::Tasks, of: &of };
            let options = options(&guard, may_drive, deadline, host.as_deref(), call);
            // Each index is one task more that is done: only that task is asked whether it is enough.
            while let Some(index) = ready.next(options, || tasks.iter().all(Task::is_started)) {
                left -= 1;
                if ends(&tasks[index], when) || left == 0 {
                    break;
                }
            }
        });
    }
    if tasks.iter().all(Task::is_done) {
        return Waited { done: tasks, pending: Vec::new() };
    }
    let (done, pending) = tasks.into_iter().partition(Task::is_done);
    Waited { done, pending }
}

/// Whether that one task is enough.
fn ends<T>(task: &Task<T>, when: ReturnWhen) -> bool {
    match when {
        ReturnWhen::FirstCompleted => task.is_done(),
        ReturnWhen::FirstError => task.has_failed(),
        ReturnWhen::AllCompleted => false,
    }
}

fn is_enough<T>(tasks: &[Task<T>], when: ReturnWhen) -> bool {
    tasks.iter().any(|task| ends(task, when)) || tasks.iter().all(Task::is_done)
}

/// Gives the results of `tasks` as they come: each with its place in the input, what is finished first first. The
/// tasks may be of different loops.
///
/// Its `next` blocks. Dropping it detaches the tasks that are left: what is to cancel these later, their
/// [`canceller`](Task::canceller)s, is taken before.
///
/// # Panics
///
/// `next` panics at the caller's line, with the text of [`Error::WouldDeadlock`], where all that is left runs on
/// loops that wait for this thread. [`next_timeout`](AsCompleted::next_timeout) returns that.
///
/// # Examples
///
/// ```
/// let event_loop = bridge::EventLoop::new()?;
/// let tasks = [3, 1, 2].map(|number| event_loop.submit(async move { number * 10 }));
/// let mut results: Vec<_> = bridge::as_completed(tasks).map(|(place, result)| (place, result.unwrap())).collect();
/// results.sort();
/// assert_eq!(results, [(0, 30), (1, 10), (2, 20)]);
/// # std::io::Result::Ok(())
/// ```
pub fn as_completed<T>(tasks: impl IntoIterator<Item = Task<T>>) -> AsCompleted<T> {
    let mut tasks: Vec<Task<T>> = tasks.into_iter().collect();
    let ready = ReadyQueue::new();
    ready.register(&mut tasks);
    let mut left = Remaining::default();
    tasks.iter().for_each(|task| left.add(task.on()));
    AsCompleted { left, tasks: tasks.into_iter().map(Some).collect(), ready }
}

/// The shared loop that all `tasks` run on, which a thread that waits for them may drive.
fn common_host<'a, T: 'a>(tasks: impl IntoIterator<Item = &'a Task<T>>) -> Option<Arc<Shared>> {
    let mut hosts = tasks.into_iter().map(Task::host);
    let first = hosts.next()??;
    hosts.all(|host| host.is_some_and(|host| Arc::ptr_eq(host, first))).then(|| Arc::clone(first))
}

fn options<'a>(
    guard: &WaitGuard,
    may_drive: bool,
    deadline: Option<Instant>,
    host: Option<&'a Shared>,
    call: Call<'a>,
) -> WaitOptions<'a> {
    let host = host.map(|host| (host as &dyn Host, may_drive));
    WaitOptions { deadline, host, warning: guard.warning(), call: Some(call), ..WaitOptions::park() }
}

/// The loop that all of `tasks` that are left run on.
fn common_loop<'a, T: 'a>(tasks: impl IntoIterator<Item = &'a Task<T>>) -> Of {
    let mut loops = tasks.into_iter().filter(|task| !task.is_done()).map(Task::on);
    let first = loops.next();
    Of { on: first.filter(|first| loops.all(|on| on.id == first.id)).cloned(), job: None }
}

type Completed<T> = (usize, Result<T, Error>);

/// The iterator of [`as_completed`].
#[must_use = "iterators are lazy: `next` waits"]
pub struct AsCompleted<T> {
    /// Each until it is yielded.
    tasks: Vec<Option<Task<T>>>,
    left: Remaining,
    ready: Arc<ReadyQueue>,
}

/// How many tasks are left, in all and by loop. A step looks at the loops only, since there may be many more tasks.
#[derive(Default)]
struct Remaining {
    total: usize,
    by_loop: Vec<(Arc<LoopMeta>, usize)>,
}

impl Remaining {
    fn add(&mut self, on: &Arc<LoopMeta>) {
        self.total += 1;
        match self.by_loop.iter_mut().find(|(known, _)| known.id == on.id) {
            Some((_, count)) => *count += 1,
            None => self.by_loop.push((Arc::clone(on), 1)),
        }
    }

    fn remove(&mut self, on: &LoopMeta) {
        self.total -= 1;
        let known = self.by_loop.iter().position(|(known, _)| known.id == on.id);
        let index = known.expect("the loop of a task that was added");
        self.by_loop[index].1 -= 1;
        if self.by_loop[index].1 == 0 {
            self.by_loop.swap_remove(index);
        }
    }
}

impl<T> AsCompleted<T> {
    /// As `next`, for `timeout` at most; what is left can be asked for again. `None` is the end.
    ///
    /// # Errors
    ///
    /// [`TimedOut`](Error::TimedOut) if nothing ended in time, [`WouldDeadlock`](Error::WouldDeadlock) where waiting
    /// could not end, [`Closed`](Error::Closed) in a process that was forked off the one that a loop of the tasks is in.
    ///
    /// # Panics
    ///
    /// If the next is a task whose result was given out before.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let event_loop = bridge::EventLoop::new()?;
    /// let (go, wait) = tokio::sync::oneshot::channel();
    /// let mut results = bridge::as_completed([event_loop.submit(async { wait.await.unwrap_or(0) })]);
    /// assert!(matches!(results.next_timeout(Duration::from_millis(5)), Err(bridge::Error::TimedOut(_))));
    /// go.send(7).unwrap();
    /// let (place, value) = results.next_timeout(Duration::MAX).unwrap().unwrap();
    /// assert_eq!((place, value.unwrap()), (0, 7));
    /// assert!(results.next_timeout(Duration::MAX).unwrap().is_none());
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn next_timeout(&mut self, timeout: Duration) -> Result<Option<Completed<T>>, Error> {
        self.step(Some(timeout))
    }

    #[track_caller]
    fn step(&mut self, timeout: Option<Duration>) -> Result<Option<Completed<T>>, Error> {
        if self.left.total == 0 {
            return Ok(None);
        }
        // In a child of the process that it was made in its lock may be held by nobody.
        if !self.ready.process.is_current() {
            return Err(Error::Closed);
        }
        let index = match (self.ready.pop(), timeout) {
            (Some(index), _) => index,
            (None, Some(Duration::ZERO)) => return Err(Error::TimedOut(Duration::ZERO)),
            (None, timeout) => {
                let site = Location::caller();
                let guard = self.wait_guard(site)?;
                let of = || common_loop(self.tasks.iter().flatten());
                let call = Call { site, companion: None, what: WaitFor::Tasks, of: &of };
                let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
                let is_started = || self.tasks.iter().flatten().all(Task::is_started);
                let host = common_host(self.tasks.iter().flatten());
                guard.block(|may_drive| {
                    self.ready.wait(options(&guard, may_drive, deadline, host.as_deref(), call), is_started);
                });
                // Before the index is popped: until then the recorded wait counts as over.
                drop(guard);
                self.ready.pop().ok_or(Error::TimedOut(timeout.unwrap_or(Duration::MAX)))?
            }
        };
        let task = self.tasks[index].take().expect("each task is pushed once");
        self.left.remove(task.on());
        Ok(Some((index, task.result())))
    }

    /// Checks that this thread may wait for one of the tasks that are left, none of which is ready.
    fn wait_guard(&self, site: &'static Location<'static>) -> Result<WaitGuard, Error> {
        if self.left.by_loop.iter().any(|(on, _)| on.is_of_parent_process()) {
            return Err(Error::Closed);
        }
        deadlock::may_wait_for(|| self.targets(), Wait::Any, site).map_err(Error::WouldDeadlock)
    }

    /// Each loop; and where it has workers each task, as long as few are left. Of many, one will be free.
    fn targets(&self) -> Vec<WaitTarget<'_>> {
        const FEW: usize = 64;
        let edge = |job| Box::new(ReadyEdge { job, ready: Arc::clone(&self.ready) }) as Box<dyn Dependency>;
        let mut targets = Vec::new();
        for (on, _) in &self.left.by_loop {
            if on.has_workers && self.left.total <= FEW {
                let tasks = self.tasks.iter().flatten().filter(|task| task.on().id == on.id);
                targets.extend(tasks.map(|task| WaitTarget::new(on, move || edge(Some(task.job().id())))));
            } else {
                targets.push(WaitTarget::new(on, move || edge(None)));
            }
        }
        targets
    }
}

impl<T> Iterator for AsCompleted<T> {
    type Item = Completed<T>;

    #[track_caller]
    fn next(&mut self) -> Option<Self::Item> {
        // Not by a closure, which would not be at the caller's line.
        match self.step(None) {
            Ok(ended) => ended,
            Err(error) => refuse("as_completed", &error),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left.total, Some(self.left.total))
    }
}

impl<T> ExactSizeIterator for AsCompleted<T> {}

impl<T> std::iter::FusedIterator for AsCompleted<T> {}

impl<T> fmt::Debug for AsCompleted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompleted").field("left", &self.left.total).finish_non_exhaustive()
    }
}

/// For functions that return no `Error`.
#[cold]
#[track_caller]
fn refuse(function: &str, error: &Error) -> ! {
    panic!("`{function}`: {error}")
}

/// Checks that this thread may wait for `tasks`.
fn wait_guard<'a, T>(
    tasks: &'a [Task<T>],
    when: ReturnWhen,
    site: &'static Location<'static>,
) -> Result<WaitGuard, Error> {
    if tasks.iter().any(Task::is_of_parent_process) {
        return Err(Error::Closed);
    }
    let targets = || {
        let mut by_loop: Vec<(&LoopMeta, Vec<&Task<T>>)> = Vec::new();
        let mut alone = Vec::new();
        for task in tasks {
            // Asked once: one that has ended since the caller looked may be what it waits for.
            if task.is_done() {
                if ends(task, when) {
                    return Vec::new();
                }
                continue;
            }
            if task.on().has_workers {
                alone.push((&**task.on(), vec![task]));
                continue;
            }
            match by_loop.iter_mut().find(|(on, _)| on.id == task.on().id) {
                Some((_, tasks)) => tasks.push(task),
                None => by_loop.push((task.on(), vec![task])),
            }
        }
        let target = |(on, tasks): (&'a LoopMeta, Vec<&'a Task<T>>)| {
            let edge = move || TasksEdge { jobs: tasks.iter().map(|task| task.job()).collect(), when };
            WaitTarget::new(on, move || Box::new(edge()))
        };
        by_loop.into_iter().chain(alone).map(target).collect()
    };
    let need = if when == ReturnWhen::FirstCompleted { Wait::Any } else { Wait::All };
    deadlock::may_wait_for(targets, need, site).map_err(Error::WouldDeadlock)
}

/// The edge from a wait for tasks to the loop of some of them, or to one task of a runtime with workers.
struct TasksEdge {
    jobs: Vec<TaskRef>,
    when: ReturnWhen,
}

impl Dependency for TasksEdge {
    fn job(&self) -> Option<JobId> {
        self.jobs.first().map(|job| job.id())
    }

    fn is_resolved(&self) -> bool {
        let mut come = self.jobs.iter().map(Dependency::is_resolved);
        if self.when == ReturnWhen::FirstCompleted { come.any(|come| come) } else { come.all(|come| come) }
    }

    fn ends_wait(&self) -> bool {
        self.when == ReturnWhen::FirstError && self.jobs.iter().any(|job| job.completion.state.has_failed())
    }
}

/// The tasks that are done and were not taken yet, in the order in which they ended. One thread waits on it.
struct ReadyQueue {
    ready: Mutex<Ready>,
    /// Where it was made.
    process: Process,
}

#[derive(Default)]
struct Ready {
    /// The indices of these tasks.
    indices: VecDeque<usize>,
    /// That of the thread that waits.
    waker: Option<Waker>,
}

impl ReadyQueue {
    fn new() -> Arc<ReadyQueue> {
        Arc::new(ReadyQueue { ready: Mutex::default(), process: Process::current() })
    }

    /// No user code runs under this lock.
    fn lock(&self) -> MutexGuard<'_, Ready> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has each task push its index when it ends, or pushes it now. Returns how many tasks there are.
    fn register<T>(self: &Arc<Self>, tasks: &mut [Task<T>]) -> usize {
        for (index, task) in tasks.iter_mut().enumerate() {
            let waker = NotifyReady { index, ready: Arc::clone(self) };
            if task.is_done() || !task.register(&Waker::from(Arc::new(waker))) {
                self.notify(index);
            }
        }
        tasks.len()
    }

    fn notify(&self, index: usize) {
        let mut ready = self.lock();
        ready.indices.push_back(index);
        let waker = ready.waker.take();
        drop(ready);
        waker.into_iter().for_each(Waker::wake);
    }

    fn has_ready(&self) -> bool {
        !self.lock().indices.is_empty()
    }

    /// The index of the next task that is done.
    fn pop(&self) -> Option<usize> {
        self.lock().indices.pop_front()
    }

    /// As [`pop`](ReadyQueue::pop), after a wait.
    fn next(&self, options: WaitOptions<'_>, is_started: impl Fn() -> bool) -> Option<usize> {
        self.wait(options, is_started);
        self.pop()
    }

    /// Waits until a task is done, or the wait is over for another reason.
    fn wait(&self, options: WaitOptions<'_>, is_started: impl Fn() -> bool) {
        let arm = |waker: &Waker| {
            let mut ready = self.lock();
            let waits = ready.indices.is_empty();
            if waits {
                ready.waker = Some(waker.clone());
            }
            waits
        };
        block::until(options, arm, || self.has_ready(), is_started);
    }
}

/// The edge from a step of [`as_completed`] to a loop, or to a task of a runtime with workers.
struct ReadyEdge {
    job: Option<JobId>,
    ready: Arc<ReadyQueue>,
}

impl Dependency for ReadyEdge {
    fn job(&self) -> Option<JobId> {
        self.job
    }

    /// Any task of the queue ends a wait on it.
    fn is_resolved(&self) -> bool {
        self.ready.has_ready()
    }
}

/// The waker of one task: pushes the task's index.
struct NotifyReady {
    index: usize,
    ready: Arc<ReadyQueue>,
}

impl Wake for NotifyReady {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ready.notify(self.index);
    }
}
