//! A runtime for each call, as `block_on_proc` starts one.

use tokio::runtime::Builder;

use super::Call;

#[derive(Debug)]
pub(crate) struct PerCall;

impl Call for PerCall {
    fn name(&self) -> &'static str {
        "a runtime per call"
    }

    fn call<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Builder::new_current_thread().enable_all().build().expect("a runtime can be built").block_on(future)
    }
}
