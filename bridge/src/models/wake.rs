//! Wakers of a pending job, against everything else that may happen to it.

use std::sync::Arc;

use loom::thread;

use super::{Event, Flags, ModelLoop, Seen, is_value, result, submit};
use crate::task::raw::completion::Outcome;
use crate::task::raw::state::Reason;

/// An event in another thread, against the poll that leaves the waker, the step to `IDLE` and the loop's sleep: the job is
/// polled again.
#[test]
fn wake_against_idle_and_sleep() {
    loom::model(|| {
        let (on, seen, event) = (ModelLoop::new(), Seen::default(), Event::new());
        let owner = submit(&on, seen.ready_at(&event));
        let waker = thread::spawn(move || event.happen());
        on.serve(1);
        seen.is_over();
        waker.join().unwrap();
        assert!(is_value(&result(owner)));
        assert!(seen.polls.get() <= 2, "one wake is one poll");
    });
}

/// Two that wake the same job: it is in the queue once, and polled for each, or for both.
#[test]
fn wake_against_wake() {
    loom::model(|| {
        let (on, seen, event) = (ModelLoop::new(), Seen::default(), Event::new());
        let owner = submit(&on, seen.ready_at(&event));
        let wakers = [(); 2].map(|()| {
            let event = event.clone();
            thread::spawn(move || event.happen())
        });
        on.serve(1);
        seen.is_over();
        for waker in wakers {
            waker.join().unwrap();
        }
        assert!(is_value(&result(owner)));
    });
}

/// What happened before a wake is seen by the poll that it asks for, also if the job had been woken already.
#[test]
fn wakes_hand_over_what_came_before() {
    loom::model(|| {
        let (on, seen, flags) = (ModelLoop::new(), Seen::default(), Arc::new(Flags::default()));
        drop(submit(&on, seen.ready_when(&flags)));
        let mut driver = on.driver();
        assert!(!on.poll(&mut driver));
        let wakers = [0, 1].map(|flag| {
            let flags = Arc::clone(&flags);
            thread::spawn(move || flags.set(flag))
        });
        on.serve_by(&mut driver, 1);
        seen.is_over();
        for waker in wakers {
            waker.join().unwrap();
        }
    });
}

/// A wake against a cancel: whoever sends the job, it runs once more, and ends as `cancel` has said.
#[test]
fn wake_against_cancel() {
    loom::model(|| {
        let (on, seen, event) = (ModelLoop::new(), Seen::default(), Event::new());
        let owner = submit(&on, seen.ready_at(&event));
        let waker = thread::spawn(move || event.happen());
        let canceller = thread::spawn(move || (owner.cancel(), owner));
        on.serve(1);
        waker.join().unwrap();
        let (said, owner) = canceller.join().unwrap();
        assert_eq!(said, !is_value(&result(owner)));
        seen.is_over();
    });
}

/// A wake that comes while the loop closes, or later: the job ends once, and the waker finds it over.
#[test]
fn wake_against_close() {
    loom::model(|| {
        let (on, seen, event) = (ModelLoop::new(), Seen::default(), Event::new());
        let owner = submit(&on, seen.ready_at(&event));
        let waker = thread::spawn(move || event.happen());
        on.serve_once_and_close();
        seen.is_over();
        waker.join().unwrap();
        let outcome = result(owner);
        assert!(is_value(&outcome) || matches!(outcome, Outcome::Stopped(Reason::Closed)));
    });
}

/// A loop that drains is woken by what its jobs wait for, though its queue is closed.
#[test]
fn wake_against_finish() {
    loom::model(|| {
        let (on, seen, event) = (ModelLoop::new(), Seen::default(), Event::new());
        let owner = submit(&on, seen.ready_at(&event));
        let stopper = thread::spawn({
            let on = on.clone();
            move || {
                on.finish();
                event.happen();
            }
        });
        on.serve_until_finished();
        seen.is_over();
        stopper.join().unwrap();
        assert!(is_value(&result(owner)));
    });
}
