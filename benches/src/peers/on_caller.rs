//! `Runtime::block_on`, which polls the future on the calling thread.

use tokio::runtime::{Builder, Runtime};

use super::Call;

#[derive(Debug)]
pub(crate) struct OnCaller {
    name: &'static str,
    runtime: Runtime,
}

impl OnCaller {
    pub(crate) const WORKERS: &'static str = "Runtime::block_on, multi-thread";
    pub(crate) const DRIVEN: &'static str = "Runtime::block_on, current-thread";

    /// Workers drive the runtime, and poll its tasks.
    pub(crate) fn with_workers() -> OnCaller {
        OnCaller::build(OnCaller::WORKERS, &mut Builder::new_multi_thread())
    }

    /// The callers drive the runtime, while they call.
    pub(crate) fn driven_by_callers() -> OnCaller {
        OnCaller::build(OnCaller::DRIVEN, &mut Builder::new_current_thread())
    }

    fn build(name: &'static str, builder: &mut Builder) -> OnCaller {
        OnCaller { name, runtime: builder.enable_all().build().expect("a runtime can be built") }
    }
}

impl Call for OnCaller {
    fn name(&self) -> &'static str {
        self.name
    }

    fn call<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.runtime.block_on(future)
    }
}
