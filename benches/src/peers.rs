//! Ways to call async code from a thread that blocks, behind one trait.

mod asleep;
mod bridge;
mod channels;
mod driven;
mod eventfd;
mod join;
mod on_caller;
mod per_call;
mod python;
mod reqwest;
mod shared;
mod spinning;
mod woken;
mod work;

use std::hint::black_box;
use std::sync::Arc;

use crate::measure::Role;

pub(crate) use self::bridge::{External, OnLoop, Submit};
pub(crate) use self::channels::{OneshotCrate, StdMpsc, TokioOneshot};
pub(crate) use self::driven::Driven;
pub(crate) use self::eventfd::{EVENTFD, start_eventfd};
pub(crate) use self::join::{Futures, Pollster};
pub(crate) use self::on_caller::OnCaller;
pub(crate) use self::per_call::PerCall;
pub(crate) use self::python::Python;
pub(crate) use self::reqwest::ReqwestLike;
pub(crate) use self::shared::Shared;
pub(crate) use self::spinning::Spinning;
pub(crate) use self::woken::{WOKEN, start_woken};
pub(crate) use self::work::{Connection, EchoServer, Peer, yield_once};

/// Hands a future to a runtime on another thread, and waits for its output.
pub(crate) trait Call: Send + Sync {
    fn name(&self) -> &'static str;

    fn call<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// Has the runtime poll what runs in the background, as who has this way to call would.
    fn spawn<F>(&self, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.call(async move { drop(tokio::spawn(future)) });
    }
}

/// The name of a shared loop.
pub(crate) const SHARED: &str = Shared::NAME;

/// An entry of a comparison.
pub(crate) type Contestant = (Role, Arc<dyn Peer>);

/// This crate's loops, with their defaults.
pub(crate) fn ours() -> Vec<Contestant> {
    vec![(Role::Bridge, Arc::new(Shared::start())), (Role::Bridge, Arc::new(OnLoop::start()))]
}

/// What people write by hand around a runtime that another thread drives.
pub(crate) fn across_threads(driven: &Arc<Driven>) -> Vec<Contestant> {
    let handle = || driven.handle().clone();
    vec![
        (Role::Peer, Arc::new(Futures(handle()))),
        (Role::Peer, Arc::new(Pollster(handle()))),
        (Role::Peer, Arc::new(TokioOneshot(handle()))),
        (Role::Peer, Arc::new(StdMpsc(handle()))),
        (Role::Peer, Arc::new(OneshotCrate(handle()))),
        (Role::Peer, Arc::new(ReqwestLike::start())),
    ]
}

/// What polls on the calling thread.
pub(crate) fn on_caller() -> Vec<Contestant> {
    vec![
        (Role::OnCaller, Arc::new(OnCaller::with_workers())),
        (Role::OnCaller, Arc::new(OnCaller::driven_by_callers())),
    ]
}

/// All that can keep a connection.
pub(crate) fn connected(driven: &Arc<Driven>) -> Vec<Contestant> {
    let mut all = ours();
    all.extend(across_threads(driven));
    all.extend(on_caller());
    all
}

/// These, and a runtime per call.
pub(crate) fn everybody(driven: &Arc<Driven>) -> Vec<Contestant> {
    let mut all = connected(driven);
    all.push((Role::OnCaller, Arc::new(PerCall)));
    all
}

/// A call of a future that is ready at its first poll.
pub(crate) fn round_trip(peer: &(impl Peer + ?Sized)) {
    black_box(peer.ready(black_box(1)));
}
