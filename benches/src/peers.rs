//! Ways to call async code from a thread that blocks, behind one trait.

mod bridge;
mod channels;
mod driven;
mod eventfd;
mod join;
mod per_call;
mod python;
mod reqwest;
mod spinning;
mod work;

use std::sync::Arc;

pub(crate) use self::bridge::{Bridge, Submit};
pub(crate) use self::channels::{OneshotCrate, StdMpsc, TokioOneshot};
pub(crate) use self::driven::Driven;
pub(crate) use self::eventfd::EventFd;
pub(crate) use self::join::{Futures, Pollster};
pub(crate) use self::per_call::PerCall;
pub(crate) use self::python::Python;
pub(crate) use self::reqwest::ReqwestLike;
pub(crate) use self::spinning::Spinning;
pub(crate) use self::work::{Connection, EchoServer, Peer, yield_once};

/// Hands a future to a runtime on another thread, and waits for its output.
pub(crate) trait Call: Send + Sync {
    const NAME: &'static str;

    fn call<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;
}

/// What people write by hand around a runtime that runs elsewhere.
pub(crate) fn spawning(driven: &Arc<Driven>) -> Vec<Arc<dyn Peer>> {
    vec![
        Arc::new(Futures(driven.handle().clone())),
        Arc::new(Pollster(driven.handle().clone())),
        Arc::new(TokioOneshot(driven.handle().clone())),
        Arc::new(StdMpsc(driven.handle().clone())),
        Arc::new(OneshotCrate(driven.handle().clone())),
        Arc::new(ReqwestLike::start()),
    ]
}
