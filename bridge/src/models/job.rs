//! A submitted job: its loop, its owner and its cancellers.

use loom::thread;

use super::{ModelLoop, Output, Seen, is_value, result, submit};
use crate::task::raw::completion::Outcome;
use crate::task::raw::state::{CANCEL, Reason};

fn is_cancelled(outcome: &Outcome<Output>) -> bool {
    !is_value(outcome) && matches!(outcome, Outcome::Stopped(Reason::Cancel))
}

/// A cancel against the start and the first, last poll: what `cancel` says is what comes, and what it forbids is not
/// polled.
#[test]
fn cancel_against_take_up() {
    loom::model(|| {
        let (on, seen) = (ModelLoop::new(), Seen::default());
        let owner = submit(&on, seen.ready_after(0));
        let canceller = thread::spawn({
            let seen = seen.clone();
            move || {
                let said = owner.cancel();
                let outcome = result(owner);
                seen.is_over();
                assert_eq!(said, is_cancelled(&outcome));
            }
        });
        on.serve(1);
        canceller.join().unwrap();
        assert_eq!(seen.output.get(), seen.polls.get(), "an output that a cancel has replaced is dropped as well");
    });
}

/// A cancel against the step to `IDLE` of a future that nothing will ever wake: it ends in every case.
#[test]
fn cancel_against_idle() {
    loom::model(|| {
        let (on, seen) = (ModelLoop::new(), Seen::default());
        let owner = submit(&on, seen.never());
        let canceller = thread::spawn({
            let seen = seen.clone();
            move || {
                assert!(owner.cancel());
                assert!(is_cancelled(&result(owner)));
                seen.is_over();
            }
        });
        on.serve(1);
        canceller.join().unwrap();
        assert!(seen.polls.get() <= 1, "a cancel wakes the job to drop the future, not to poll it");
    });
}

/// A cancel against a normal wake, the poll that it brings, and the value that this one returns.
#[test]
fn cancel_against_wake_and_complete() {
    loom::model(|| {
        let (on, seen) = (ModelLoop::new(), Seen::default());
        let owner = submit(&on, seen.ready_after(2));
        let canceller = thread::spawn({
            let seen = seen.clone();
            move || {
                let said = owner.cancel();
                let outcome = result(owner);
                seen.is_over();
                assert_eq!(said, is_cancelled(&outcome));
            }
        });
        on.serve(1);
        canceller.join().unwrap();
        assert_eq!(seen.output.get(), usize::from(seen.polls.get() == 3));
    });
}

/// A cancel wakes a loop that sleeps: it goes to sleep again, and hears the next push.
#[test]
fn cancel_and_push_against_sleep() {
    loom::model(|| {
        let (on, seen, next) = (ModelLoop::new(), Seen::default(), Seen::default());
        let owner = submit(&on, seen.never());
        let canceller = thread::spawn({
            let (on, body) = (on.clone(), next.ready_after(0));
            move || {
                assert!(owner.cancel());
                drop(owner);
                drop(submit(&on, body));
            }
        });
        on.serve(2);
        canceller.join().unwrap();
        seen.is_over();
        next.is_over();
    });
}

/// Two cancels: both return the same.
#[test]
fn cancel_against_cancel() {
    loom::model(|| {
        let (on, seen) = (ModelLoop::new(), Seen::default());
        let owner = submit(&on, seen.never());
        let other = thread::spawn({
            let job = owner.job();
            move || assert!(job.stop(CANCEL, Reason::Cancel))
        });
        let canceller = thread::spawn(move || {
            assert!(owner.cancel());
            owner
        });
        on.serve(1);
        other.join().unwrap();
        assert!(is_cancelled(&result(canceller.join().unwrap())));
        seen.is_over();
    });
}

/// An owner that leaves against the completion: the output is dropped, once.
#[test]
fn detach_against_complete() {
    loom::model(|| {
        let (on, seen) = (ModelLoop::new(), Seen::default());
        let owner = submit(&on, seen.ready_after(1));
        let leaver = thread::spawn(move || drop(owner));
        on.serve(1);
        seen.is_over();
        leaver.join().unwrap();
        assert_eq!(seen.output.get(), 1);
    });
}

/// An owner that cancels and leaves, at any time: nothing is left of the future or of its output.
#[test]
fn cancel_and_detach_against_complete() {
    loom::model(|| {
        let (on, seen) = (ModelLoop::new(), Seen::default());
        let owner = submit(&on, seen.ready_after(1));
        let leaver = thread::spawn(move || {
            owner.cancel();
            drop(owner);
        });
        on.serve(1);
        leaver.join().unwrap();
        seen.is_over();
        assert_eq!(seen.output.get(), usize::from(seen.polls.get() == 2));
    });
}

/// A submission against the loop's end: it is resolved, by the loop or by the one that submits.
#[test]
fn submit_against_close() {
    loom::model(|| {
        let (on, seen) = (ModelLoop::new(), Seen::default());
        let submitter = thread::spawn({
            let (on, seen) = (on.clone(), seen.clone());
            move || {
                let outcome = result(submit(&on, seen.never()));
                assert!(!is_value(&outcome) && matches!(outcome, Outcome::Stopped(Reason::Closed)));
                seen.is_over();
            }
        });
        on.serve_once_and_close();
        submitter.join().unwrap();
    });
}

/// A cancel against the runtime that drops its tasks: what `cancel` says is what comes.
#[test]
fn cancel_against_close() {
    loom::model(|| {
        let (on, seen) = (ModelLoop::new(), Seen::default());
        let owner = submit(&on, seen.never());
        let canceller = thread::spawn({
            let seen = seen.clone();
            move || {
                let said = owner.cancel();
                let outcome = result(owner);
                seen.is_over();
                assert_eq!(said, is_cancelled(&outcome));
            }
        });
        on.serve_once_and_close();
        canceller.join().unwrap();
    });
}
