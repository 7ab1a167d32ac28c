//! A current-thread runtime that a thread drives, as our loops are.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// Ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Driven {
    handle: Handle,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Driven {
    pub(crate) fn start() -> Arc<Driven> {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        let drive = move || drop(runtime.block_on(ended));
        let thread = thread::Builder::new().name("driver".into()).spawn(drive).expect("a thread can be started");
        Arc::new(Driven { handle, end: Some(end), thread: Some(thread) })
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the driver does not panic");
        }
    }
}
