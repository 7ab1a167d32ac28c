//! What `reqwest::blocking` does: a thread of the client's own gets the requests over a channel, spawns each, and
//! replies over another; the caller parks until then.

use std::pin::Pin;
use std::thread::{self, JoinHandle};

use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot};

use super::Call;

/// A request, with what sends its answer.
type Request = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Debug)]
pub(crate) struct ReqwestLike {
    /// There until the drop.
    requests: Option<mpsc::UnboundedSender<Request>>,
    thread: Option<JoinHandle<()>>,
}

impl ReqwestLike {
    pub(crate) fn start() -> ReqwestLike {
        let (requests, mut requested) = mpsc::unbounded_channel::<Request>();
        let serve = move || {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
            runtime.block_on(async {
                while let Some(request) = requested.recv().await {
                    drop(tokio::spawn(request));
                }
            });
        };
        let thread = thread::Builder::new().name("client".into()).spawn(serve).expect("a thread can be started");
        ReqwestLike { requests: Some(requests), thread: Some(thread) }
    }
}

impl Call for ReqwestLike {
    fn name(&self) -> &'static str {
        "reqwest's pattern"
    }

    fn call<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (reply, replied) = oneshot::channel();
        let request = Box::pin(async move { drop(reply.send(future.await)) });
        let requests = self.requests.as_ref().expect("it is there until the drop");
        requests.send(request).unwrap_or_else(|_| panic!("the client's thread runs"));
        futures::executor::block_on(replied).expect("the client's thread answers")
    }
}

impl Drop for ReqwestLike {
    fn drop(&mut self) {
        drop(self.requests.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the client's thread does not panic");
        }
    }
}
