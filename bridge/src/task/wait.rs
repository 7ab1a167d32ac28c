//! [`wait`] and [`as_completed`]: for many tasks at once, of any loops.
//!
//! Each task gets a waker that notes its index on a [`Bell`] and wakes the one thread that waits there. Nothing is
//! polled: a thread that waits costs a wake for every task that ends meanwhile, and no more.

use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, PoisonError};
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use crate::deadlock::blocked::{Call, Of, What};
use crate::deadlock::current::LoopMeta;
use crate::deadlock::graph::{Answer, JobId, Need};
use crate::deadlock::{self, Target, WaitGuard};
use crate::error::Error;
use crate::loom::outside::{Mutex, MutexGuard};
use crate::park::Host;
use crate::shared_loop::state::Shared;
use crate::task::Task;
use crate::task::block::{self, Way};
use crate::task::raw::job::AnyJob;

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

/// Blocks until as many of `tasks` are done as `when` says, or until `limit` has passed, which is no error.
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
pub fn wait<T>(tasks: impl IntoIterator<Item = Task<T>>, when: ReturnWhen, limit: Option<Duration>) -> Waited<T> {
    let site = Location::caller();
    let mut tasks: Vec<Task<T>> = tasks.into_iter().collect();
    let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
    if !is_enough(&tasks, when) && limit != Some(Duration::ZERO) {
        let leave = match leave(&tasks, when, site) {
            Ok(leave) => leave,
            Err(error) => refuse("wait", &error),
        };
        let bell = Bell::new();
        let mut left = bell.hang(&mut tasks);
        let host = common_host(&tasks);
        leave.block(|may_drive| {
            let of = || common_loop(&tasks);
            let call = Call { site, companion: None, what: What::Tasks, of: &of };
            let way = way(&leave, may_drive, deadline, host.as_deref(), call);
            // Every ring is one task more: whether it is enough is asked of that one alone.
            while let Some(index) = bell.next(way, || tasks.iter().all(Task::is_begun)) {
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
    let bell = Bell::new();
    bell.hang(&mut tasks);
    let mut left = Left::default();
    tasks.iter().for_each(|task| left.add(task.on()));
    AsCompleted { left, tasks: tasks.into_iter().map(Some).collect(), bell }
}

/// A task's place in the input, and its result.
/// The shared loop that all `tasks` run on, which a thread that waits for them may drive.
fn common_host<'a, T: 'a>(tasks: impl IntoIterator<Item = &'a Task<T>>) -> Option<Arc<Shared>> {
    let mut hosts = tasks.into_iter().map(Task::host);
    let first = hosts.next()??;
    hosts.all(|host| host.is_some_and(|host| Arc::ptr_eq(host, first))).then(|| Arc::clone(first))
}

fn way<'a>(
    leave: &WaitGuard,
    may_drive: bool,
    deadline: Option<Instant>,
    host: Option<&'a Shared>,
    call: Call<'a>,
) -> Way<'a> {
    let host = host.map(|host| (host as &dyn Host, may_drive));
    Way { deadline, host, watch: leave.watch(), call: Some(call), ..Way::park() }
}

/// The loop that all of `tasks` that are left run on.
fn common_loop<'a, T: 'a>(tasks: impl IntoIterator<Item = &'a Task<T>>) -> Of {
    let mut loops = tasks.into_iter().filter(|task| !task.is_done()).map(Task::on);
    let first = loops.next();
    Of { on: first.filter(|first| loops.all(|on| on.id == first.id)).cloned(), job: None }
}

type Ended<T> = (usize, Result<T, Error>);

/// The iterator of [`as_completed`].
#[must_use = "iterators are lazy: `next` waits"]
pub struct AsCompleted<T> {
    /// Each until it is yielded.
    tasks: Vec<Option<Task<T>>>,
    left: Left,
    bell: Arc<Bell>,
}

/// How many tasks are left, in all and by loop: a step asks the loops, not the tasks, of which there may be many more.
#[derive(Default)]
struct Left {
    total: usize,
    by_loop: Vec<(Arc<LoopMeta>, usize)>,
}

impl Left {
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
    /// As `next`, for `limit` at most; what is left can be asked for again. `None` is the end.
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
    pub fn next_timeout(&mut self, limit: Duration) -> Result<Option<Ended<T>>, Error> {
        self.step(Some(limit))
    }

    #[track_caller]
    fn step(&mut self, limit: Option<Duration>) -> Result<Option<Ended<T>>, Error> {
        if self.left.total == 0 {
            return Ok(None);
        }
        let index = match (self.bell.rung(), limit) {
            (Some(index), _) => index,
            (None, Some(Duration::ZERO)) => return Err(Error::TimedOut(Duration::ZERO)),
            (None, limit) => {
                let site = Location::caller();
                let leave = self.leave(site)?;
                let of = || common_loop(self.tasks.iter().flatten());
                let call = Call { site, companion: None, what: What::Tasks, of: &of };
                let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
                let is_begun = || self.tasks.iter().flatten().all(Task::is_begun);
                let host = common_host(self.tasks.iter().flatten());
                leave.block(|may_drive| {
                    self.bell.wait(way(&leave, may_drive, deadline, host.as_deref(), call), is_begun);
                });
                // Before the ring is taken: it is the answer that the record of this wait speaks of.
                drop(leave);
                self.bell.rung().ok_or(Error::TimedOut(limit.unwrap_or(Duration::MAX)))?
            }
        };
        let task = self.tasks[index].take().expect("a task ends once, and rings once");
        self.left.remove(task.on());
        Ok(Some((index, task.result())))
    }

    /// Asks for leave to wait, on this thread, for a task to ring: none has that is left.
    fn leave(&self, site: &'static Location<'static>) -> Result<WaitGuard, Error> {
        if self.left.by_loop.iter().any(|(on, _)| on.is_left_behind()) {
            return Err(Error::Closed);
        }
        deadlock::may_wait_for(|| self.targets(), Need::Any, site).map_err(Error::WouldDeadlock)
    }

    /// Each loop; and where it has workers each task, as long as few are left. Of many, one will be free.
    fn targets(&self) -> Vec<Target<'_>> {
        const FEW: usize = 64;
        let ring = |job| Box::new(Ring { job, bell: Arc::clone(&self.bell) }) as Box<dyn Answer>;
        let mut targets = Vec::new();
        for (on, _) in &self.left.by_loop {
            if on.has_workers && self.left.total <= FEW {
                let tasks = self.tasks.iter().flatten().filter(|task| task.on().id == on.id);
                targets.extend(tasks.map(|task| Target::new(on, move || ring(Some(task.job().id())))));
            } else {
                targets.push(Target::new(on, move || ring(None)));
            }
        }
        targets
    }
}

impl<T> Iterator for AsCompleted<T> {
    type Item = Ended<T>;

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

/// Where there is no room for an `Error`.
#[cold]
#[track_caller]
fn refuse(function: &str, error: &Error) -> ! {
    panic!("`{function}`: {error}")
}

/// Asks for leave to wait for `tasks` on this thread.
fn leave<'a, T>(tasks: &'a [Task<T>], when: ReturnWhen, site: &'static Location<'static>) -> Result<WaitGuard, Error> {
    if tasks.iter().any(Task::is_lost) {
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
            let owed = move || Owed { jobs: tasks.iter().map(|task| task.job()).collect(), when };
            Target::new(on, move || Box::new(owed()))
        };
        by_loop.into_iter().chain(alone).map(target).collect()
    };
    let need = if when == ReturnWhen::FirstCompleted { Need::Any } else { Need::All };
    deadlock::may_wait_for(targets, need, site).map_err(Error::WouldDeadlock)
}

/// What one loop, or a task that may wait on its own, owes to a wait for tasks.
struct Owed {
    jobs: Vec<Arc<AnyJob>>,
    when: ReturnWhen,
}

impl Answer for Owed {
    fn job(&self) -> Option<JobId> {
        self.jobs.first().map(|job| job.id())
    }

    fn has_come(&self) -> bool {
        let mut come = self.jobs.iter().map(Answer::has_come);
        if self.when == ReturnWhen::FirstCompleted { come.any(|come| come) } else { come.all(|come| come) }
    }

    fn ends_all(&self) -> bool {
        self.when == ReturnWhen::FirstError && self.jobs.iter().any(|job| job.signal.state.has_failed())
    }
}

/// Where tasks ring when they end, and one thread waits for that.
struct Bell(Mutex<Rung>);

#[derive(Default)]
struct Rung {
    /// The indices of those that have rung and were not looked at yet.
    indices: VecDeque<usize>,
    /// Of the thread that waits.
    waker: Option<Waker>,
}

impl Bell {
    fn new() -> Arc<Bell> {
        Arc::new(Bell(Mutex::default()))
    }

    /// No code of the user's runs under this lock.
    fn lock(&self) -> MutexGuard<'_, Rung> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes each task ring when it ends, or now if it has. Says how many will, or did.
    fn hang<T>(self: &Arc<Self>, tasks: &mut [Task<T>]) -> usize {
        for (index, task) in tasks.iter_mut().enumerate() {
            let cord = Cord { index, bell: Arc::clone(self) };
            if task.is_done() || !task.register(&Waker::from(Arc::new(cord))) {
                self.ring(index);
            }
        }
        tasks.len()
    }

    fn ring(&self, index: usize) {
        let mut rung = self.lock();
        rung.indices.push_back(index);
        let waker = rung.waker.take();
        drop(rung);
        waker.into_iter().for_each(Waker::wake);
    }

    fn has_rung(&self) -> bool {
        !self.lock().indices.is_empty()
    }

    /// The next that has rung.
    fn rung(&self) -> Option<usize> {
        self.lock().indices.pop_front()
    }

    /// The next that has rung, waited for until `deadline`.
    fn next(&self, way: Way<'_>, is_begun: impl Fn() -> bool) -> Option<usize> {
        self.wait(way, is_begun);
        self.rung()
    }

    /// Until one has rung, or `deadline`.
    fn wait(&self, way: Way<'_>, is_begun: impl Fn() -> bool) {
        let arm = |waker: &Waker| {
            let mut rung = self.lock();
            let waits = rung.indices.is_empty();
            if waits {
                rung.waker = Some(waker.clone());
            }
            waits
        };
        block::until(way, arm, || self.has_rung(), is_begun);
    }
}

/// What a loop, or a task that may wait on its own, owes to the step of [`as_completed`].
struct Ring {
    job: Option<JobId>,
    bell: Arc<Bell>,
}

impl Answer for Ring {
    fn job(&self) -> Option<JobId> {
        self.job
    }

    /// Any of the tasks ends a wait at the bell that they all hang on.
    fn has_come(&self) -> bool {
        self.bell.has_rung()
    }
}

/// The waker of one task.
struct Cord {
    index: usize,
    bell: Arc<Bell>,
}

impl Wake for Cord {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.bell.ring(self.index);
    }
}
