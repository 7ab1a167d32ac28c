//! A canceller against the scoped calls that it ends, and against their ends.

use std::sync::Arc;

use loom::thread;

use super::call::cancellable;
use super::{Body, ModelLoop, Output, Seen, is_value};
use crate::park::cancel::{Cancellers, Token};
use crate::park::waiter::Lease;
use crate::task::raw::completion::Outcome;
use crate::task::raw::state::Reason;

/// Waits on this thread until one of `cancellers` is cancelled.
fn wait(cancellers: &Cancellers) {
    let lease = Lease::new();
    let _listed = cancellers.list(lease.waiter());
    loop {
        lease.waiter().take_events();
        if cancellers.is_cancelled() {
            return;
        }
        lease.waiter().park(None);
    }
}

/// A cancel while the thread is listed, goes on to park or is parked: it is nudged, or refused.
#[test]
fn cancel_against_listing_and_park() {
    loom::model(|| {
        let token = Arc::new(Token::new());
        let cancellers = Cancellers::of(&[Arc::clone(&token)]);
        let waiter = thread::spawn(move || wait(&cancellers));
        token.cancel();
        waiter.join().unwrap();
    });
}

/// Either of two cancellers, at once: the list of the second is left whichever came first.
#[test]
fn cancel_against_cancel() {
    loom::model(|| {
        let tokens = [Token::new(), Token::new()].map(Arc::new);
        let cancellers = Cancellers::of(&tokens);
        let [first, second] = tokens;
        let waiter = thread::spawn(move || wait(&cancellers));
        let other = thread::spawn(move || second.cancel());
        first.cancel();
        other.join().unwrap();
        waiter.join().unwrap();
    });
}

/// What cancels a call, and the thread that is inside it. `check` looks at its end.
fn call(
    on: &ModelLoop,
    seen: &Seen,
    body: Body,
    check: fn(&Seen, &Outcome<Output>),
) -> (Arc<Token>, thread::JoinHandle<()>) {
    let (on, seen, token) = (on.clone(), seen.clone(), Arc::new(Token::new()));
    let cancellers = Cancellers::of(&[Arc::clone(&token)]);
    let caller = thread::spawn(move || {
        let outcome = cancellable(&on, body, None, &cancellers);
        seen.is_over();
        check(&seen, &outcome);
    });
    (token, caller)
}

/// A cancel, after a poll of the loop, of a call that is queued or pending with a future that nothing will ever wake. What the
/// caller then asks of the loop is a deadline's, and walked by the models of that.
#[test]
fn cancel_against_idle() {
    loom::model(|| {
        let (on, seen) = (ModelLoop::new(), Seen::default());
        let (token, caller) = call(&on, &seen, seen.never(), |_, outcome| {
            assert!(matches!(outcome, Outcome::Stopped(Reason::Cancel)), "{outcome:?}");
        });
        let mut driver = on.driver();
        on.poll(&mut driver);
        token.cancel();
        if driver.ended == 0 {
            on.serve_by(&mut driver, 1);
        }
        caller.join().unwrap();
        assert!(seen.polls.get() <= 1, "a cancel wakes the job to drop the future, not to poll it");
    });
}

/// A cancel against the start and the poll that completes: a value that came stands.
#[test]
fn cancel_against_complete() {
    loom::model(|| {
        let (on, seen) = (ModelLoop::new(), Seen::default());
        let (token, caller) = call(&on, &seen, seen.ready_after(0), |seen, outcome| {
            assert_eq!(is_value(outcome), seen.polls.get() == 1, "{outcome:?}");
            assert!(is_value(outcome) || matches!(outcome, Outcome::Stopped(Reason::Cancel)));
        });
        let canceller = thread::spawn(move || token.cancel());
        on.serve(1);
        caller.join().unwrap();
        canceller.join().unwrap();
        assert_eq!(seen.output.get(), seen.polls.get());
    });
}

/// A cancel against the loop's end.
#[test]
fn cancel_against_close() {
    loom::model(|| {
        let (on, seen) = (ModelLoop::new(), Seen::default());
        let (token, caller) = call(&on, &seen, seen.never(), |_, outcome| {
            assert!(matches!(outcome, Outcome::Stopped(Reason::Cancel | Reason::Closed)), "{outcome:?}");
        });
        let canceller = thread::spawn(move || token.cancel());
        on.serve_once_and_close();
        caller.join().unwrap();
        canceller.join().unwrap();
    });
}
