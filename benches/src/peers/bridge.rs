//! This crate.

use ::bridge::{Builder, EventLoop};

use super::Call;

/// A scoped call to a loop of its own.
#[derive(Debug)]
pub(crate) struct Bridge(pub(crate) EventLoop);

impl Bridge {
    pub(crate) fn start() -> Bridge {
        Bridge::build(EventLoop::builder())
    }

    pub(crate) fn build(builder: Builder) -> Bridge {
        Bridge(builder.build().expect("a loop can be started"))
    }
}

impl Call for Bridge {
    const NAME: &'static str = "bridge";

    fn call<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.block_on(future).expect("the loop is open")
    }
}

/// A task, whose result is asked for at once.
#[derive(Debug)]
pub(crate) struct Submit(pub(crate) EventLoop);

impl Call for Submit {
    const NAME: &'static str = "bridge, submit + result";

    fn call<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.submit(future).result().expect("the loop is open")
    }
}
