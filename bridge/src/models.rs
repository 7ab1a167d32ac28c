//! The races of the protocol, walked by loom: every order of steps, and every value that a load may see, up to the
//! number of preemptions that `ci/loom` sets.
//!
//! What is modelled is the code itself: [`State`](crate::state::State), [`Signal`], the queue, jobs, frames, owners
//! and the park loop. Only tokio is stood in for, by [`Loop`]: it does what `Driver::poll` and a tokio task do, in few
//! steps. Not modelled: `Driver` and its plan, `Spawned`, `context`, the clock (a deadline here has passed or never
//! will), and counts of references, which are std's.

mod call;
mod job;
mod queue;
mod signal;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::task::{Context, Poll, Wake, Waker};

use crate::job::AnyJob;
use crate::queue::{Pushed, Queue};
use crate::slot::Outcome;
use crate::spin::LoopWas;
use crate::sync::{AtomicU32, Ordering, Thread, UnsafeCell, current, park};

/// A count that is no step of the model.
#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl Count {
    fn up(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Memory that a future borrows: loom finds out who touches it out of turn.
#[derive(Clone, Default)]
struct Borrowed(Arc<Cell>);

struct Cell(UnsafeCell<u32>);

impl Default for Cell {
    fn default() -> Cell {
        Cell(UnsafeCell::new(0))
    }
}

// SAFETY: that it is touched by one thread at a time is what the models are to show.
unsafe impl Send for Cell {}
// SAFETY: as above.
unsafe impl Sync for Cell {}

impl Borrowed {
    fn touch(&self) {
        // SAFETY: loom panics if another thread may be at it.
        self.0.0.with_mut(|n| unsafe { *n += 1 });
    }

    fn look(&self) {
        // SAFETY: loom panics if another thread may be writing.
        self.0.0.with(|n| unsafe { *n });
    }
}

/// What is seen of a future from outside.
#[derive(Clone, Default)]
struct Seen {
    borrowed: Borrowed,
    polls: Count,
    /// How often the future was dropped.
    dropped: Count,
    /// How often its output was dropped.
    output: Count,
}

impl Seen {
    /// A future that is ready after `pending` polls, each of which wakes its task.
    fn ready_after(&self, pending: u32) -> Body {
        Body { seen: self.clone(), pending: Some(pending) }
    }

    /// A future that is never ready, and that nothing wakes.
    fn never(&self) -> Body {
        Body { seen: self.clone(), pending: None }
    }

    /// It is over for the calling thread: what the future borrowed is free again.
    fn is_over(&self) {
        self.borrowed.touch();
        assert_eq!(self.dropped.get(), 1, "a future is dropped once, before the job is done");
    }
}

struct Body {
    seen: Seen,
    pending: Option<u32>,
}

impl Future for Body {
    type Output = Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Output> {
        self.seen.polls.up();
        self.seen.borrowed.touch();
        match &mut self.pending {
            Some(0) => return Poll::Ready(Output(self.seen.output.clone())),
            Some(left) => {
                *left -= 1;
                cx.waker().wake_by_ref();
            }
            None => {}
        }
        Poll::Pending
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.seen.borrowed.touch();
        self.seen.dropped.up();
    }
}

#[derive(Debug)]
struct Output(Count);

impl std::fmt::Debug for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.get().fmt(f)
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.0.up();
    }
}

/// A waker that counts, and unparks a thread.
struct Unpark {
    thread: Thread,
    woken: AtomicU32,
    wakes: Count,
}

impl Unpark {
    fn current() -> Arc<Unpark> {
        Arc::new(Unpark { thread: current(), woken: AtomicU32::new(0), wakes: Count::default() })
    }

    /// Whether it was woken since the last time.
    fn take(&self) -> bool {
        self.woken.swap(0, Ordering::Acquire) != 0
    }
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.wakes.up();
        // A swap, as in tokio. Loom may put a plain store before a swap that did not see it.
        self.woken.swap(1, Ordering::AcqRel);
        self.thread.unpark();
    }
}

/// The loop's side, for the thread that made it.
#[derive(Clone)]
struct Loop {
    queue: Arc<Queue>,
    driver: Arc<Unpark>,
    /// Stands for the place of the driver's waker, which the loop fills before it sleeps.
    waker: Borrowed,
    sleeps: Count,
    /// Whether it looks before it sleeps.
    looks: bool,
}

/// A job that is pending, as tokio has it.
struct Task {
    job: Arc<AnyJob>,
    waker: Arc<Unpark>,
}

impl Task {
    /// Polls it if it was woken. Whether it has ended.
    fn turn(&self) -> bool {
        self.waker.take() && self.poll()
    }

    fn poll(&self) -> bool {
        self.job.run(&mut Context::from_waker(&Waker::from(Arc::clone(&self.waker)))).is_ready()
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.job.close();
    }
}

impl Loop {
    fn new() -> Loop {
        let queue = Arc::new(Queue::new());
        Loop { queue, driver: Unpark::current(), waker: Borrowed::default(), sleeps: Count::default(), looks: false }
    }

    fn that_looks() -> Loop {
        Loop { looks: true, ..Loop::new() }
    }

    /// As `Remote::push`.
    fn push(&self, job: Arc<AnyJob>) -> LoopWas {
        match self.queue.push(job) {
            Pushed::Found(was) => {
                if was == LoopWas::Asleep {
                    self.waker.look();
                    Arc::clone(&self.driver).wake();
                }
                was
            }
            Pushed::Closed(job) => {
                job.refuse();
                LoopWas::Asleep
            }
        }
    }

    /// As `Driver::poll` and the runtime around it, until `jobs` have come and gone.
    fn serve(&self, jobs: usize) {
        self.waker.touch();
        let mut tasks = Vec::new();
        let mut ended = 0;
        loop {
            let mut slept = true;
            for job in self.queue.take() {
                slept = false;
                ended += usize::from(self.first_poll(job, &mut tasks));
            }
            let before = tasks.len();
            tasks.retain(|task| !task.turn());
            ended += before - tasks.len();
            if ended == jobs {
                return;
            }
            if slept && self.looks && (!self.queue.look() || !self.queue.is_looked_at()) {
                continue;
            }
            if slept && self.queue.sleep() {
                self.sleeps.up();
                park();
            }
        }
    }

    /// As `Driver::run`. Whether the job has ended.
    fn first_poll(&self, job: Arc<AnyJob>, tasks: &mut Vec<Task>) -> bool {
        if job.run(&mut Context::from_waker(Waker::noop())).is_ready() {
            return true;
        }
        let task = Task { job, waker: Unpark::current() };
        // A task that was spawned is polled without having been woken.
        if task.poll() {
            return true;
        }
        tasks.push(task);
        false
    }

    /// The jobs that are there are taken up; whatever is left is dropped, in the order of `event_loop`.
    fn serve_once_and_close(&self) {
        let mut tasks = Vec::new();
        for job in self.queue.take() {
            self.first_poll(job, &mut tasks);
        }
        self.queue.close();
        drop(self.queue.take());
        drop(tasks);
    }
}

/// Whether `outcome` is the value; what it is of else.
fn is_value(outcome: &Outcome<Output>) -> bool {
    assert!(!matches!(outcome, Outcome::Panicked(_)), "nothing panics, unless loom has found something");
    matches!(outcome, Outcome::Value(_))
}
