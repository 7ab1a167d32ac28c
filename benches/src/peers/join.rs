//! A small executor on the calling thread waits for the handle of a spawned task.

use tokio::runtime::Handle;

use super::Call;

#[derive(Debug)]
pub(crate) struct Futures(pub(crate) Handle);

impl Call for Futures {
    fn name(&self) -> &'static str {
        "futures block_on(spawn)"
    }

    fn call<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        futures::executor::block_on(self.0.spawn(future)).expect("the task does not panic")
    }
}

#[derive(Debug)]
pub(crate) struct Pollster(pub(crate) Handle);

impl Call for Pollster {
    fn name(&self) -> &'static str {
        "pollster block_on(spawn)"
    }

    fn call<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        pollster::block_on(self.0.spawn(future)).expect("the task does not panic")
    }
}
