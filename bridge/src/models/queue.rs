//! Many that push against the one that takes, sleeps and closes.

use std::panic::Location;
use std::sync::Arc;

use loom::thread;

use super::{Body, Count, ModelLoop, Seen};
use crate::event_loop::scheduler::Shutdown;
use crate::instrument::stall::Site;
use crate::task::raw::core;
use crate::task::raw::header::{Pushable, TaskRef};
use crate::task::raw::job::Job;
use crate::task::raw::queue::{Pushed, Queue};

fn job(seen: &Seen) -> Pushable {
    job_of(seen.ready_after(0))
}

fn job_of(body: Body) -> Pushable {
    // SAFETY: all of it is `Send`, and in an `Arc`.
    let job = Arc::new(unsafe { Job::new(core::FutureCore::future(body, Site::new(Location::caller()))) });
    // SAFETY: it is new.
    unsafe { Pushable::new(TaskRef::from(&job)) }
}

/// The loop goes to sleep while a job comes: it finds the job, or is woken for it.
#[test]
fn push_against_sleep() {
    loom::model(|| {
        let (on, seen) = (ModelLoop::new(), Seen::default());
        let pusher = thread::spawn({
            let (on, job) = (on.clone(), job(&seen));
            move || on.push(job)
        });
        on.serve(1);
        seen.is_over();
        pusher.join().unwrap();
        assert_eq!(on.runtime.wakes.get(), on.sleeps.get(), "whoever ends a sleep wakes the loop, and nobody else");
    });
}

/// Of a burst onto a sleeping loop, one push wakes it. The others find it awake, or asleep again.
#[test]
fn two_pushers_against_sleep() {
    loom::model(|| {
        let on = ModelLoop::new();
        let seen = [Seen::default(), Seen::default()];
        let pushers = seen.each_ref().map(|seen| {
            let (on, job) = (on.clone(), job(seen));
            thread::spawn(move || on.push(job))
        });
        on.serve(2);
        seen.iter().for_each(Seen::is_over);
        for pusher in pushers {
            pusher.join().unwrap();
        }
        assert_eq!(on.runtime.wakes.get(), on.sleeps.get(), "whoever ends a sleep wakes the loop, and nobody else");
    });
}

/// What one thread pushes comes out in order, whoever else pushes and whenever the loop takes.
#[test]
fn order_of_one_thread() {
    loom::model(|| {
        let queue = Arc::new(Queue::new());
        let jobs = [(); 3].map(|()| job(&Seen::default()));
        let ids = jobs.each_ref().map(|job| job.id());
        let [first, second, other] = jobs;
        let pushers = [vec![first, second], vec![other]].map(|jobs| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || {
                for job in jobs {
                    queue.push(job);
                }
            })
        });
        let mut order = Vec::new();
        let mut taken = |queue: &Queue| {
            for job in queue.take() {
                let place = ids.iter().position(|known| *known == job.id());
                order.push(place.expect("what comes out is what went in"));
                job.close();
            }
        };
        taken(&queue);
        for pusher in pushers {
            pusher.join().unwrap();
        }
        taken(&queue);
        let at = |wanted| order.iter().position(|place| *place == wanted).expect("nothing is lost");
        assert!(at(0) < at(1), "{order:?}");
        at(2);
        assert_eq!(order.len(), 3, "nothing comes twice");
    });
}

/// The loop closes while jobs come: each is taken, or refused to the thread that pushes it.
#[test]
fn two_pushers_against_close() {
    loom::model(|| {
        let queue = Arc::new(Queue::new());
        let (taken, refused) = (Count::default(), Count::default());
        let pushers = [(); 2].map(|()| {
            let (queue, refused, job) = (Arc::clone(&queue), refused.clone(), job(&Seen::default()));
            thread::spawn(move || {
                if let Pushed::Closed(job) = queue.push(job) {
                    refused.up();
                    job.refuse();
                }
            })
        });
        for job in queue.take() {
            taken.up();
            job.close();
        }
        queue.close();
        assert!(queue.is_closed());
        for job in queue.take() {
            taken.up();
            job.close();
        }
        assert!(!queue.sleep(), "nobody would wake the loop");
        for pusher in pushers {
            pusher.join().unwrap();
        }
        assert_eq!(taken.get() + refused.get(), 2);
        assert_eq!(queue.take().count(), 0, "nothing comes in after the last look");
    });
}

/// A loop is to drain, and then to abort, before its first poll, or as it goes to sleep: it sees both, or is woken.
#[test]
fn stops_against_sleep() {
    loom::model(|| {
        let (on, seen) = (ModelLoop::new(), Seen::default());
        on.push(job_of(seen.never()));
        // Not joined: loom takes a stray `unpark` for the end of a join.
        thread::spawn({
            let on = on.clone();
            move || {
                on.finish();
                on.scheduler.shut_down(Shutdown::Abort);
            }
        });
        on.serve_until_finished();
        seen.is_over();
    });
}
