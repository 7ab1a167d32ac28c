//! [`Running`]: a loop on the thread that runs it.
//!
//! A loop is a tokio `LocalRuntime` and a [`Driver`] on one thread. It ends in this order, on that thread, inside
//! its own context and also when it ends by a panic: the queue is closed; what was never polled is dropped and
//! resolved; what is pending is dropped and resolved; the runtime drops the tasks that were spawned onto it; it waits for
//! `spawn_blocking` threads that are still busy; the thread says that it has ended.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::{Builder as TokioBuilder, LocalOptions, LocalRuntime};

use crate::context::{Driving, Loop};
use crate::core_id::Core;
use crate::driver::{Driver, LocalTurn, Remote};
use crate::lookout::Lookout;
use crate::registry::{Ours, Registered};
use crate::spin;

/// A loop on the thread that runs it. Dropping it is the end, in the order that the module's docs give.
pub(crate) struct Running {
    driver: Rc<RefCell<Driver>>,
    runtime: LocalRuntime,
    pub(crate) ours: Arc<Ours>,
    _registered: Registered,
    _driving: Driving,
}

impl Running {
    /// `owns_thread`: the calling thread is there for this alone.
    pub(crate) fn start(
        mut runtime: TokioBuilder,
        name: &str,
        limit: Duration,
        owns_thread: bool,
    ) -> io::Result<Running> {
        spin::count_cores();
        let runtime = runtime.build_local(LocalOptions::default())?;
        let on = Loop::new(runtime.handle().id(), Arc::from(name), limit, Core::UNKNOWN);
        let remote = Arc::new(Remote::new());
        let driver = Driver::new(Arc::clone(&remote), Lookout::new(Arc::clone(&on), owns_thread));
        let driving = Driving::start(Arc::clone(&on));
        let ours = Arc::new(Ours {
            on,
            remote,
            #[cfg(feature = "stream")]
            streams: Arc::new(crate::streams::Streams::new()),
        });
        let registered = Registered::new(&ours);
        let driver = Rc::new(RefCell::new(driver));
        let running = Running { driver, runtime, ours, _registered: registered, _driving: driving };
        // Not before: what follows may run a hook of the user's, whose panic ends the loop by this drop.
        drop(running.runtime.spawn_local(LocalTurn::new(&running.driver)));
        Ok(running)
    }

    /// Runs until `main` is ready, or the loop is told to end.
    #[track_caller]
    pub(crate) fn run<F: Future>(self, main: F) -> F::Output {
        self.runtime.block_on(async {
            // In here, so that it is dropped in the loop's context also when it panics.
            let mut main = pin!(main);
            poll_fn(|cx| {
                if let Poll::Ready(output) = main.as_mut().poll(cx) {
                    return Poll::Ready(output);
                }
                // Only an `EventLoop` tells its loop to end, and this loop has none.
                let _ = self.driver.borrow_mut().poll(cx);
                Poll::Pending
            })
            .await
        })
    }

    /// Runs until the loop is told to end.
    pub(crate) fn run_until_stopped(self) {
        self.runtime.block_on(poll_fn(|cx| self.driver.borrow_mut().poll(cx)));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _context = self.runtime.enter();
        self.driver.borrow_mut().close();
    }
}
