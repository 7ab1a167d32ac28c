//! Timeouts: `Task::result_timeout`, which leaves the task running, and `with_timeout`, which cancels scoped calls.

use std::future::{pending, poll_fn, ready};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use bridge::{Error, Handle};
use bridge_tests::kinds::{Kind, on_each, on_each_pair};
use bridge_tests::{Drops, block_thread, event_loop, wait_until};
use tokio::sync::oneshot;

/// A timeout that is meant to run out.
const SHORT: Duration = Duration::from_millis(30);
/// One that is meant to run out once the loop has started the call, even on a busy machine.
const STARTS: Duration = Duration::from_secs(1);
/// One that never does: a test that waits for it hangs.
const LONG: Duration = Duration::from_secs(3600);

#[track_caller]
fn assert_timed_out<T>(result: Result<T, Error>, timeout: Duration) {
    match result {
        Err(Error::TimedOut(of)) => assert_eq!(of, timeout, "the error names the timeout"),
        Err(error) => panic!("it ended otherwise: {error}"),
        Ok(_) => panic!("it has a value"),
    }
}

// `result_timeout`.

#[test]
fn a_zero_timeout_returns_the_result_of_a_done_task() {
    on_each(Kind::ALL, |on| {
        let mut task = on.submit(ready(1));
        wait_until(|| task.is_done());
        assert_eq!(task.result_timeout(Duration::ZERO).unwrap(), 1);
        let mut task = on.submit(pending::<()>());
        task.cancel();
        wait_until(|| task.is_done());
        assert!(matches!(task.result_timeout(Duration::ZERO), Err(Error::Cancelled)));
    });
}

#[test]
fn a_zero_timeout_runs_out_at_once_on_a_task_that_is_not_done() {
    on_each(Kind::ALL, |on| {
        assert_timed_out(on.submit(pending::<()>()).result_timeout(Duration::ZERO), Duration::ZERO);
        let blocked = on.block_threads();
        assert_timed_out(on.submit(ready(())).result_timeout(Duration::ZERO), Duration::ZERO);
        drop(blocked);
    });
}

#[test]
fn a_zero_timeout_may_be_passed_on_the_loops_own_thread() {
    on_each(Kind::ALL, |on| {
        let asks = async { Handle::current().submit(pending::<()>()).result_timeout(Duration::ZERO) };
        assert_timed_out(on.submit(asks).result().unwrap(), Duration::ZERO);
    });
}

#[test]
fn a_timeout_that_runs_out_is_waited_for() {
    on_each(Kind::ALL, |on| {
        let mut task = on.submit(pending::<()>());
        let start = Instant::now();
        assert_timed_out(task.result_timeout(SHORT), SHORT);
        assert!(start.elapsed() >= SHORT);
    });
}

#[test]
fn a_timeout_that_runs_out_leaves_the_task_running() {
    on_each(Kind::ALL, |on| {
        let drops = Drops::new();
        let guard = drops.guard();
        let (sender, receiver) = oneshot::channel();
        let mut task = on.submit(async move {
            let _guard = guard;
            receiver.await
        });
        for _ in 0..3 {
            assert_timed_out(task.result_timeout(SHORT), SHORT);
        }
        assert!(!task.is_done());
        assert_eq!(drops.count(), 0);
        sender.send(1).unwrap();
        assert_eq!(task.result_timeout(LONG).unwrap(), Ok(1));
    });
}

#[test]
fn a_timeout_that_runs_out_leaves_a_queued_task_in_the_queue() {
    on_each(Kind::ALL, |on| {
        let blocked = on.block_threads();
        let mut task = on.submit(ready(1));
        assert_timed_out(task.result_timeout(SHORT), SHORT);
        drop(blocked);
        assert_eq!(task.result().unwrap(), 1);
    });
}

#[test]
fn a_task_can_be_awaited_after_its_timeout_ran_out() {
    on_each_pair(Kind::ALL, Kind::ALL, |one, other| {
        let (sender, receiver) = oneshot::channel();
        let mut task = one.submit(receiver);
        assert_timed_out(task.result_timeout(SHORT), SHORT);
        let awaiting = other.submit(task);
        sender.send(1).unwrap();
        assert_eq!(awaiting.result().unwrap().unwrap(), Ok(1));
    });
}

#[test]
fn a_completion_ends_the_wait_at_once() {
    on_each(Kind::ALL, |on| {
        let (sender, receiver) = oneshot::channel();
        let (wait, waits) = mpsc::channel();
        let mut task = on.submit(receiver);
        let waiter = thread::spawn(move || {
            wait.send(()).unwrap();
            task.result_timeout(LONG)
        });
        waits.recv().unwrap();
        // Time to park; what has to come out does not hang on it.
        thread::sleep(SHORT);
        sender.send(1).unwrap();
        assert_eq!(waiter.join().unwrap().unwrap(), Ok(1));
    });
}

#[test]
fn a_cancel_ends_the_wait_at_once() {
    on_each(Kind::ALL, |on| {
        let (wait, waits) = mpsc::channel();
        let mut task = on.submit(pending::<()>());
        let canceller = task.canceller();
        let waiter = thread::spawn(move || {
            wait.send(()).unwrap();
            task.result_timeout(LONG)
        });
        waits.recv().unwrap();
        thread::sleep(SHORT);
        assert!(canceller.cancel());
        assert!(matches!(waiter.join().unwrap(), Err(Error::Cancelled)));
    });
}

#[test]
fn the_greatest_durations_are_no_timeout_for_result_timeout() {
    on_each(Kind::ALL, |on| {
        for timeout in [Duration::MAX, Duration::from_secs(u64::MAX), Duration::from_secs(i64::MAX as u64)] {
            let (sender, receiver) = oneshot::channel();
            let mut task = on.submit(receiver);
            let caller = thread::spawn(move || task.result_timeout(timeout));
            on.submit(async move { sender.send(1) }).result().unwrap().unwrap();
            assert_eq!(caller.join().unwrap().unwrap(), Ok(1), "{timeout:?}");
        }
    });
}

#[test]
fn the_greatest_durations_are_no_timeout_for_scoped_calls() {
    on_each(Kind::ALL, |on| {
        for timeout in [Duration::MAX, Duration::from_secs(u64::MAX), Duration::from_secs(i64::MAX as u64)] {
            let handle = on.with_timeout(timeout);
            let value = handle.block_on(async {
                tokio::time::sleep(Duration::from_millis(1)).await;
                1
            });
            assert_eq!(value.unwrap(), 1, "{timeout:?}");
        }
    });
}

#[test]
fn no_runtime_is_needed_on_the_waiting_thread() {
    on_each(Kind::ALL, |on| {
        assert!(tokio::runtime::Handle::try_current().is_err());
        assert_timed_out(on.submit(pending::<()>()).result_timeout(SHORT), SHORT);
        assert_timed_out(on.with_timeout(SHORT).block_on(pending::<()>()), SHORT);
        if let Some(local) = on.local() {
            assert_timed_out(local.with_timeout(SHORT).block_on_local(pending::<()>), SHORT);
        }
    });
}

#[test]
fn a_loop_without_timers_needs_none_for_a_timeout() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let handle = Handle::from(&runtime);
    assert_timed_out(handle.submit(pending::<()>()).result_timeout(SHORT), SHORT);
    assert_timed_out(handle.with_timeout(SHORT).block_on(pending::<()>()), SHORT);
}

// Scoped calls.

#[test]
fn a_scoped_call_times_out_after_its_timeout() {
    on_each(Kind::ALL, |on| {
        let start = Instant::now();
        assert_timed_out(on.with_timeout(SHORT).block_on(pending::<()>()), SHORT);
        let took = start.elapsed();
        assert!(took >= SHORT, "{took:?}");
        if let Some(local) = on.local() {
            assert_timed_out(local.with_timeout(SHORT).block_on_local(pending::<()>), SHORT);
        }
        let took = start.elapsed();
        assert!(took < Duration::from_secs(20), "the loop was responsive, and it took {took:?}");
    });
}

#[test]
fn a_scoped_call_in_time_gives_its_value() {
    on_each(Kind::ALL, |on| {
        let handle = on.with_timeout(LONG);
        let slow = async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            1
        };
        assert_eq!(handle.block_on(slow).unwrap(), 1);
        if let Some(local) = on.local() {
            assert_eq!(local.with_timeout(LONG).block_on_local(|| ready(2)).unwrap(), 2);
        }
    });
}

#[test]
fn a_scoped_call_that_times_out_has_dropped_its_future_before_it_returns() {
    on_each(Kind::ALL, |on| {
        let hasty = on.with_timeout(Duration::from_millis(1));
        let drops = Drops::new();
        for i in 1..=20 {
            let (captured, inside) = (drops.guard(), drops.guard());
            let timed_out = hasty.block_on(async move {
                let _inside = inside;
                pending::<()>().await;
                drop(captured);
            });
            assert_timed_out(timed_out, Duration::from_millis(1));
            assert_eq!(drops.count(), i * 2);
        }
    });
}

#[test]
fn a_scoped_call_that_times_out_has_dropped_its_future_where_it_was_polled() {
    on_each(Kind::ALL, |on| {
        let there = on.polls_calls_on();
        let drops = Drops::new();
        let guard = drops.guard();
        let timed_out = on.with_timeout(STARTS).block_on(poll_fn(move |_| {
            let _captured = &guard;
            Poll::<()>::Pending
        }));
        assert_timed_out(timed_out, STARTS);
        assert_eq!(drops.threads(), [there]);
    });
}

#[test]
fn a_scoped_call_waits_for_the_poll_that_its_timeout_falls_into() {
    on_each(Kind::ALL, |on| {
        let (enter, entered) = mpsc::channel();
        let (leave, left) = mpsc::channel::<()>();
        let drops = Drops::new();
        let guard = drops.guard();
        let handle = on.with_timeout(STARTS);
        let caller = thread::spawn(move || {
            handle.block_on(poll_fn(move |_| {
                let _captured = &guard;
                enter.send(Instant::now()).unwrap();
                let _ = left.recv();
                Poll::<()>::Pending
            }))
        });
        let entered = entered.recv().unwrap();
        while entered.elapsed() < STARTS + SHORT {
            assert!(!caller.is_finished(), "the loop is inside the future");
            thread::yield_now();
        }
        assert_eq!(drops.count(), 0);
        drop(leave);
        assert_timed_out(caller.join().unwrap(), STARTS);
        assert_eq!(drops.count(), 1);
    });
}

/// Keeps its thread until a timeout of [`STARTS`] has run out in a call that has started.
fn outlast_the_timeout() {
    let start = Instant::now();
    while start.elapsed() < STARTS + SHORT {
        thread::yield_now();
    }
}

#[test]
fn a_future_that_completes_in_the_poll_that_its_timeout_falls_into_has_completed() {
    on_each(Kind::ALL, |on| {
        let late = on.with_timeout(STARTS).block_on(async {
            outlast_the_timeout();
            String::from("late")
        });
        assert_eq!(late.unwrap(), "late");
    });
}

#[test]
fn a_panic_in_the_poll_that_the_timeout_falls_into_is_resumed() {
    on_each(Kind::ALL, |on| {
        let handle = on.with_timeout(STARTS);
        let caller = thread::spawn(move || {
            handle.block_on(async {
                outlast_the_timeout();
                panic!("late")
            })
        });
        assert_eq!(caller.join().unwrap_err().downcast_ref::<&str>(), Some(&"late"));
    });
}

#[test]
fn a_zero_timeout_runs_nothing() {
    on_each(Kind::ALL, |on| {
        let ran = Arc::new(AtomicBool::new(false));
        let hasty = on.with_timeout(Duration::ZERO);
        let drops = Drops::new();
        let guard = drops.guard();
        let call = hasty.block_on(async {
            let _captured = &guard;
            ran.store(true, Ordering::SeqCst);
        });
        assert_timed_out(call, Duration::ZERO);
        let moved = guard;
        if let Some(local) = on.local() {
            let call = local.with_timeout(Duration::ZERO).block_on_local(|| {
                let _captured = moved;
                ran.store(true, Ordering::SeqCst);
                ready(())
            });
            assert_timed_out(call, Duration::ZERO);
            assert_eq!(drops.count(), 1, "nothing of it is left");
        }
        drop(on);
        assert!(!ran.load(Ordering::SeqCst));
    });
}

#[test]
fn a_call_that_the_loop_never_started_is_cancelled_at_its_timeout_before_its_first_poll() {
    let event_loop = event_loop();
    let blocked_thread = block_thread(&event_loop);
    let hasty = event_loop.with_timeout(SHORT);
    let runs = Arc::new(AtomicUsize::new(0));
    let drops = Drops::new();
    let (one, other) = (drops.guard(), drops.guard());
    let start = Instant::now();
    // Each returns while the loop is still blocked.
    let call = hasty.block_on(async {
        let _captured = one;
        runs.fetch_add(1, Ordering::SeqCst);
    });
    assert_timed_out(call, SHORT);
    assert!(start.elapsed() >= SHORT);
    let call = hasty.block_on_local(|| {
        let _captured = other;
        runs.fetch_add(1, Ordering::SeqCst);
        ready(())
    });
    assert_timed_out(call, SHORT);
    assert_eq!(drops.count(), 2, "dropped when the call returns, blocked or not");
    blocked_thread.release();
    event_loop.shutdown().unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 0, "it never runs");
}

#[test]
fn a_call_that_its_own_thread_polls_times_out_while_the_loop_is_blocked() {
    on_each([Kind::SharedLoop, Kind::MultiThread, Kind::CurrentThread], |on| {
        let blocked = on.block_threads();
        let drops = Drops::new();
        let guard = drops.guard();
        let start = Instant::now();
        let call = on.with_timeout(SHORT).block_on(async {
            let _guard = guard;
            pending::<()>().await;
        });
        assert_timed_out(call, SHORT);
        assert!(start.elapsed() >= SHORT);
        assert_eq!(drops.threads(), [thread::current().id()]);
        drop(blocked);
    });
}

#[test]
fn a_call_that_times_out_before_its_first_poll_leaves_its_neighbours_in_the_queue() {
    let event_loop = event_loop();
    let blocked_thread = block_thread(&event_loop);
    let before = event_loop.submit(ready(1));
    assert_timed_out(event_loop.with_timeout(SHORT).block_on(ready(2)), SHORT);
    let after = event_loop.submit(ready(3));
    blocked_thread.release();
    assert_eq!(before.result().unwrap(), 1);
    assert_eq!(after.result().unwrap(), 3);
}

#[test]
fn the_timeout_covers_the_time_in_the_queue() {
    let event_loop = event_loop();
    let blocked_thread = block_thread(&event_loop);
    let handle = event_loop.with_timeout(STARTS);
    let start = Instant::now();
    let caller = thread::spawn(move || (handle.block_on(pending::<()>()), start.elapsed()));
    // Most of it goes by in the queue. Had the timeout started after that, the call would take nearly twice as long.
    thread::sleep(STARTS * 9 / 10);
    blocked_thread.release();
    let (timed_out, took) = caller.join().unwrap();
    assert_timed_out(timed_out, STARTS);
    assert!(took >= STARTS);
    assert!(took < STARTS * 8 / 5, "{took:?}");
}

/// A thread that drives a loop polls the future once, and the loop that is called goes on with it.
#[test]
fn the_timeout_covers_the_first_poll_of_a_call_that_the_loop_goes_on_with() {
    let timeout = Duration::from_millis(400);
    on_each([Kind::SharedLoop, Kind::MultiThread, Kind::CurrentThread], |on| {
        let handle = on.with_timeout(timeout);
        let result = bridge::run(async {
            handle.block_on(async {
                thread::sleep(timeout); // inside the first poll
                tokio::time::sleep(timeout / 2).await;
            })
        });
        assert_timed_out(result, timeout);
    });
}

#[test]
fn of_two_timeouts_the_shorter_holds() {
    on_each(Kind::ALL, |on| {
        assert_timed_out(on.with_timeout(SHORT).with_timeout(LONG).block_on(pending::<()>()), SHORT);
        assert_timed_out(on.with_timeout(LONG).with_timeout(SHORT).block_on(pending::<()>()), SHORT);
        let handle = Handle::clone(&on);
        assert_timed_out(handle.with_timeout(SHORT).with_timeout(LONG).block_on(pending::<()>()), SHORT);
    });
}

#[test]
fn a_timeout_is_removed_and_a_longer_one_set() {
    on_each(Kind::ALL, |on| {
        let short = on.with_timeout(Duration::ZERO);
        assert_eq!(short.timeout(), Some(Duration::ZERO));
        assert_eq!(short.without_timeout().timeout(), None);
        let longer = short.without_timeout().with_timeout(LONG);
        assert_eq!(longer.timeout(), Some(LONG));
        assert_eq!(longer.block_on(ready(1)).unwrap(), 1);
        assert_timed_out(short.block_on(ready(1)), Duration::ZERO);
    });
    let event_loop = event_loop();
    let short = event_loop.handle().with_timeout(Duration::ZERO);
    assert_eq!(short.without_timeout().block_on_local(|| ready(1)).unwrap(), 1);
}

#[test]
fn a_timeout_holds_for_the_new_handle_only() {
    on_each(Kind::ALL, |on| {
        let hasty = on.with_timeout(Duration::ZERO);
        assert_eq!(on.block_on(ready(1)).unwrap(), 1);
        assert_timed_out(hasty.clone().block_on(ready(1)), Duration::ZERO);
    });
}

#[test]
fn a_timeout_does_not_hold_for_tasks() {
    on_each(Kind::ALL, |on| {
        let (sender, receiver) = oneshot::channel();
        let mut task = on.with_timeout(Duration::ZERO).submit(receiver);
        let other = on.local().map(|local| local.with_timeout(Duration::ZERO).submit_local(|| ready(2)));
        assert_timed_out(task.result_timeout(SHORT), SHORT);
        sender.send(1).unwrap();
        assert_eq!(task.result().unwrap(), Ok(1));
        assert!(other.into_iter().all(|other| other.result().unwrap() == 2));
        let (sender, receiver) = mpsc::channel();
        on.with_timeout(Duration::ZERO).call_soon(move || sender.send(()).unwrap()).unwrap();
        receiver.recv().unwrap();
    });
}

#[test]
fn an_elapsed_of_the_bodys_own_is_its_value() {
    on_each(Kind::ALL, |on| {
        let body = || async { tokio::time::timeout(Duration::from_millis(1), pending::<()>()).await };
        assert!(on.with_timeout(LONG).block_on(body()).unwrap().is_err());
        assert!(on.submit(body()).result_timeout(LONG).unwrap().is_err());
    });
}

#[test]
fn a_loop_goes_on_after_many_calls_that_timed_out() {
    on_each(Kind::ALL, |on| {
        let hasty = on.with_timeout(Duration::from_millis(1));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        assert_timed_out(hasty.block_on(pending::<()>()), Duration::from_millis(1));
                    }
                });
            }
        });
        assert_eq!(on.block_on(ready(1)).unwrap(), 1);
    });
}

// External runtimes.

#[test]
fn a_call_onto_an_external_runtime_that_nobody_drives_times_out() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let hasty = Handle::from(&runtime).with_timeout(SHORT);
    let drops = Drops::new();
    let guard = drops.guard();
    let call = hasty.block_on(async {
        let _captured = guard;
        // Nobody looks at the runtime's timers.
        tokio::time::sleep(Duration::from_millis(1)).await;
    });
    assert_timed_out(call, SHORT);
    assert_eq!(drops.threads(), [thread::current().id()]);
}
