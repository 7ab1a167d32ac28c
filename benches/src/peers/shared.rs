//! A shared loop of this crate.

use ::bridge::SharedLoop;

use super::Call;

/// A scoped call to a shared loop, which the caller polls, and drives while it waits.
#[derive(Debug)]
pub(crate) struct Shared(SharedLoop);

impl Shared {
    pub(crate) const NAME: &'static str = "SharedLoop";

    pub(crate) fn start() -> Shared {
        Shared(SharedLoop::new().expect("a loop can be started"))
    }

    /// With that name for the loop's own thread.
    pub(crate) fn named(thread: &str) -> Shared {
        let shared = SharedLoop::builder().thread_name(thread).build_shared();
        Shared(shared.expect("a loop can be started"))
    }
}

impl Call for Shared {
    fn name(&self) -> &'static str {
        Shared::NAME
    }

    fn call<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.block_on(future).expect("the loop is open")
    }

    fn spawn<F>(&self, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        drop(self.0.submit(future));
    }
}
