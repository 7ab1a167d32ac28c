//! [`RunningLoop`]: an event loop on the thread that runs it.
//!
//! An event loop is a tokio `LocalRuntime` and a [`Driver`] on one thread. It ends in this order, on that thread, inside
//! its own context and also when it ends by a panic: the queue is closed; what was never polled is dropped and
//! resolved; what is pending is dropped and resolved; the runtime drops the tasks that were spawned onto it; it waits for
//! `spawn_blocking` threads that are still busy, for a timeout if one was given; the thread says that it has ended.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::panic::Location;
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder as TokioBuilder, LocalOptions, LocalRuntime};

use super::driver::{Driver, DriverTask};
use super::loop_ref::{LoopRef, Registered};
use super::scheduler::Scheduler;
use crate::deadlock::blocked::{Call, Of, WaitFor};
use crate::deadlock::current::{Driving, LoopMeta};
use crate::instrument::Subscriber;
use crate::instrument::stall::{MeasuredPoll, Site, Threshold};
use crate::park::waiter::Waiter;
use crate::task::nested::SetAside;

/// An event loop on the thread that runs it. Dropping it ends the loop, in the order that the module's docs give. The other types
/// that are "the loop" are listed in [`event_loop`](super).
pub(crate) struct RunningLoop {
    driver: Rc<RefCell<Driver>>,
    /// There until the drop.
    runtime: Option<LocalRuntime>,
    /// How its end waits for `spawn_blocking` threads, if not for as long as it takes.
    pub(crate) pool_wait: Option<BlockingPoolWait>,
    /// The line that runs it, which its end holds up as well. `None`: it has a thread of its own.
    run_at: Option<&'static Location<'static>>,
    pub(crate) loop_ref: Arc<LoopRef>,
    _registered: Registered,
    _driving: (SetAside, Driving),
}

impl RunningLoop {
    pub(crate) fn start(
        mut runtime: TokioBuilder,
        name: &str,
        spin: Duration,
        slow_poll: Duration,
    ) -> io::Result<RunningLoop> {
        let runtime = runtime.build_local(LocalOptions::default())?;
        let on = LoopMeta::new(runtime.handle().id(), Arc::from(name), spin);
        let scheduler = Arc::new(Scheduler::new(on.id, Threshold::new(slow_poll, &on.name)));
        let driver = Driver::new(Arc::clone(&scheduler), spin);
        let driving = Driving::start(Arc::clone(&on));
        let loop_ref = LoopRef::new(on, scheduler, runtime.handle().clone());
        let registered = Registered::new(&loop_ref);
        let driver = Rc::new(RefCell::new(driver));
        let running = RunningLoop {
            driver,
            runtime: Some(runtime),
            pool_wait: None,
            run_at: None,
            loop_ref,
            _registered: registered,
            _driving: (SetAside::new(), driving),
        };
        // Not before: what follows may run a hook of the user's, whose panic ends the loop by this drop.
        drop(running.runtime().spawn_local(DriverTask::new(&running.driver)));
        Ok(running)
    }

    fn runtime(&self) -> &LocalRuntime {
        self.runtime.as_ref().expect("it is there until the drop")
    }

    /// Runs until `main` is ready.
    #[track_caller]
    pub(crate) fn run<F: Future>(mut self, main: F) -> F::Output {
        let site = Location::caller();
        self.run_at = Some(site);
        self.runtime().block_on(async {
            // In here, so that it is dropped in the loop's context also when it panics.
            let mut main = pin!(main);
            poll_fn(|cx| {
                let mut measured = MeasuredPoll::new(Some(&self.loop_ref.scheduler.slow_poll));
                measured.start();
                let polled = main.as_mut().poll(cx);
                measured.end(|| (Site::new(site), Subscriber::of_thread()));
                measured.warn();
                if polled.is_ready() {
                    return polled;
                }
                // Only the owner of an `EventLoop` shuts its loop down, and this loop has none.
                let _ = self.driver.borrow_mut().poll(cx, || false);
                Poll::Pending
            })
            .await
        })
    }

    /// Runs until the loop is shut down.
    pub(crate) fn run_until_stopped(self) {
        self.runtime().block_on(poll_fn(|cx| self.driver.borrow_mut().poll(cx, || false)));
    }
}

impl Drop for RunningLoop {
    fn drop(&mut self) {
        let context = self.runtime.as_ref().map(LocalRuntime::enter);
        self.driver.borrow_mut().close();
        drop(context);
        let (Some(runtime), pool_wait) = (self.runtime.take(), self.pool_wait.take()) else { return };
        let of = || Of { on: Some(Arc::clone(&self.loop_ref.on)), job: None };
        let call = |site| Call { site, companion: None, what: WaitFor::End, of: &of };
        // It waits in there, by no waiter.
        let _listed = self.run_at.map(|site| call(site).enter(&Waiter::new()));
        let Some(pool_wait) = pool_wait else { return drop(runtime) };
        // It drops its tasks, on which a blocking thread may depend, and waits for no thread.
        runtime.shutdown_background();
        pool_wait.wait();
    }
}

/// Waits for a runtime's `spawn_blocking` threads for a time.
pub(crate) struct BlockingPoolWait {
    timeout: Duration,
    started: Arc<AtomicUsize>,
    ended: mpsc::Receiver<()>,
}

impl BlockingPoolWait {
    /// Of a runtime that is to be built, whose hooks are free.
    pub(crate) fn new(runtime: &mut TokioBuilder, thread_name: String, timeout: Duration) -> BlockingPoolWait {
        let started = Arc::new(AtomicUsize::new(0));
        let (sender, ended) = mpsc::channel();
        let count = Arc::clone(&started);
        // It is asked for a name before each thread starts.
        runtime.thread_name_fn(move || {
            // ORDERING: read after the runtime, under a lock of its own, has stopped to start threads.
            count.fetch_add(1, Ordering::Relaxed);
            thread_name.clone()
        });
        runtime.on_thread_stop(move || {
            // Refused: nobody waits any more.
            let _ = sender.send(());
        });
        BlockingPoolWait { timeout, started, ended }
    }

    fn wait(self) {
        let deadline = Instant::now().checked_add(self.timeout);
        // ORDERING: as above.
        for _ in 0..self.started.load(Ordering::Relaxed) {
            let ended = match deadline {
                None => self.ended.recv().is_ok(),
                Some(deadline) => self.ended.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok(),
            };
            if !ended {
                return;
            }
        }
    }
}
