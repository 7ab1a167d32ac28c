//! A spawned task sends its output back over a channel.

use std::sync::mpsc;

use tokio::runtime::Handle;

use super::Call;

const SENT: &str = "the task sends its output";

#[derive(Debug)]
pub(crate) struct TokioOneshot(pub(crate) Handle);

impl Call for TokioOneshot {
    fn name(&self) -> &'static str {
        "tokio oneshot"
    }

    fn call<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (reply, replied) = tokio::sync::oneshot::channel();
        drop(self.0.spawn(async move { drop(reply.send(future.await)) }));
        replied.blocking_recv().expect(SENT)
    }
}

#[derive(Debug)]
pub(crate) struct StdMpsc(pub(crate) Handle);

impl Call for StdMpsc {
    fn name(&self) -> &'static str {
        "std mpsc"
    }

    fn call<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (reply, replied) = mpsc::channel();
        drop(self.0.spawn(async move { drop(reply.send(future.await)) }));
        replied.recv().expect(SENT)
    }
}

#[derive(Debug)]
pub(crate) struct OneshotCrate(pub(crate) Handle);

impl Call for OneshotCrate {
    fn name(&self) -> &'static str {
        "oneshot crate"
    }

    fn call<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (reply, replied) = oneshot::channel();
        drop(self.0.spawn(async move { drop(reply.send(future.await)) }));
        replied.recv().expect(SENT)
    }
}
