//! A scoped call, whole: core on the caller's stack, queue, loop, completion, park.

use std::panic::Location;
use std::sync::Arc;
use std::time::Instant;

use loom::thread;

use super::{Body, ModelLoop, Output, Seen, is_value};
use crate::deadlock;
use crate::loom::now;
use crate::park::cancel::Cancellers;
use crate::task::join::{self, ScopedWait};
use crate::task::raw::cache::ScopedJob;
use crate::task::raw::completion::Outcome;
use crate::task::raw::header::TaskRef;
use crate::task::raw::state::Reason;

/// What `Handle::block_on` does.
fn call(on: &ModelLoop, body: Body, deadline: Option<Instant>) -> Outcome<Output> {
    cancellable(on, body, deadline, &Cancellers::default())
}

/// The same through a handle with cancellers.
pub(super) fn cancellable(
    on: &ModelLoop,
    body: Body,
    deadline: Option<Instant>,
    cancellers: &Cancellers,
) -> Outcome<Output> {
    let site = Location::caller();
    let guard = |job: &Arc<ScopedJob>| deadlock::may_wait(&super::ON, site, || Box::new(TaskRef::from(job)));
    let on_it = &super::ON;
    let wait = ScopedWait {
        deadline,
        spin: &on_it.spin,
        cancellers,
        host: None,
        on: on_it,
        site,
        companion: None,
        guard: &guard,
    };
    join::call(body, |job| on.push(job), wait).unwrap()
}

/// The way of a call, with no way back: whatever was borrowed is free when it returns.
#[test]
fn call_against_the_loop() {
    loom::model(|| {
        let (on, seen) = (ModelLoop::new(), Seen::default());
        let caller = thread::spawn({
            let (on, seen) = (on.clone(), seen.clone());
            move || {
                assert!(is_value(&call(&on, seen.ready_after(0), None)));
                seen.is_over();
            }
        });
        on.serve(1);
        caller.join().unwrap();
        assert_eq!(seen.output.get(), 1);
    });
}

/// The same with a future that is pending at first, and wakes its job.
#[test]
fn pending_call_against_the_loop() {
    loom::model(|| {
        let (on, seen) = (ModelLoop::new(), Seen::default());
        let caller = thread::spawn({
            let (on, seen) = (on.clone(), seen.clone());
            move || {
                assert!(is_value(&call(&on, seen.ready_after(2), None)));
                seen.is_over();
            }
        });
        on.serve(1);
        caller.join().unwrap();
        assert_eq!(seen.polls.get(), 3);
    });
}

/// Two callers, one loop; the second one leaves.
#[test]
fn two_calls_against_the_loop() {
    loom::model(|| {
        let (on, seen, other) = (ModelLoop::new(), Seen::default(), Seen::default());
        let caller = thread::spawn({
            let (on, seen) = (on.clone(), seen.clone());
            move || {
                assert!(is_value(&call(&on, seen.ready_after(0), None)));
                seen.is_over();
            }
        });
        let leaver = thread::spawn({
            let (on, body) = (on.clone(), other.ready_after(0));
            move || drop(join::submit(body, |job| on.push(job)))
        });
        on.serve(2);
        caller.join().unwrap();
        leaver.join().unwrap();
        other.is_over();
        assert_eq!(other.output.get(), 1);
    });
}

/// A deadline that has passed when the job is pushed, against its start and its first, last poll: a value that came
/// stands, and a call that was ended before its first poll is not polled.
#[test]
fn deadline_against_take_up_and_complete() {
    loom::model(|| {
        let (on, seen) = (ModelLoop::new(), Seen::default());
        let caller = thread::spawn({
            let (on, seen) = (on.clone(), seen.clone());
            move || {
                let outcome = call(&on, seen.ready_after(0), Some(now()));
                seen.is_over();
                assert_eq!(is_value(&outcome), seen.polls.get() == 1, "{outcome:?}");
            }
        });
        on.serve(1);
        caller.join().unwrap();
        assert_eq!(seen.output.get(), seen.polls.get());
    });
}

/// A deadline against the step to `IDLE`, with a future that nothing will ever wake.
#[test]
fn deadline_against_idle() {
    loom::model(|| {
        let (on, seen) = (ModelLoop::new(), Seen::default());
        let caller = thread::spawn({
            let (on, seen) = (on.clone(), seen.clone());
            move || {
                let outcome = call(&on, seen.never(), Some(now()));
                seen.is_over();
                assert!(!is_value(&outcome) && matches!(outcome, Outcome::Stopped(Reason::GivenUp)));
            }
        });
        on.serve(1);
        caller.join().unwrap();
        assert!(seen.polls.get() <= 1, "a deadline wakes the job to drop the future, not to poll it");
    });
}

/// A deadline against wakes and the last poll.
#[test]
fn deadline_against_wake_and_complete() {
    loom::model(|| {
        let (on, seen) = (ModelLoop::new(), Seen::default());
        let caller = thread::spawn({
            let (on, seen) = (on.clone(), seen.clone());
            move || {
                let outcome = call(&on, seen.ready_after(2), Some(now()));
                seen.is_over();
                assert_eq!(is_value(&outcome), seen.polls.get() == 3, "{outcome:?}");
            }
        });
        on.serve(1);
        caller.join().unwrap();
    });
}

/// A call against the loop's end.
#[test]
fn call_against_close() {
    loom::model(|| {
        let (on, seen) = (ModelLoop::new(), Seen::default());
        let caller = thread::spawn({
            let (on, seen) = (on.clone(), seen.clone());
            move || {
                let outcome = call(&on, seen.never(), None);
                seen.is_over();
                assert!(!is_value(&outcome) && matches!(outcome, Outcome::Stopped(Reason::Closed)));
            }
        });
        on.serve_once_and_close();
        caller.join().unwrap();
    });
}
