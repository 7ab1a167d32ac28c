//! `close` and `shutdown_background`: the end of a loop that nobody waits for.

mod common;

use std::future::pending;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use bridge::Error;
use bridge_tests::kinds::{AnyLoop, Kind, on_each};
use bridge_tests::{BlockedThread, Drops, wait_until};
use common::{idle_task, waiting_call};
use tokio::sync::oneshot;

/// A thread of `spawn_blocking` that the loop's end would wait for, as for a look-up of a name.
fn stuck_thread(on: &AnyLoop) -> BlockedThread {
    BlockedThread::on(|job| {
        let spawn = async move { drop(tokio::task::spawn_blocking(job)) };
        on.submit(spawn).result().unwrap();
    })
}

#[test]
fn close_gives_closed_to_waiting_calls_and_tasks() {
    on_each(Kind::LOOPS, |on| {
        let drops = Drops::new();
        let caller = waiting_call(&on, &drops);
        let task = idle_task(&on, &drops);
        on.close();
        assert!(matches!(caller.join().unwrap(), Err(Error::Closed)));
        assert!(matches!(task.result(), Err(Error::Closed)));
        assert_eq!(drops.count(), 2);
    });
}

#[test]
fn a_call_that_close_ends_has_dropped_its_future_where_it_was_polled() {
    on_each(Kind::LOOPS, |on| {
        let drops = Drops::new();
        let loops_thread = on.threads()[0];
        let caller = waiting_call(&on, &drops);
        let there = if on.kind.polls_on_the_caller() { caller.thread().id() } else { loops_thread };
        on.close();
        assert!(matches!(caller.join().unwrap(), Err(Error::Closed)));
        assert_eq!(drops.threads(), [there]);
    });
}

#[test]
fn a_closed_loop_takes_no_new_work() {
    on_each(Kind::LOOPS, |on| {
        on.close();
        assert!(on.is_closed());
        assert!(matches!(on.block_on(async {}), Err(Error::Closed)));
        assert!(matches!(on.submit(async {}).result(), Err(Error::Closed)));
        assert!(matches!(on.call_soon(|| ()), Err(Error::Closed)));
    });
}

#[test]
fn close_returns_while_the_loop_is_inside_a_long_poll() {
    on_each(Kind::LOOPS, |on| {
        let blocked = on.block_threads();
        on.close();
        assert!(on.is_closed());
        drop(blocked);
    });
}

#[test]
fn close_returns_and_frees_callers_while_a_blocking_thread_is_stuck() {
    on_each(Kind::LOOPS, |on| {
        let stuck = stuck_thread(&on);
        let caller = waiting_call(&on, &Drops::new());
        on.close();
        assert!(matches!(caller.join().unwrap(), Err(Error::Closed)));
        stuck.release();
    });
}

#[test]
fn a_task_may_close_its_own_loop() {
    on_each(Kind::LOOPS, |on| {
        let (sender, receiver) = oneshot::channel::<Weak<AnyLoop>>();
        let on = Arc::new(on);
        let task = on.submit(async move {
            // Not an owner: the last one is the test.
            receiver.await.unwrap().upgrade().unwrap().close();
            pending::<()>().await;
        });
        sender.send(Arc::downgrade(&on)).unwrap();
        assert!(matches!(task.result(), Err(Error::Closed)));
        wait_until(|| Arc::strong_count(&on) == 1);
    });
}

#[test]
fn closing_again_and_dropping_after_it_is_fine() {
    on_each(Kind::LOOPS, |on| {
        let drops = Drops::new();
        let task = idle_task(&on, &drops);
        on.close();
        on.close();
        drop(on);
        assert!(task.is_done());
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn a_shutdown_after_close_waits_for_the_end() {
    on_each(Kind::LOOPS, |on| {
        let task = idle_task(&on, &Drops::new());
        on.close();
        on.shutdown(None).unwrap();
        assert!(matches!(task.result(), Err(Error::Closed)));
    });
}

#[test]
fn shutdown_background_returns_while_a_blocking_thread_is_stuck() {
    on_each(Kind::LOOPS, |on| {
        let stuck = stuck_thread(&on);
        let caller = waiting_call(&on, &Drops::new());
        let handle = on.handle().clone();
        on.shutdown_background();
        assert!(handle.is_closed());
        assert!(matches!(caller.join().unwrap(), Err(Error::Closed)));
        stuck.release();
    });
}

#[test]
fn shutdown_background_returns_while_the_loop_is_inside_a_long_poll() {
    on_each(Kind::LOOPS, |on| {
        let (task, blocked) = (idle_task(&on, &Drops::new()), on.block_threads());
        let started = Instant::now();
        on.shutdown_background();
        assert!(started.elapsed() < Duration::from_secs(20) && !task.is_done());
        drop(blocked);
        assert!(matches!(task.result(), Err(Error::Closed)));
    });
}

#[test]
fn after_shutdown_background_the_loop_ends_and_drops_what_is_left_on_its_own_thread() {
    on_each(Kind::LOOPS, |on| {
        let (drops, loops_thread) = (Drops::new(), on.threads()[0]);
        let task = idle_task(&on, &drops);
        on.shutdown_background();
        assert!(matches!(task.result(), Err(Error::Closed)));
        assert_eq!(drops.threads(), [loops_thread]);
    });
}
