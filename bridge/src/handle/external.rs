//! [`External`]: a tokio runtime that this crate does not drive.
//!
//! Scoped calls are polled on the calling thread, inside the runtime's context; only what is submitted becomes a task. So
//! such a call would not notice that the runtime shuts down. A *sentinel* does: one task for each runtime, spawned by the
//! first call, that is never ready. The runtime drops it when it shuts down, before it shuts its timers and sockets down.
//! The drop ends all calls.

use std::any::Any;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use tokio::runtime::Handle as TokioHandle;

use crate::deadlock::current::{self, LoopMeta, Polling};
use crate::deadlock::registry::{self, Known};
use crate::loom::{Mutex, lock};
use crate::park::Host;
use crate::park::waiter::Waiter;
use crate::shared_loop::role::{Role, Turn};
use crate::task::raw::header::TaskRef;
use crate::task::raw::job::{Ran, Runner};
use crate::unwind::catch_and_drop;

/// An external runtime, for those who call it.
#[derive(Debug)]
pub(crate) struct External {
    pub(crate) runtime: TokioHandle,
    pub(crate) on: Arc<LoopMeta>,
    /// No thread of this crate drives it: all callers park.
    role: Role<Infallible>,
    has_sentinel: AtomicBool,
    heartbeat: Heartbeat,
}

/// Tells whether the runtime polls at all.
#[derive(Debug, Default)]
struct Heartbeat {
    asked: AtomicU64,
    answered: AtomicU64,
    sentinel: Mutex<Option<Waker>>,
}

impl External {
    /// What is known of that runtime.
    pub(crate) fn of(runtime: &TokioHandle) -> Arc<External> {
        registry::find_or_insert(runtime.id(), || Arc::new(External::new(runtime)))
    }

    fn new(runtime: &TokioHandle) -> External {
        External {
            runtime: runtime.clone(),
            on: LoopMeta::external(runtime),
            role: Role::new(),
            has_sentinel: AtomicBool::new(false),
            heartbeat: Heartbeat::default(),
        }
    }

    /// Whether the runtime has shut down.
    pub(crate) fn has_ended(self: &Arc<Self>) -> bool {
        // ORDERING: it hands nothing over. A second caller may find the sentinel not spawned yet, and the runtime open.
        if !self.has_sentinel.load(Ordering::Relaxed) && !self.has_sentinel.swap(true, Ordering::Relaxed) {
            // One that has shut down drops it on the spot.
            drop(self.runtime.spawn(Sentinel(Arc::clone(self))));
        }
        self.role.ends_calls()
    }

    /// Gives a job to the runtime, of which it is not known what it does.
    pub(crate) fn spawn(&self, job: TaskRef) {
        current::hand_over(|| drop(self.runtime.spawn(Spawned { job, on: Arc::clone(&self.on) })));
    }

    /// Whether the runtime drops a task that it is given: it has shut down, or has begun to.
    pub(crate) fn refuses_tasks(self: &Arc<Self>) -> bool {
        let mut ran = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&ran);
        // ORDERING: `get_mut` acquires what came before the drop of the other reference.
        drop(self.runtime.spawn(async move { flag.store(true, Ordering::Relaxed) }));
        Arc::get_mut(&mut ran).is_some_and(|ran| !*ran.get_mut())
    }

    /// Ends the calls if the runtime's blocking pool has shut down. A worker that blocks leaves its tasks to a thread
    /// of that pool; if the pool shuts down before that thread has begun, nobody ever drops them, the sentinel among them.
    pub(crate) fn ask_pool(self: &Arc<Self>) {
        struct ClosesUnrun(Option<Arc<External>>);
        impl Drop for ClosesUnrun {
            fn drop(&mut self) {
                if let Some(external) = self.0.take() {
                    external.role.close();
                }
            }
        }
        let mut unrun = ClosesUnrun(Some(Arc::clone(self)));
        // It panics where the system gives no thread.
        catch_and_drop(|| self.runtime.spawn_blocking(move || drop(unrun.0.take())));
    }

    /// Asks the runtime for a sign of life, for [`has_answered`](External::has_answered).
    pub(crate) fn ask(&self) -> u64 {
        // ORDERING: Release hands the question to the sentinel, which reads `asked` (Acquire) after the wake.
        let number = self.heartbeat.asked.fetch_add(1, Ordering::AcqRel) + 1;
        let sentinel = lock(&self.heartbeat.sentinel).clone();
        sentinel.into_iter().for_each(Waker::wake);
        number
    }

    pub(crate) fn has_answered(&self, number: u64) -> bool {
        // ORDERING: Acquire: what the runtime did before it answered is seen.
        self.heartbeat.answered.load(Ordering::Acquire) >= number
    }
}

impl Drop for External {
    fn drop(&mut self) {
        registry::remove_unused(self.on.id);
    }
}

impl Known for External {
    fn on(&self) -> &Arc<LoopMeta> {
        &self.on
    }

    fn external(&self) -> Option<&TokioHandle> {
        Some(&self.runtime)
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl Host for External {
    fn wait(&self, waiter: &Arc<Waiter>, _: bool, deadline: Option<Instant>) -> bool {
        match self.role.turn(waiter, false, deadline) {
            Turn::Ended => return false,
            Turn::Drive(never) => match never {},
            Turn::Park => waiter.park(deadline),
        }
        true
    }

    fn leave(&self, waiter: &Arc<Waiter>) {
        // In a child another thread of the parent may have the lock for good.
        if !self.on.is_of_parent_process() {
            self.role.leave(waiter, false);
        }
    }

    fn ends_calls(&self) -> bool {
        self.role.ends_calls() || self.on.is_of_parent_process()
    }
}

/// The task that notices the runtime's end.
struct Sentinel(Arc<External>);

impl Future for Sentinel {
    type Output = Infallible;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Infallible> {
        let heartbeat = &self.0.heartbeat;
        let old = lock(&heartbeat.sentinel).replace(cx.waker().clone());
        drop(old);
        // ORDERING: an exchange reads the newest number: whoever asks later finds the waker.
        heartbeat.answered.store(heartbeat.asked.fetch_add(0, Ordering::AcqRel), Ordering::Release);
        Poll::Pending
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        self.0.role.close();
        // It leads back to the runtime.
        let waker = lock(&self.0.heartbeat.sentinel).take();
        drop(waker);
    }
}

/// A job as a tokio task of the runtime `on`. When a runtime that shuts down drops it, its job ends.
struct Spawned {
    job: TaskRef,
    on: Arc<LoopMeta>,
}

impl Future for Spawned {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let polling = Polling::start(&self.on, self.job.id());
        let ran = self.job.run(Runner::Task(cx.waker()));
        drop(polling);
        match ran {
            Ran::Ended => Poll::Ready(()),
            Ran::Pending | Ran::Woken(_) => Poll::Pending,
        }
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        let _polling = Polling::start_dropping(&self.on, self.job.id());
        self.job.close();
    }
}
