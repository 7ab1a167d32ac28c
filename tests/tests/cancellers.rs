//! `Handle::with_canceller`: scoped calls that are cancelled from outside.

mod common;

use std::future::{pending, poll_fn};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use bridge::{Canceller, Error, EventLoop, Handle, threadsafe};
use bridge_tests::kinds::{AnyLoop, Kind, on_each, on_each_pair};
use bridge_tests::{Drops, OnDrop, wait_until};
use common::{SETTLE, idle_task, waiting_call};
use tokio::sync::oneshot;

/// A timeout that is meant to run out.
const SHORT: Duration = Duration::from_millis(30);
/// One that never does: a test that waits for it hangs.
const LONG: Duration = Duration::from_secs(3600);

#[track_caller]
fn assert_cancelled<T>(result: Result<T, Error>) {
    match result {
        Err(Error::Cancelled) => {}
        Err(error) => panic!("it ended otherwise: {error}"),
        Ok(_) => panic!("it has a value"),
    }
}

// Calls that wait.

#[test]
fn a_cancel_ends_a_call_that_waits() {
    on_each(Kind::ALL, |on| {
        let canceller = Canceller::new();
        let caller = waiting_call(&on.with_canceller(&canceller), &Drops::new());
        assert!(canceller.cancel());
        assert_cancelled(caller.join().unwrap());
    });
}

#[test]
fn a_cancel_ends_all_calls_that_wait() {
    on_each(Kind::ALL, |on| {
        let (canceller, drops) = (Canceller::new(), Drops::new());
        let handle = on.with_canceller(&canceller);
        let callers: Vec<_> = (0..8).map(|_| waiting_call(&handle, &drops)).collect();
        canceller.cancel();
        callers.into_iter().for_each(|caller| assert_cancelled(caller.join().unwrap()));
        assert_eq!(drops.count(), 8);
    });
}

#[test]
fn a_cancel_ends_calls_onto_different_loops() {
    on_each_pair(Kind::ALL, Kind::ALL, |one, other| {
        let canceller = Canceller::new();
        let callers = [&one, &other].map(|on| waiting_call(&on.with_canceller(&canceller), &Drops::new()));
        canceller.cancel();
        callers.into_iter().for_each(|caller| assert_cancelled(caller.join().unwrap()));
    });
}

#[test]
fn a_cancelled_call_has_dropped_its_future_where_it_was_polled() {
    on_each(Kind::ALL, |on| {
        let (canceller, drops) = (Canceller::new(), Drops::new());
        let elsewhere = (!on.kind.polls_on_the_caller()).then(|| on.threads()[0]);
        let caller = waiting_call(&on.with_canceller(&canceller), &drops);
        let there = elsewhere.unwrap_or(caller.thread().id());
        canceller.cancel();
        assert_cancelled(caller.join().unwrap());
        assert_eq!(drops.threads(), [there]);
    });
}

#[test]
fn a_cancelled_call_of_a_local_future_has_dropped_it_on_the_loops_thread() {
    let event_loop = EventLoop::new().unwrap();
    let (canceller, drops) = (Canceller::new(), Drops::new());
    let there = event_loop.block_on(async { thread::current().id() }).unwrap();
    let handle = event_loop.handle().with_canceller(&canceller);
    let (sender, polled) = mpsc::channel();
    let guard = drops.guard();
    let caller = thread::spawn(move || {
        handle.block_on_local(|| async move {
            let _guard = guard;
            sender.send(()).unwrap();
            pending::<()>().await;
        })
    });
    polled.recv().unwrap();
    canceller.cancel();
    assert_cancelled(caller.join().unwrap());
    assert_eq!(drops.threads(), [there]);
}

#[test]
fn a_call_that_drives_while_others_park_is_cancelled_and_the_others_go_on() {
    let on = AnyLoop::start(Kind::SharedLoop);
    let canceller = Canceller::new();
    let driver = waiting_call(&on.with_canceller(&canceller), &Drops::new());
    let (sender, polled) = mpsc::channel();
    let handle = on.handle().clone();
    let sleeper = thread::spawn(move || {
        handle.block_on(async move {
            sender.send(()).unwrap();
            tokio::time::sleep(2 * SETTLE).await;
        })
    });
    polled.recv().unwrap();
    canceller.cancel();
    assert_cancelled(driver.join().unwrap());
    sleeper.join().unwrap().unwrap();
}

#[test]
fn a_call_that_was_not_started_is_cancelled_before_its_first_poll() {
    let on = AnyLoop::start(Kind::EventLoop);
    let (canceller, drops) = (Canceller::new(), Drops::new());
    let blocked = on.block_threads();
    let (handle, guard) = (on.with_canceller(&canceller), drops.guard());
    let (begin, begins) = mpsc::channel();
    let caller = thread::spawn(move || {
        begin.send(()).unwrap();
        handle.block_on(async move { drop(guard) })
    });
    begins.recv().unwrap();
    thread::sleep(SETTLE);
    canceller.cancel();
    let id = caller.thread().id();
    assert_cancelled(caller.join().unwrap());
    assert_eq!(drops.threads(), [id], "the loop is still blocked");
    drop(blocked);
}

#[test]
fn a_call_waits_for_the_poll_that_the_cancel_falls_into() {
    on_each(Kind::ALL, |on| {
        let (canceller, drops) = (Canceller::new(), Drops::new());
        let (enter, entered) = mpsc::channel();
        let (leave, left) = mpsc::channel::<()>();
        let (handle, guard) = (on.with_canceller(&canceller), drops.guard());
        let caller = thread::spawn(move || {
            handle.block_on(poll_fn(move |_| {
                let _captured = &guard;
                enter.send(()).unwrap();
                let _ = left.recv();
                Poll::<()>::Pending
            }))
        });
        entered.recv().unwrap();
        canceller.cancel();
        thread::sleep(SETTLE);
        assert!(!caller.is_finished() && drops.count() == 0, "the thread is inside the future");
        drop(leave);
        assert_cancelled(caller.join().unwrap());
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn a_call_that_completes_in_the_poll_that_the_cancel_falls_into_has_its_value() {
    on_each(Kind::ALL, |on| {
        let canceller = Canceller::new();
        let (enter, entered) = mpsc::channel();
        let (leave, left) = mpsc::channel::<()>();
        let handle = on.with_canceller(&canceller);
        let caller = thread::spawn(move || {
            handle.block_on(async move {
                enter.send(()).unwrap();
                let _ = left.recv();
                7
            })
        });
        entered.recv().unwrap();
        canceller.cancel();
        // Time for the caller to ask its loop to drop the future; what has to come out does not hang on it.
        thread::sleep(SETTLE);
        drop(leave);
        assert_eq!(caller.join().unwrap().unwrap(), 7);
    });
}

#[test]
fn a_future_may_cancel_the_call_that_it_is_in() {
    on_each(Kind::ALL, |on| {
        let (canceller, drops) = (Canceller::new(), Drops::new());
        let (inside, guard) = (canceller.clone(), drops.guard());
        assert_cancelled(on.with_canceller(&canceller).block_on(async move {
            let _guard = guard;
            inside.cancel();
            pending::<()>().await;
        }));
        assert_eq!(drops.count(), 1);
        let (canceller, inside) = (Canceller::new(), Canceller::new());
        let handle = on.with_canceller(&canceller).with_canceller(&inside);
        let later = inside.clone();
        assert_cancelled(handle.block_on(async move {
            tokio::task::yield_now().await;
            later.cancel();
            pending::<()>().await;
        }));
    });
}

#[test]
fn a_task_of_the_loop_may_cancel_a_call_onto_it() {
    on_each(Kind::ALL, |on| {
        let canceller = Canceller::new();
        let (inside, handle) = (canceller.clone(), on.handle().clone());
        assert_cancelled(on.with_canceller(&canceller).block_on(async move {
            drop(handle.submit(async move { inside.cancel() }));
            pending::<()>().await;
        }));
    });
}

#[test]
fn a_call_of_a_loops_thread_onto_another_loop_is_cancelled() {
    on_each_pair(Kind::ALL, Kind::ALL, |one, other| {
        let (canceller, drops) = (Canceller::new(), Drops::new());
        let (handle, guard) = (other.with_canceller(&canceller), drops.guard());
        let (sender, polled) = mpsc::channel();
        let task = one.submit(async move {
            handle.block_on(async move {
                let _guard = guard;
                sender.send(()).unwrap();
                pending::<()>().await;
            })
        });
        polled.recv().unwrap();
        thread::sleep(SETTLE);
        canceller.cancel();
        assert_cancelled(task.result().unwrap());
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn a_call_inside_a_call_is_cancelled_alone() {
    on_each(Kind::ALL, |other| {
        let shared = AnyLoop::start(Kind::SharedLoop);
        let canceller = Canceller::new();
        let (inner, cancels) = (other.with_canceller(&canceller), canceller.clone());
        let both = shared.block_on(async move {
            let cancelled = inner.block_on(async move {
                cancels.cancel();
                pending::<()>().await;
            });
            tokio::task::yield_now().await;
            cancelled
        });
        assert_cancelled(both.unwrap());
    });
}

#[test]
fn a_thread_that_spins_for_its_answer_sees_the_cancel() {
    let event_loop = EventLoop::builder().spin(LONG).build().unwrap();
    let canceller = Canceller::new();
    let caller = waiting_call(&event_loop.handle().with_canceller(&canceller).into(), &Drops::new());
    canceller.cancel();
    assert_cancelled(caller.join().unwrap());
}

#[test]
fn a_destructors_panic_comes_out_of_a_cancelled_call() {
    on_each(Kind::ALL, |on| {
        let canceller = Canceller::new();
        let (handle, cancels) = (on.with_canceller(&canceller), canceller.clone());
        let caller = thread::spawn(move || {
            handle.block_on(async move {
                let _panics = OnDrop::new(|| panic!("a destructor"));
                cancels.cancel();
                pending::<()>().await;
            })
        });
        let payload = caller.join().unwrap_err();
        assert_eq!(*payload.downcast_ref::<&str>().unwrap(), "a destructor");
    });
}

// Calls that begin later, and others.

#[test]
fn a_call_that_begins_after_the_cancel_runs_nothing() {
    on_each(Kind::ALL, |on| {
        let (canceller, drops) = (Canceller::new(), Drops::new());
        let (before, guard) = (on.with_canceller(&canceller), drops.guard());
        canceller.cancel();
        assert_cancelled(before.block_on(async move { drop(guard) }));
        assert_eq!(drops.threads(), [thread::current().id()]);
        assert_cancelled(on.with_canceller(&canceller).block_on(async { unreachable!() as () }));
        if let Some(local) = on.local() {
            let call = local.with_canceller(&canceller).block_on_local(|| async { unreachable!() as () });
            assert_cancelled(call);
        }
    });
}

#[test]
fn the_loop_serves_other_calls_after_a_cancel() {
    on_each(Kind::ALL, |on| {
        let canceller = Canceller::new();
        let handle = on.with_canceller(&canceller);
        let caller = waiting_call(&handle, &Drops::new());
        canceller.cancel();
        assert_cancelled(caller.join().unwrap());
        let slow = async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            3
        };
        assert_eq!(on.block_on(slow).unwrap(), 3);
        assert_eq!(on.with_canceller(&Canceller::new()).block_on(async { 4 }).unwrap(), 4);
    });
}

#[test]
fn of_several_cancellers_any_ends_a_call() {
    on_each(Kind::ALL, |on| {
        for cancelled in 0..3 {
            let cancellers = [Canceller::new(), Canceller::new(), Canceller::new()];
            let handle =
                cancellers.iter().fold(on.handle().clone(), |handle, canceller| handle.with_canceller(canceller));
            // The same twice is the same.
            let caller = waiting_call(&handle.with_canceller(&cancellers[0]), &Drops::new());
            cancellers[cancelled].cancel();
            assert_cancelled(caller.join().unwrap());
            assert_cancelled(handle.block_on(async {}));
        }
    });
}

#[test]
fn a_timeout_holds_beside_a_canceller_and_a_canceller_beside_a_timeout() {
    on_each(Kind::ALL, |on| {
        let canceller = Canceller::new();
        let hasty = on.with_canceller(&canceller).with_timeout(SHORT);
        assert!(matches!(hasty.block_on(pending::<()>()), Err(Error::TimedOut(SHORT))));
        let slow = on.with_timeout(LONG).with_canceller(&canceller);
        let caller = waiting_call(&slow, &Drops::new());
        canceller.cancel();
        assert_cancelled(caller.join().unwrap());
    });
}

#[test]
fn the_loops_end_holds_beside_a_canceller() {
    on_each(Kind::LOOPS, |on| {
        let canceller = Canceller::new();
        let caller = waiting_call(&on.with_canceller(&canceller), &Drops::new());
        drop(on);
        assert!(matches!(caller.join().unwrap(), Err(Error::Closed)));
        assert!(!canceller.is_cancelled());
    });
}

#[test]
fn a_canceller_is_not_there_for_tasks_and_for_calls_through_the_current_handle() {
    on_each(Kind::ALL, |on| {
        let canceller = Canceller::new();
        let handle = on.with_canceller(&canceller);
        let inside = handle.block_on(async { Handle::current() }).unwrap();
        let task = handle.submit(async { 5 });
        canceller.cancel();
        assert_eq!(task.result().unwrap(), 5);
        assert_eq!(handle.submit(async { 6 }).result().unwrap(), 6);
        assert_eq!(inside.block_on(async { 7 }).unwrap(), 7);
    });
}

#[test]
fn a_companion_ends_as_cancelled() {
    #[threadsafe(fallible)]
    async fn never() -> u8 {
        pending().await
    }
    on_each(Kind::ALL, |on| {
        let canceller = Canceller::new();
        let handle = on.with_canceller(&canceller);
        let caller = thread::spawn(move || never_blocking(&handle));
        canceller.cancel();
        assert_cancelled(caller.join().unwrap());
    });
}

#[test]
fn next_through_a_handle_with_a_canceller_ends_as_cancelled_and_the_stream_goes_on() {
    on_each(Kind::ALL, |on| {
        let canceller = Canceller::new();
        let (sender, receiver) = oneshot::channel::<u8>();
        let drops = Drops::new();
        let guard = drops.guard();
        let stream = futures::stream::once(async move {
            let _guard = guard;
            receiver.await.unwrap()
        });
        let mut items = on.with_canceller(&canceller).iter(Box::pin(stream));
        let (ask, asks) = mpsc::channel();
        let caller = thread::spawn(move || {
            ask.send(()).unwrap();
            let next = items.next_timeout(Duration::MAX);
            (next, items)
        });
        asks.recv().unwrap();
        thread::sleep(SETTLE);
        canceller.cancel();
        let (next, mut items) = caller.join().unwrap();
        assert_cancelled(next);
        assert_eq!(drops.count(), 0);
        sender.send(9).unwrap();
        wait_until(|| drops.count() == 1);
        let next = thread::spawn(move || items.next()).join();
        let text = next.unwrap_err().downcast::<String>().unwrap();
        assert!(text.contains("cancelled"), "{text}");
    });
}

// The canceller itself.

#[test]
fn all_clones_of_a_canceller_cancel_and_say_so() {
    let canceller = Canceller::default();
    let clone = canceller.clone();
    assert!(!canceller.is_cancelled() && !clone.is_cancelled());
    assert!(clone.cancel() && canceller.cancel());
    assert!(canceller.is_cancelled() && clone.is_cancelled());
}

#[test]
fn dropping_a_canceller_cancels_nothing() {
    on_each(Kind::ALL, |on| {
        let handle = on.with_canceller(&Canceller::new());
        assert_eq!(handle.block_on(async { 1 }).unwrap(), 1);
    });
}

#[test]
fn the_canceller_of_a_task_says_what_becomes_of_the_task() {
    on_each(Kind::ALL, |on| {
        let task = idle_task(&on, &Drops::new());
        let canceller = task.canceller();
        assert!(!canceller.is_cancelled());
        assert!(task.cancel());
        assert!(canceller.is_cancelled());
        let mut done = on.submit(async { 1 });
        assert_eq!(done.result_timeout(Duration::MAX).unwrap(), 1);
        assert!(!done.canceller().cancel() && !done.canceller().is_cancelled());
    });
}

#[test]
fn the_canceller_of_a_task_ends_the_calls_of_a_handle_as_well() {
    on_each(Kind::ALL, |on| {
        let task = idle_task(&on, &Drops::new());
        let canceller = task.canceller();
        let caller = waiting_call(&on.with_canceller(&canceller), &Drops::new());
        assert!(canceller.cancel());
        assert_cancelled(caller.join().unwrap());
        assert_cancelled(task.result());
    });
}

#[test]
fn cancels_that_race_calls_end_them_with_the_value_or_as_cancelled() {
    on_each(Kind::ALL, |on| {
        for _ in 0..200 {
            let (canceller, drops) = (Canceller::new(), Drops::new());
            let polls = Arc::new(AtomicUsize::new(0));
            let callers: Vec<_> = (0..3)
                .map(|_| {
                    let (handle, guard) = (on.with_canceller(&canceller), drops.guard());
                    let polls = Arc::clone(&polls);
                    thread::spawn(move || {
                        let value = handle.block_on(async move {
                            let _guard = guard;
                            for _ in 0..3 {
                                polls.fetch_add(1, Ordering::SeqCst);
                                tokio::task::yield_now().await;
                            }
                            1
                        });
                        assert!(matches!(value, Ok(1) | Err(Error::Cancelled)), "{value:?}");
                    })
                })
                .collect();
            let other = thread::spawn({
                let canceller = canceller.clone();
                move || canceller.cancel()
            });
            assert!(canceller.cancel() && other.join().unwrap());
            callers.into_iter().for_each(|caller| caller.join().unwrap());
            assert_eq!(drops.count(), 3);
            assert!(polls.load(Ordering::SeqCst) <= 9);
        }
    });
}
