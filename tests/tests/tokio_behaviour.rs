//! What the library takes for granted of tokio and tokio does not promise. A test that fails here, with a new tokio, says
//! which part of `bridge` to look at before that version is taken.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use bridge_tests::wait_until;
use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor, worker_index};
use tokio::sync::oneshot;
use tokio::task::coop::{RestoreOnPending, poll_proceed};
use tokio::task::{block_in_place, yield_now};

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// How many units of a budget can be held at once, of so many that are asked for.
fn held_at_once(most: usize) -> usize {
    let take = || match poll_proceed(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(taken) => Some(taken),
        Poll::Pending => None,
    };
    let taken: Vec<RestoreOnPending> = std::iter::repeat_with(take).take(most).map_while(|taken| taken).collect();
    let held = taken.len();
    // Each puts back what was left when it was taken: the first one last.
    taken.into_iter().rev().for_each(drop);
    held
}

/// `deadlock`: what has a budget is polled by tokio.
#[test]
fn what_tokio_polls_has_a_budget_of_128() {
    for runtime in [current_thread(), multi_thread()] {
        assert_eq!(runtime.block_on(async { held_at_once(1000) }), 128, "in `block_on`");
        assert_eq!(runtime.block_on(async { tokio::spawn(async { held_at_once(1000) }).await.unwrap() }), 128);
    }
}

#[test]
fn what_is_taken_of_a_budget_and_dropped_is_put_back() {
    let twice = current_thread().block_on(async { [held_at_once(1000), held_at_once(1000)] });
    assert_eq!(twice, [128, 128]);
}

#[test]
fn code_that_tokio_does_not_poll_has_no_budget() {
    assert_eq!(held_at_once(1000), 1000, "on a plain thread");
    let runtime = multi_thread();
    let entered = runtime.enter();
    assert_eq!(held_at_once(1000), 1000, "in a context");
    drop(entered);
    let on_pool = runtime.spawn_blocking(|| held_at_once(1000));
    assert_eq!(runtime.block_on(on_pool).unwrap(), 1000, "on a thread of the pool");
}

/// `handle::budget`: a budget is put back to what it was, also on a thread that has none.
#[test]
fn what_was_taken_of_a_budget_puts_it_back_wherever_it_is_dropped() {
    let taken = current_thread().block_on(poll_fn(poll_proceed));
    drop(taken);
    assert_eq!(held_at_once(1000), 128);
}

#[test]
fn workers_have_an_index_and_other_threads_have_none() {
    let runtime = multi_thread();
    assert_eq!(runtime.block_on(async { worker_index() }), None, "in `block_on` of a multi-thread runtime");
    assert_eq!(runtime.block_on(async { tokio::spawn(async { worker_index() }).await.unwrap() }), Some(0));
    assert_eq!(runtime.block_on(runtime.spawn_blocking(worker_index)).unwrap(), None);
    let runtime = current_thread();
    assert_eq!(runtime.block_on(async { worker_index() }), Some(0), "in `block_on` of a current-thread runtime");
    let _entered = runtime.enter();
    assert_eq!(worker_index(), None, "in a context");
}

/// `deadlock`: a thread in a second `block_on` waits for the one that drives the runtime.
#[test]
fn a_second_thread_in_block_on_of_a_current_thread_runtime_has_no_index() {
    let runtime = Arc::new(current_thread());
    let (stop, stopped) = oneshot::channel::<()>();
    let (drives, driven) = mpsc::channel();
    let first = Arc::clone(&runtime);
    let first = thread::spawn(move || {
        first.block_on(async move {
            drives.send(()).unwrap();
            stopped.await.unwrap();
        });
    });
    driven.recv().unwrap();
    assert_eq!(runtime.block_on(async { worker_index() }), None);
    stop.send(()).unwrap();
    first.join().unwrap();
}

#[test]
fn a_parked_runtime_has_an_odd_count_of_parks() {
    let runtime = current_thread();
    let handle = runtime.handle().clone();
    let (stop, stopped) = oneshot::channel::<()>();
    let parks = move || handle.metrics().worker_park_unpark_count(0);
    let driver = thread::spawn({
        let parks = parks.clone();
        move || {
            runtime.block_on(async {
                assert_eq!(parks() % 2, 0, "before the first park");
                stopped.await.unwrap();
                assert_eq!(parks() % 2, 0, "after it");
            });
        }
    });
    wait_until(|| parks() % 2 == 1);
    stop.send(()).unwrap();
    driver.join().unwrap();
}

/// `deadlock`: a probe finds, by the queue that it went to, which thread drives a runtime.
#[test]
fn a_task_goes_to_the_shared_queue_unless_the_thread_that_drives_spawns_it() {
    let runtime = current_thread();
    let depth = || runtime.metrics().global_queue_depth();
    runtime.block_on(async {
        let before = depth();
        drop(tokio::spawn(async {}));
        assert_eq!(depth(), before, "of the thread that drives");
        thread::scope(|scope| scope.spawn(|| drop(runtime.spawn(async {}))).join().unwrap());
        assert_eq!(depth(), before + 1, "of another one");
    });
}

#[test]
fn a_worker_that_has_entered_another_runtime_spawns_to_that_ones_shared_queue() {
    let (own, other) = (multi_thread(), current_thread());
    let other_handle = other.handle().clone();
    let grown = own.block_on(async {
        let grown = tokio::spawn(async move {
            let _entered = other_handle.enter();
            let before = other_handle.metrics().global_queue_depth();
            drop(tokio::spawn(async {}));
            other_handle.metrics().global_queue_depth() - before
        });
        grown.await.unwrap()
    });
    assert_eq!(grown, 1);
}

/// Counts its wakes.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Polls a `yield_now` once, outside of any task of its own, and counts the wakes that there were when that returned.
fn wakes_of_a_yield() -> usize {
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let polled = pin!(yield_now()).poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    wakes.0.load(Ordering::SeqCst)
}

/// `handle::here`: a call that is polled on a thread which a scheduler runs on is polled again, or left to that.
#[test]
fn a_yield_wakes_at_once_but_where_a_scheduler_runs_on_the_thread() {
    assert_eq!(wakes_of_a_yield(), 1, "on a plain thread");
    let runtime = multi_thread();
    let entered = runtime.enter();
    assert_eq!(wakes_of_a_yield(), 1, "in a context");
    drop(entered);
    assert_eq!(runtime.block_on(async { wakes_of_a_yield() }), 1, "in `block_on` of a multi-thread runtime");
    let (on_worker, in_place) = runtime.block_on(async {
        tokio::spawn(async { (wakes_of_a_yield(), block_in_place(wakes_of_a_yield)) }).await.unwrap()
    });
    assert_eq!(on_worker, 0, "on a worker");
    assert_eq!(in_place, 1, "in `block_in_place`");
    assert_eq!(current_thread().block_on(async { wakes_of_a_yield() }), 0, "on the thread of a current-thread runtime");
}

/// `handle::here`: a call that meets this panic is one onto a closed runtime.
#[test]
fn a_timer_of_a_runtime_that_has_shut_down_panics_with_the_text_that_is_looked_for() {
    for runtime in [current_thread(), multi_thread()] {
        let flavor = runtime.handle().runtime_flavor();
        let handle = runtime.handle().clone();
        runtime.shutdown_timeout(Duration::from_secs(10));
        let _entered = handle.enter();
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let sleep = pin!(tokio::time::sleep(Duration::from_secs(60)));
            sleep.poll(&mut Context::from_waker(Waker::noop())).is_pending()
        }));
        let payload = polled.expect_err("it panics");
        let text = payload.downcast_ref::<String>().map(String::as_str).or(payload.downcast_ref::<&str>().copied());
        let text = text.expect("it panics with a text");
        assert!(text.contains("A Tokio 1.x context was found, but it is being shutdown"), "{flavor:?}: {text}");
    }
}

/// `deadlock`: tokio's refusal to hand over a worker's tasks is a panic, and the closure has not run.
#[test]
fn block_in_place_panics_in_a_current_thread_runtime_before_it_runs_anything() {
    let ran = current_thread().block_on(async {
        assert_eq!(Handle::current().runtime_flavor(), RuntimeFlavor::CurrentThread);
        let mut ran = false;
        let refused = catch_unwind(AssertUnwindSafe(|| block_in_place(|| ran = true))).is_err();
        assert!(refused);
        ran
    });
    assert!(!ran);
}
