//! A budget for futures that are polled outside of tokio.
//!
//! Each of tokio's resources takes one of the budget of the poll that it is used in, and pretends to be pending once that is
//! used up ([`tokio::task::coop`]). Without a budget a future whose resources are always ready is never pending, so that
//! a `timeout` or a `select!` around it, or a timeout of this crate, is not checked. tokio gives a budget to what its schedulers
//! poll, and offers nothing that would give one elsewhere. But it does offer to put a budget back: a
//! [`RestoreOnPending`] sets it, when it is dropped, to what it was when that was made. So one that was made with a
//! whole budget is kept for each thread, and its successor is made when it is dropped.

use std::cell::Cell;
use std::future::poll_fn;
use std::mem::ManuallyDrop;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use tokio::task::LocalSet;
use tokio::task::coop::{RestoreOnPending, poll_proceed, unconstrained};

use crate::unwind::catch_and_drop;

thread_local! {
    /// Its drop gives the thread a whole budget. Nothing else depends on that drop, so that it may be left out as the thread
    /// ends, and the cell needs no destructor.
    static WHOLE: Cell<Option<ManuallyDrop<RestoreOnPending>>> = const { Cell::new(None) };
}

/// Polls `future` with a budget of its own. What this thread has of one, inside a poll of tokio's, is as it was after that.
pub(crate) fn poll<F: Future>(future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
    let mut future = future;
    let mut whole = WHOLE.take().map(ManuallyDrop::into_inner).or_else(first);
    let within = poll_fn(|cx| {
        if let Some(whole) = whole.take() {
            drop(whole);
            if let Poll::Ready(next) = poll_proceed(&mut Context::from_waker(Waker::noop())) {
                WHOLE.set(Some(ManuallyDrop::new(next)));
            }
        }
        future.as_mut().poll(cx)
    });
    // This is what puts back what there was before.
    pin!(unconstrained(within)).poll(cx)
}

/// The first of this thread, made in a task: a `LocalSet` gives each of its tasks a budget, and needs no runtime for that.
#[cold]
fn first() -> Option<RestoreOnPending> {
    let whole = Rc::new(Cell::new(None));
    let made = Rc::clone(&whole);
    // It panics where its own thread-locals are gone.
    catch_and_drop(|| {
        let set = LocalSet::new();
        drop(set.spawn_local(async move { made.set(Some(poll_fn(poll_proceed).await)) }));
        let _ = pin!(set).poll(&mut Context::from_waker(Waker::noop()));
    });
    whole.take()
}
