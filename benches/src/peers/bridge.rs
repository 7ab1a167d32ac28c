//! Loops of this crate.

use std::sync::Arc;
use std::time::Duration;

use ::bridge::{EventLoop, Handle, SharedLoop};
use tokio::runtime::{Builder, Runtime};

use super::Call;

/// A scoped call to an event loop, which has a thread of its own.
#[derive(Debug)]
pub(crate) struct OnLoop {
    name: &'static str,
    event_loop: EventLoop,
}

impl OnLoop {
    pub(crate) const DEFAULT: &'static str = "EventLoop";
    pub(crate) const PARKING: &'static str = "EventLoop, spin(ZERO)";
    pub(crate) const SPINNING: &'static str = "EventLoop, spin(50 µs)";

    pub(crate) fn start() -> OnLoop {
        OnLoop { name: OnLoop::DEFAULT, event_loop: EventLoop::new().expect("a loop can be started") }
    }

    /// Threads park at once.
    pub(crate) fn parking() -> OnLoop {
        OnLoop::spin(OnLoop::PARKING, Duration::ZERO)
    }

    /// Threads spin before they park.
    pub(crate) fn spinning() -> OnLoop {
        OnLoop::spin(OnLoop::SPINNING, Duration::from_micros(50))
    }

    fn spin(name: &'static str, timeout: Duration) -> OnLoop {
        OnLoop { name, event_loop: EventLoop::builder().spin(timeout).build().expect("a loop can be started") }
    }
}

impl Call for OnLoop {
    fn name(&self) -> &'static str {
        self.name
    }

    fn call<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.event_loop.block_on(future).expect("the loop is open")
    }

    fn spawn<F>(&self, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        drop(self.event_loop.submit(future));
    }
}

/// A task of either loop, whose result is asked for at once.
#[derive(Debug)]
pub(crate) enum Submit {
    ToShared(SharedLoop),
    ToEventLoop(EventLoop),
}

impl Submit {
    pub(crate) fn to_shared() -> Submit {
        Submit::ToShared(SharedLoop::new().expect("a loop can be started"))
    }

    pub(crate) fn to_event_loop() -> Submit {
        Submit::ToEventLoop(EventLoop::new().expect("a loop can be started"))
    }

    fn handle(&self) -> &Handle {
        match self {
            Submit::ToShared(shared) => shared,
            Submit::ToEventLoop(event_loop) => event_loop,
        }
    }
}

impl Call for Submit {
    fn name(&self) -> &'static str {
        match self {
            Submit::ToShared(_) => "SharedLoop, submit + result",
            Submit::ToEventLoop(_) => "EventLoop, submit + result",
        }
    }

    fn call<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle().submit(future).result().expect("the loop is open")
    }
}

/// A scoped call to a runtime that is not ours.
#[derive(Debug)]
pub(crate) struct External {
    handle: Handle,
    _runtime: Option<Arc<Runtime>>,
}

impl External {
    pub(crate) const NAME: &'static str = "Handle::from(runtime)";

    /// To a multi-thread runtime of its own.
    pub(crate) fn start() -> External {
        let runtime = Builder::new_multi_thread().enable_all().build().expect("a runtime can be built");
        External { handle: Handle::from(&runtime), _runtime: Some(Arc::new(runtime)) }
    }

    pub(crate) fn of(runtime: &tokio::runtime::Handle) -> External {
        External { handle: Handle::from(runtime.clone()), _runtime: None }
    }
}

impl Call for External {
    fn name(&self) -> &'static str {
        External::NAME
    }

    fn call<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.block_on(future).expect("the runtime runs")
    }

    fn spawn<F>(&self, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        drop(self.handle.submit(future));
    }
}
