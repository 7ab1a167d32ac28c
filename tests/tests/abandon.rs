//! `shutdown_timeout` and `run_timeout` return in time whatever is stuck: a `spawn_blocking` thread, a task or a caller inside
//! one poll. What is stuck is abandoned, and whoever waits gets `Closed` as soon as the futures can be dropped.

use std::cell::RefCell;
use std::future::pending;
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use bridge::{Error, EventLoop, Handle};
use bridge_tests::kinds::{AnyLoop, Kind, for_each, is_pending, on_each};
use bridge_tests::load::Threads;
use bridge_tests::{BlockedThread, Drops, HANGS, OnDrop, wait_until};

/// Of a thread.
type Last = OnDrop<Box<dyn FnOnce()>>;

const TIMEOUT: Duration = Duration::from_millis(200);

/// Keeps a `spawn_blocking` thread of the loop that runs this busy until the blocked_thread is dropped.
fn block_a_blocking_thread(handle: &Handle) -> BlockedThread {
    let handle = handle.clone();
    BlockedThread::on(move |job| handle.block_on(async { drop(tokio::task::spawn_blocking(job)) }).unwrap())
}

/// Shuts the loop down while `stuck` holds something of it, and gives the error. What is stuck is released after that, or else
/// after far too long.
#[track_caller]
fn times_out(on: AnyLoop, timeout: Duration, stuck: Vec<BlockedThread>) {
    let (over, is_over) = mpsc::channel::<()>();
    let late = thread::spawn(move || {
        let late = is_over.recv_timeout(HANGS / 4).is_err();
        drop(stuck);
        late
    });
    let started = Instant::now();
    let ended = on.shutdown(Some(timeout));
    let took = started.elapsed();
    let _ = over.send(());
    assert!(!late.join().unwrap(), "the shutdown waited for what is stuck");
    assert!(matches!(ended, Err(Error::TimedOut(of)) if of == timeout), "{ended:?}");
    assert!(took >= timeout, "{took:?}");
}

#[test]
fn shutdown_timeout_abandons_a_blocking_thread_that_is_stuck() {
    on_each(Kind::LOOPS, |on| {
        let stuck = block_a_blocking_thread(&on);
        times_out(on, TIMEOUT, vec![stuck]);
    });
}

#[test]
fn shutdown_timeout_of_zero_abandons_a_blocking_thread_that_is_stuck() {
    on_each(Kind::LOOPS, |on| {
        let stuck = block_a_blocking_thread(&on);
        times_out(on, Duration::ZERO, vec![stuck]);
    });
}

#[test]
fn shutdown_timeout_abandons_a_task_in_a_long_poll() {
    on_each(Kind::LOOPS, |on| {
        let stuck = on.block_threads();
        times_out(on, TIMEOUT, stuck);
    });
}

#[test]
fn shutdown_timeout_abandons_a_task_in_a_long_poll_after_more_than_a_second() {
    // Longer than the second after which an iterator of the calling thread is given up.
    on_each(Kind::LOOPS, |on| {
        let stuck = on.block_threads();
        times_out(on, Duration::from_millis(1200), stuck);
    });
}

#[test]
fn shutdown_timeout_abandons_a_call_in_a_long_poll() {
    on_each(Kind::LOOPS, |on| {
        let handle = on.handle().clone();
        let (sender, receiver) = mpsc::channel();
        let stuck = BlockedThread::on(|job| {
            sender.send(thread::spawn(move || handle.block_on(async { job() }))).unwrap();
        });
        times_out(on, TIMEOUT, vec![stuck]);
        // It completes in the poll that the end falls into.
        receiver.recv().unwrap().join().unwrap().unwrap();
    });
}

#[test]
fn shutdown_timeout_abandons_a_loop_whose_future_is_stuck_in_its_drop() {
    on_each(Kind::LOOPS, |on| {
        let (hold, held) = mpsc::channel::<()>();
        let task = on.submit(async move {
            let _stuck = OnDrop::new(move || _ = held.recv());
            pending::<()>().await;
        });
        wait_until(|| is_pending(&task));
        let started = Instant::now();
        let ended = on.shutdown(Some(TIMEOUT));
        assert!(started.elapsed() < HANGS / 4);
        assert!(matches!(ended, Err(Error::TimedOut(_))), "{ended:?}");
        assert!(!task.is_done());
        drop(hold);
        assert!(matches!(task.result(), Err(Error::Closed)));
    });
}

#[test]
fn shutdown_timeout_abandons_a_thread_that_is_stuck_in_the_destructor_of_a_thread_local() {
    thread_local!(static STUCK: RefCell<Option<Last>> = const { RefCell::new(None) });
    let stuck = || {
        let (hold, held) = mpsc::channel::<()>();
        let held = Mutex::new(Some(held));
        let start = move || {
            let held = held.lock().unwrap().take().unwrap();
            STUCK.set(Some(OnDrop::new(Box::new(move || _ = held.recv()))));
        };
        (hold, EventLoop::builder().on_thread_start(start))
    };
    let (hold, builder) = stuck();
    let event_loop = builder.build().unwrap();
    let (hold_shared, builder) = stuck();
    let shared = builder.build_shared().unwrap();
    let started = Instant::now();
    let ended = [event_loop.shutdown_timeout(TIMEOUT), shared.shutdown_timeout(TIMEOUT)];
    assert!(started.elapsed() < HANGS / 4);
    assert!(ended.iter().all(|ended| matches!(ended, Err(Error::TimedOut(_)))), "{ended:?}");
    drop((hold, hold_shared));
}

#[test]
fn a_loop_in_a_thread_local_of_its_own_thread_ends_with_it() {
    thread_local!(static LOOP: RefCell<Option<EventLoop>> = const { RefCell::new(None) });
    let event_loop = EventLoop::new().unwrap();
    let handle = event_loop.handle().clone();
    let (ended, end) = mpsc::channel();
    thread_local!(static ENDED: RefCell<Option<Last>> = const { RefCell::new(None) });
    let owner = Mutex::new(Some(event_loop));
    handle
        .block_on(async move {
            // Destroyed last.
            ENDED.set(Some(OnDrop::new(Box::new(move || ended.send(()).unwrap()))));
            LOOP.set(owner.lock().unwrap().take());
        })
        .unwrap();
    drop(handle.submit(async { LOOP.with_borrow(|event_loop| event_loop.as_ref().unwrap().close()) }));
    end.recv().unwrap();
}

#[test]
fn a_wait_for_a_task_of_an_abandoned_loop_returns_closed_as_soon_as_its_future_is_dropped() {
    on_each(Kind::LOOPS, |on| {
        let drops = Drops::new();
        let guard = drops.guard();
        let task = on.submit(async move {
            let _guard = guard;
            pending::<()>().await;
        });
        wait_until(|| is_pending(&task));
        let stuck = on.block_threads();
        let ended = on.shutdown(Some(TIMEOUT));
        assert!(matches!(ended, Err(Error::TimedOut(_))), "{ended:?}");
        assert!(!task.is_done() && drops.count() == 0, "the thread that is to drop it is stuck");
        drop(stuck);
        assert!(matches!(task.result(), Err(Error::Closed)));
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn a_wait_for_a_task_of_a_loop_with_a_stuck_blocking_thread_returns_closed_at_the_timeout() {
    on_each(Kind::LOOPS, |on| {
        let task = on.submit(pending::<()>());
        let stuck = block_a_blocking_thread(&on);
        let ended = on.shutdown(Some(TIMEOUT));
        assert!(matches!(ended, Err(Error::TimedOut(_))), "{ended:?}");
        assert!(matches!(task.result(), Err(Error::Closed)));
        drop(stuck);
    });
}

#[test]
fn a_task_that_waits_for_a_stuck_blocking_thread_is_closed_at_the_timeout() {
    on_each(Kind::LOOPS, |on| {
        let (hold, held) = mpsc::channel::<()>();
        let task = on.submit(async { tokio::task::spawn_blocking(move || _ = held.recv()).await });
        wait_until(|| is_pending(&task));
        let ended = on.shutdown(Some(TIMEOUT));
        assert!(matches!(ended, Err(Error::TimedOut(_))), "{ended:?}");
        assert!(matches!(task.result(), Err(Error::Closed)));
        drop(hold);
    });
}

#[test]
fn an_abandoned_loops_threads_end_when_they_are_no_longer_stuck() {
    for_each(Kind::LOOPS, |kind| {
        let before = Threads::now();
        for _ in 0..3 {
            let on = AnyLoop::start(kind);
            let stuck = [block_a_blocking_thread(&on), on.block_threads().remove(0)];
            let ended = on.shutdown(Some(Duration::from_millis(10)));
            assert!(matches!(ended, Err(Error::TimedOut(_))), "{ended:?}");
            drop(stuck);
        }
        wait_until(|| before.started_since() == 0);
    });
}

#[test]
fn shutdown_timeout_waits_for_a_blocking_thread_that_ends_in_time() {
    on_each(Kind::LOOPS, |on| {
        let stuck = block_a_blocking_thread(&on);
        let release = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            stuck.release();
        });
        on.shutdown(Some(HANGS)).unwrap();
        release.join().unwrap();
    });
}

#[test]
fn run_timeout_abandons_a_blocking_thread_that_is_stuck() {
    let (hold, held) = mpsc::channel::<()>();
    let started = Instant::now();
    let main = async {
        drop(tokio::task::spawn_blocking(move || _ = held.recv()));
        7
    };
    assert_eq!(bridge::run_timeout(main, TIMEOUT), 7);
    assert!(started.elapsed() >= TIMEOUT);
    drop(hold);
}

#[test]
fn run_timeout_waits_for_a_blocking_thread_that_ends_in_time() {
    let (sender, receiver) = mpsc::channel();
    bridge::run_timeout(
        async move {
            drop(tokio::task::spawn_blocking(move || {
                thread::sleep(Duration::from_millis(20));
                sender.send(()).unwrap();
            }));
        },
        HANGS,
    );
    receiver.try_recv().unwrap();
}
