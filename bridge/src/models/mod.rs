//! The races of the protocol, walked by loom: every order of steps, and every value that a load may see, up to the
//! number of preemptions that `ci/loom` sets.
//!
//! What is modelled is the code itself: [`State`](crate::task::raw::state::State), [`Completion`], the queue, jobs and
//! their wakers, cores, join handles, the waker of a tokio task that polls a job, the driver and its end, the wait
//! loop, cancellers, and who drives a shared loop. Only tokio is replaced, by [`ModelLoop`], which polls the driver
//! when it was woken, and by a core that parks. Not modelled: the driver task, `Spawned`, `deadlock`, the clock (a
//! deadline here has passed or never will), and reference counts, which are std's.

mod call;
mod cancel;
mod completion;
mod external;
mod job;
mod queue;
mod role;
mod wake;

use std::pin::Pin;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, LazyLock, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use crate::deadlock::current::LoopMeta;
use crate::event_loop::driver::Driver;
use crate::event_loop::scheduler::{Scheduler, Shutdown};
use crate::instrument::stall::Threshold;
use crate::loom::{AtomicU32, Ordering, Thread, UnsafeCell, current, park};
use crate::task::block::WaitOptions;
use crate::task::join::{self, JoinHandle};
use crate::task::raw::completion::Outcome;
use crate::task::raw::header::Pushable;

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
        Body { seen: self.clone(), until: Until::Polls(pending) }
    }

    /// A future that is never ready, and that nothing wakes.
    fn never(&self) -> Body {
        Body { seen: self.clone(), until: Until::Never }
    }

    /// A future that is ready when it finds all of `flags` set.
    fn ready_when(&self, flags: &Arc<Flags>) -> Body {
        Body { seen: self.clone(), until: Until::Flags(Arc::clone(flags)) }
    }

    /// A future that is ready when it is polled after `event`, which wakes it.
    fn ready_at(&self, event: &Event) -> Body {
        Body { seen: self.clone(), until: Until::Event(event.clone()) }
    }

    /// It is over for the calling thread: what the future borrowed is free again.
    fn is_over(&self) {
        self.borrowed.touch();
        assert_eq!(self.dropped.get(), 1, "a future is dropped once, before the job is done");
    }
}

struct Body {
    seen: Seen,
    until: Until,
}

/// When a body is ready.
enum Until {
    Polls(u32),
    Event(Event),
    Flags(Arc<Flags>),
    Never,
}

/// What several threads say, by stores that order nothing.
#[derive(Default)]
struct Flags {
    set: [Flag; 2],
    /// As that of an event.
    waker: Mutex<Option<Waker>>,
}

struct Flag(AtomicU32);

impl Default for Flag {
    fn default() -> Flag {
        Flag(AtomicU32::new(0))
    }
}

impl Flags {
    fn are_set(&self, waker: &Waker) -> bool {
        self.waker.lock().unwrap().get_or_insert_with(|| waker.clone());
        self.set.iter().all(|flag| flag.0.load(Ordering::Relaxed) != 0)
    }

    /// Sets one of them, and wakes who asked before.
    fn set(&self, flag: usize) {
        self.set[flag].0.store(1, Ordering::Relaxed);
        let waker = self.waker.lock().unwrap().clone();
        waker.expect("somebody has asked").wake();
    }
}

/// Something that other threads bring about.
#[derive(Clone)]
struct Event(Arc<EventState>);

struct EventState {
    happened: AtomicU32,
    /// The lock is no step of the model, and never waited for.
    waker: Mutex<Option<Waker>>,
}

impl Event {
    fn new() -> Event {
        Event(Arc::new(EventState { happened: AtomicU32::new(0), waker: Mutex::default() }))
    }

    /// Leaves `waker`, then looks.
    fn has_happened(&self, waker: &Waker) -> bool {
        let waker = waker.clone();
        drop(self.0.waker.lock().unwrap().replace(waker));
        // An exchange, since the lock orders nothing for loom.
        self.0.happened.fetch_add(0, Ordering::AcqRel) != 0
    }

    /// Happens, and wakes by a clone: the waker stays for others.
    fn happen(&self) {
        self.0.happened.fetch_add(1, Ordering::AcqRel);
        let waker = self.0.waker.lock().unwrap().clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Future for Body {
    type Output = Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Output> {
        self.seen.polls.up();
        self.seen.borrowed.touch();
        let is_ready = match &mut self.until {
            Until::Polls(0) => true,
            Until::Polls(left) => {
                *left -= 1;
                cx.waker().wake_by_ref();
                false
            }
            Until::Event(event) => event.has_happened(cx.waker()),
            Until::Flags(flags) => flags.are_set(cx.waker()),
            Until::Never => false,
        };
        if is_ready { Poll::Ready(Output(self.seen.output.clone())) } else { Poll::Pending }
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
struct ModelLoop {
    scheduler: Arc<Scheduler>,
    runtime: Arc<Unpark>,
    sleeps: Count,
}

/// Who the loops of all models are, which is no part of them. Nobody spins: for how long hangs on a clock.
static ON: LazyLock<Arc<LoopMeta>> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    LoopMeta::new(runtime.handle().id(), Arc::from("model"), Duration::ZERO)
});

impl ModelLoop {
    fn new() -> ModelLoop {
        ModelLoop {
            scheduler: Arc::new(Scheduler::new(ON.id, Threshold::none())),
            runtime: Unpark::current(),
            sleeps: Count::default(),
        }
    }

    fn push(&self, job: Pushable) {
        self.scheduler.push(job);
    }

    fn driver(&self) -> Driver {
        Driver::new(Arc::clone(&self.scheduler), Duration::ZERO)
    }

    /// What the runtime does, when it was woken. True when the loop is to end.
    fn poll(&self, driver: &mut Driver) -> bool {
        let waker = Waker::from(Arc::clone(&self.runtime));
        driver.poll(&mut Context::from_waker(&waker), || false).is_ready()
    }

    fn sleep(&self) {
        self.sleeps.up();
        while !self.runtime.take() {
            park();
        }
    }

    /// Runs until `jobs` have come and gone.
    fn serve(&self, jobs: usize) {
        self.serve_by(&mut self.driver(), jobs);
    }

    fn serve_by(&self, driver: &mut Driver, jobs: usize) {
        loop {
            assert!(!self.poll(driver), "nobody ends it");
            if driver.ended >= jobs {
                return;
            }
            self.sleep();
        }
    }

    /// Runs until it was to drain, and has.
    fn serve_until_finished(&self) {
        let mut driver = self.driver();
        while !self.poll(&mut driver) {
            self.sleep();
        }
        driver.close();
    }

    fn finish(&self) {
        self.scheduler.shut_down(Shutdown::Drain);
    }

    /// What is there is run once; whatever is left is dropped.
    fn serve_once_and_close(&self) {
        let mut driver = self.driver();
        self.poll(&mut driver);
        driver.close();
    }
}

fn submit(on: &ModelLoop, body: Body) -> JoinHandle<Output> {
    join::submit(body, |job| on.push(job))
}

fn result(mut owner: JoinHandle<Output>) -> Outcome<Output> {
    assert!(owner.wait(WaitOptions::park()).is_over());
    owner.take().expect("what is done has an outcome")
}

/// Whether `outcome` is the value. It is never a panic.
fn is_value(outcome: &Outcome<Output>) -> bool {
    assert!(!matches!(outcome, Outcome::Panicked(_)), "nothing panics, unless loom has found something");
    matches!(outcome, Outcome::Value(_))
}
