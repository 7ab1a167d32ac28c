//! A job that a tokio task polls: who may touch the cell of its scheduler, the task's waker, when it is polled again, stopped or
//! closed.

use std::sync::Arc;
use std::task::Waker;

use loom::thread;

use super::{Seen, Unpark};
use crate::loom::park;
use crate::task::join;
use crate::task::raw::header::TaskRef;
use crate::task::raw::job::{Ran, Runner};
use crate::task::raw::state::{CANCEL, GIVEN_UP, Reason};

/// How the runtime goes on after the first poll.
#[derive(Clone, Copy)]
enum Then {
    /// It polls when it is woken.
    PollWhenWoken,
    /// It polls once more unasked, with another waker, and then when it is woken.
    PollUnasked,
    /// It shuts down.
    Close,
    PollUnaskedAndClose,
}

/// Polls with `waker` whenever that was woken, until the job ends.
fn poll_to_the_end(job: &TaskRef, waker: &Arc<Unpark>, mut ran: Ran) {
    while !matches!(ran, Ran::Ended) {
        while !waker.take() {
            park();
        }
        ran = job.run(Runner::Task(&Waker::from(Arc::clone(waker))));
    }
}

fn poll(job: &TaskRef, then: Then) {
    let waker = Unpark::current();
    let ran = job.run(Runner::Task(&Waker::from(Arc::clone(&waker))));
    let again = || {
        let other = Unpark::current();
        let ran = job.run(Runner::Task(&Waker::from(Arc::clone(&other))));
        (other, ran)
    };
    match then {
        Then::PollWhenWoken => poll_to_the_end(job, &waker, ran),
        Then::PollUnasked if matches!(ran, Ran::Ended) => (),
        Then::PollUnasked => {
            let (other, ran) = again();
            poll_to_the_end(job, &other, ran);
        }
        Then::Close => job.close(),
        Then::PollUnaskedAndClose => {
            if !matches!(ran, Ran::Ended) {
                again();
            }
            job.close();
        }
    }
}

fn model(then: Then, deadline_too: bool) {
    loom::model(move || {
        let seen = Seen::default();
        let mut job = None;
        let owner = join::submit(seen.never(), |task| job = Some(task));
        let job = job.expect("it is sent");
        let stop = |bit, reason| {
            let job = job.clone();
            thread::spawn(move || {
                job.stop(bit, reason);
            })
        };
        let cancels = stop(CANCEL, Reason::Cancel);
        let times_out = deadline_too.then(|| stop(GIVEN_UP, Reason::GivenUp));
        poll(&job, then);
        cancels.join().unwrap();
        times_out.into_iter().for_each(|thread| thread.join().unwrap());
        assert!(owner.is_done());
        seen.is_over();
    });
}

#[test]
fn cancel_against_poll() {
    model(Then::PollWhenWoken, false);
}

#[test]
fn cancel_against_an_unasked_poll_with_another_waker() {
    model(Then::PollUnasked, false);
}

#[test]
fn cancel_and_deadline_against_an_unasked_poll() {
    model(Then::PollUnasked, true);
}

#[test]
fn cancel_against_close() {
    model(Then::Close, false);
}

#[test]
fn cancel_and_deadline_against_an_unasked_poll_and_close() {
    model(Then::PollUnaskedAndClose, true);
}
