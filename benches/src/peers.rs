//! Ways to call async code from a thread that blocks, behind one trait.

mod asleep;
mod bridge;
mod channels;
mod driven;
mod eventfd;
mod join;
mod per_call;
mod python;
mod reqwest;
mod spinning;
mod woken;
mod work;

use std::hint::black_box;
use std::sync::Arc;

use crate::measure::Role;

pub(crate) use self::bridge::{Bridge, Submit};
pub(crate) use self::channels::{OneshotCrate, StdMpsc, TokioOneshot};
pub(crate) use self::driven::Driven;
pub(crate) use self::eventfd::{EVENTFD, start_eventfd};
pub(crate) use self::join::{Futures, Pollster};
pub(crate) use self::per_call::PerCall;
pub(crate) use self::python::Python;
pub(crate) use self::reqwest::ReqwestLike;
pub(crate) use self::spinning::Spinning;
pub(crate) use self::woken::{WOKEN, start_woken};
pub(crate) use self::work::{Connection, EchoServer, Peer, yield_once};

/// Hands a future to a runtime on another thread, and waits for its output.
pub(crate) trait Call: Send + Sync {
    const NAME: &'static str;

    fn call<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;
}

/// This crate, and what people write by hand around a runtime that runs elsewhere.
pub(crate) fn across_threads(driven: &Arc<Driven>) -> Vec<(Role, Arc<dyn Peer>)> {
    vec![
        (Role::Bridge, Arc::new(Bridge::start())),
        (Role::Peer, Arc::new(Futures(driven.handle().clone()))),
        (Role::Peer, Arc::new(Pollster(driven.handle().clone()))),
        (Role::Peer, Arc::new(TokioOneshot(driven.handle().clone()))),
        (Role::Peer, Arc::new(StdMpsc(driven.handle().clone()))),
        (Role::Peer, Arc::new(OneshotCrate(driven.handle().clone()))),
        (Role::Peer, Arc::new(ReqwestLike::start())),
    ]
}

/// The same, and a runtime per call, which crosses no thread.
pub(crate) fn everybody(driven: &Arc<Driven>) -> Vec<(Role, Arc<dyn Peer>)> {
    let mut peers = across_threads(driven);
    peers.push((Role::Peer, Arc::new(PerCall)));
    peers
}

/// A call of a future that is ready at its first poll.
pub(crate) fn round_trip(peer: &(impl Peer + ?Sized)) {
    black_box(peer.ready(black_box(1)));
}
