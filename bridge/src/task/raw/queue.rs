//! Callers push, the loop drains.
//!
//! One word holds the newest job and its marks. Many push, by compare-exchange; one takes everything at once.
//! The links are the jobs' own, so a push allocates nothing.
//!
//! | word | a push | the loop |
//! | --- | --- | --- |
//! | jobs, or none | links itself in front | takes all, goes on |
//! | none, [`ASLEEP`] | takes the mark away and wakes the loop | – |
//! | [`CLOSED`], with the jobs from before | of a new job is refused; of one that was woken, links itself in front | takes all |
//! | none, [`CLOSED`] and [`ASLEEP`] | of a woken job takes the mark of sleep away and wakes the loop | – |
//! | [`ENDED`] | is refused | – |
//!
//! A closed queue takes woken jobs in until the loop has ended: a loop that finishes what it has runs them.
//!
//! The loop goes to sleep by marking the *empty* word; if a job came in between, the exchange fails and it takes
//! the job. Of a burst, the first push takes the mark away and wakes, and the others find a loop that is awake.

use std::mem::ManuallyDrop;
use std::ptr;

use crate::loom::{AtomicPtr, Ordering};
use crate::task::raw::header::{Header, Pushable, TaskRef};
use crate::unwind::catch_and_drop;

/// The loop waits to be woken. Only an empty queue has it.
const ASLEEP: usize = 1;
/// Nothing new will be taken in.
const CLOSED: usize = 2;
/// Nothing at all will be taken in.
const ENDED: usize = CLOSED | 4;
const MARKS: usize = ASLEEP | ENDED;

/// The loop's way in.
#[derive(Debug)]
pub(crate) struct Queue {
    // A `*const Header` of a queued job, whose low bits are the marks. See the alignment of a header.
    head: AtomicPtr<Header>,
}

/// What a push has to see to.
pub(crate) enum Pushed {
    /// It is in the queue. True: the loop sleeps, and is this push's to wake.
    Queued { wake: bool },
    /// Nothing was pushed; the job is the caller's again.
    Closed(TaskRef),
}

impl Queue {
    pub(crate) fn new() -> Queue {
        Queue { head: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Adds a new job.
    pub(crate) fn push(&self, job: Pushable) -> Pushed {
        self.push_unless(CLOSED, job)
    }

    /// Adds a job that has been here before, and was woken. Or a new one, of a call that is under way.
    pub(crate) fn push_again(&self, job: Pushable) -> Pushed {
        self.push_unless(ENDED, job)
    }

    /// Adds a job, if not all of `refused` is marked.
    fn push_unless(&self, refused: usize, job: Pushable) -> Pushed {
        // Its reference is the queue's once it is pushed, and may be given up by then.
        let job = ManuallyDrop::new(job);
        // ORDERING: a guess, which the exchange checks.
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            if marks(head) & refused == refused {
                return Pushed::Closed(ManuallyDrop::into_inner(job).into_task());
            }
            job.set_next(unmarked(head));
            let to = job.as_ptr().cast_mut().map_addr(|addr| addr | (marks(head) & CLOSED));
            // ORDERING: Release hands over the link and the job. Acquire on success is for ASLEEP: the loop's
            // waker, which the pusher is about to use, was set before the mark. A failure reads nothing.
            match self.head.compare_exchange_weak(head, to, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return Pushed::Queued { wake: marks(head) & ASLEEP != 0 },
                Err(seen) => head = seen,
            }
        }
    }

    /// Takes everything out, oldest first. An empty queue keeps its marks. For the loop's thread.
    pub(crate) fn take(&self) -> Taken {
        self.take_and_mark(0)
    }

    /// Takes everything out for the last time: whatever comes from now on is refused. For the loop's thread.
    pub(crate) fn end(&self) -> Taken {
        self.take_and_mark(ENDED)
    }

    fn take_and_mark(&self, mark: usize) -> Taken {
        // ORDERING: a guess, which the exchange checks.
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            if unmarked(head).is_null() && mark == 0 {
                return Taken { next: None };
            }
            let to = ptr::null_mut::<Header>().map_addr(|_| (marks(head) & CLOSED) | mark);
            // ORDERING: Acquire pairs with the Release of every push whose job is in the list: each exchange is
            // a read-modify-write, so the release sequences of the older pushes go on through the newer.
            match self.head.compare_exchange_weak(head, to, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => {
                    let newest = unmarked(head);
                    // SAFETY: the queue had the reference of each job that was pushed, and gives this one to the list.
                    let newest = (!newest.is_null()).then(|| unsafe { TaskRef::from_raw(newest) });
                    return Taken { next: reversed(newest) };
                }
                Err(seen) => head = seen,
            }
        }
    }

    /// The loop is about to wait for a push. False: something is there, or the queue is closed.
    pub(crate) fn sleep(&self) -> bool {
        self.mark_asleep(0)
    }

    /// The loop, which knows that the queue is closed, is about to wait for a woken job. False: something is there.
    pub(crate) fn sleep_closed(&self) -> bool {
        self.mark_asleep(CLOSED)
    }

    pub(crate) fn is_empty(&self) -> bool {
        // ORDERING: what has come is acquired by `take`.
        unmarked(self.head.load(Ordering::Relaxed)).is_null()
    }

    /// Marks an empty queue, open or `closed`.
    fn mark_asleep(&self, closed: usize) -> bool {
        let marked = ptr::null_mut::<Header>().map_addr(|_| closed | ASLEEP);
        // ORDERING: a guess, which the exchange checks.
        let mut head = self.head.load(Ordering::Relaxed);
        while unmarked(head).is_null() && marks(head) & CLOSED == closed {
            if head == marked {
                return true;
            }
            // ORDERING: Release: a push that finds the mark sees the waker that it has to use. A failure reads
            // nothing.
            match self.head.compare_exchange_weak(head, marked, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(seen) => head = seen,
            }
        }
        false
    }

    /// Refuses every later push of a new job. What is queued stays for the loop to take.
    pub(crate) fn close(&self) {
        // ORDERING: a guess, which the exchange checks.
        let mut head = self.head.load(Ordering::Relaxed);
        while marks(head) & CLOSED == 0 {
            let to = head.map_addr(|addr| (addr & !MARKS) | CLOSED);
            // ORDERING: Release, so that a loop that finds the mark (by `take` or `is_closed`) sees what was
            // decided before it; it also goes on with the pushers' release sequences. Acquire, since it may take
            // the mark of sleep away: the waker that the closer uses next was set before that.
            match self.head.compare_exchange_weak(head, to, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return,
                Err(seen) => head = seen,
            }
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        // ORDERING: Acquire pairs with `close`.
        marks(self.head.load(Ordering::Acquire)) & CLOSED != 0
    }
}

fn marks(head: *mut Header) -> usize {
    head.addr() & MARKS
}

fn unmarked(head: *mut Header) -> *const Header {
    head.map_addr(|addr| addr & !MARKS)
}

/// Turns a list around: pushes leave the newest in front.
fn reversed(mut newest: Option<TaskRef>) -> Option<TaskRef> {
    let mut oldest = None;
    while let Some(task) = newest {
        // SAFETY: this thread has taken the list out of the queue, and takes each job off it once.
        newest = unsafe { task.replace_next(oldest.take()) };
        oldest = Some(task);
    }
    oldest
}

/// Jobs taken out of a queue, oldest first. The rest is handed out by `next`, or closed when this is dropped.
#[derive(Debug)]
pub(crate) struct Taken {
    next: Option<TaskRef>,
}

impl Iterator for Taken {
    type Item = TaskRef;

    fn next(&mut self) -> Option<TaskRef> {
        let task = self.next.take()?;
        // SAFETY: the list is this thread's since `take`, and each job is taken off it once.
        self.next = unsafe { task.replace_next(None) };
        Some(task)
    }
}

impl Taken {
    pub(crate) fn has_next(&self) -> bool {
        self.next.is_some()
    }

    /// Closes what is left. Says whether there was a job that had not ended by itself.
    pub(crate) fn close(mut self) -> bool {
        self.close_rest()
    }

    fn close_rest(&mut self) -> bool {
        let mut closed = false;
        for job in self {
            closed |= !job.completion.state.is_done();
            job.close();
            // What hangs on the last reference may be the user's, and the others still have to be closed.
            catch_and_drop(|| job);
        }
        closed
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.close_rest();
    }
}
