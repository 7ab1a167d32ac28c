//! What a call allocates, on the caller's thread and on the loop's together.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use bridge::{Error, Handle};
use bridge_tests::kinds::{AnyLoop, Kind, on_each, on_each_pair};
use tokio::task::yield_now;

/// Counts what the threads allocate that have asked for it.
struct Counting;

thread_local! {
    /// How often.
    static COUNTS: Cell<Option<&'static AtomicUsize>> = const { Cell::new(None) };
    /// How much.
    static BYTES: Cell<usize> = const { Cell::new(0) };
}

fn count(bytes: usize) {
    // In a thread that ends they may be gone.
    if let Ok(Some(count)) = COUNTS.try_with(Cell::get) {
        count.fetch_add(1, Ordering::Relaxed);
    }
    let _ = BYTES.try_with(|sum| sum.set(sum.get() + bytes));
}

// SAFETY: all of it is the system's allocator's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps the condition.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the condition.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: the caller keeps the condition.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const CALLS: usize = 1000;

/// Asserts that `CALLS` times `call` make no more than `most` allocations, on this thread and on the loop's together.
fn assert_allocates(kinds: impl IntoIterator<Item = Kind>, most: usize, call: impl Fn(&Handle) + Sync) {
    on_each(kinds, move |on| {
        let allocated = count_onto(&on, &call);
        assert!(allocated <= most, "{allocated} on {:?}", on.kind);
    });
}

fn count_onto(on: &AnyLoop, call: impl Fn(&Handle) + Sync) -> usize {
    let counter: &'static AtomicUsize = Box::leak(Box::default());
    // What a thread makes once: its parker, the jobs that it keeps, room in tokio's queues.
    on.submit(async { tokio::time::sleep(Duration::from_millis(5)).await }).result().unwrap();
    (0..10).for_each(|_| call(on));
    on.on_threads(|| COUNTS.set(Some(counter)));
    // What that allocates on those threads is in it.
    let before = counter.load(Ordering::Relaxed);
    COUNTS.set(Some(counter));
    (0..CALLS).for_each(|_| call(on));
    COUNTS.set(None);
    let allocated = counter.load(Ordering::Relaxed) - before;
    on.on_threads(|| COUNTS.set(None));
    allocated
}

#[test]
fn a_scoped_call_that_is_ready_at_once_allocates_nothing() {
    assert_allocates(Kind::ALL, 0, |handle| assert_eq!(handle.block_on(async { 7 }).unwrap(), 7));
}

#[test]
fn a_scoped_call_of_a_large_future_allocates_nothing() {
    assert_allocates(Kind::ALL, 0, |handle| {
        let large = [7u8; 4096];
        let sum = handle.block_on(async move { black_box(large).iter().map(|byte| usize::from(*byte)).sum::<usize>() });
        assert_eq!(sum.unwrap(), 7 * 4096);
    });
}

#[test]
fn a_scoped_call_that_is_pending_allocates_nothing() {
    assert_allocates(Kind::ALL, 0, |handle| handle.block_on(yield_now()).unwrap());
}

#[test]
fn a_waker_that_somebody_keeps_costs_no_more_than_another_job() {
    /// More than a thread has jobs ready.
    const KEPT: usize = 3;
    on_each(Kind::ALL, |on| {
        let kept = Mutex::new(Vec::new());
        let allocated = count_onto(&on, |handle| {
            let kept = &mut *kept.lock().unwrap();
            if kept.len() < KEPT {
                let keeps = poll_fn(|cx| {
                    kept.push(cx.waker().clone());
                    Poll::Ready(())
                });
                handle.block_on(keeps).unwrap();
            }
            handle.block_on(async {}).unwrap();
        });
        // Most of these were made before the count began.
        assert!(allocated <= KEPT, "{allocated}");
    });
}

#[test]
fn a_submitted_future_that_is_ready_at_once_allocates_once() {
    assert_allocates(Kind::LOOPS, CALLS, |handle| assert_eq!(handle.submit(async { 7 }).result().unwrap(), 7));
    // One is that of tokio's task.
    assert_allocates(Kind::EXTERNAL, 2 * CALLS, |handle| assert_eq!(handle.submit(async { 7 }).result().unwrap(), 7));
}

#[test]
fn a_submitted_future_that_is_pending_allocates_once() {
    // Not by `yield_now`, for which tokio makes a list each time that somebody begins to drive.
    let pending = || {
        let mut is_first = true;
        poll_fn(move |cx| {
            cx.waker().wake_by_ref();
            if std::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) }
        })
    };
    assert_allocates(Kind::LOOPS, CALLS, move |handle| handle.submit(pending()).result().unwrap());
    // One is that of tokio's task, one the waker of a task that stays pending.
    assert_allocates(Kind::EXTERNAL, 3 * CALLS, move |handle| handle.submit(pending()).result().unwrap());
}

/// A poll that is so long has its caller parked.
const PARKS: Duration = Duration::from_millis(20);

#[test]
fn a_thread_that_has_called_twice_has_all_that_its_calls_need() {
    on_each(Kind::ALL, |on| {
        let on_the_caller = on.kind.polls_on_the_caller();
        // The loop's own needs are not the subject.
        (0..10).for_each(|_| on.block_on(async {}).unwrap());
        let thread = std::thread::spawn(move || {
            let counter: &'static AtomicUsize = Box::leak(Box::default());
            // Long enough for the caller to park: the first park of a thread makes its record for `blocked`.
            (0..2).for_each(|_| on.block_on(async { std::thread::sleep(PARKS) }).unwrap());
            COUNTS.set(Some(counter));
            (0..CALLS).for_each(|_| on.block_on(async {}).unwrap());
            COUNTS.set(None);
            counter.load(Ordering::Relaxed)
        });
        // An event loop may still hold the job of the last call when the next one comes, which takes a second job then.
        let most = if on_the_caller { 0 } else { 1 };
        assert!(thread.join().unwrap() <= most);
    });
}

#[test]
fn a_scoped_call_from_a_spawn_blocking_thread_allocates_nothing() {
    on_each(Kind::ALL, |on| {
        let on = Arc::new(on);
        let inside = Arc::clone(&on);
        let calls = move || count_onto(&inside, |handle| handle.block_on(async {}).unwrap());
        let task = on.submit(async { tokio::task::spawn_blocking(calls).await.unwrap() });
        assert_eq!(task.result().unwrap(), 0);
    });
}

#[test]
fn a_call_allocates_nothing_however_often_it_is_woken() {
    assert_allocates(Kind::ALL, 0, |handle| {
        let is_woken = async {
            for _ in 0..100 {
                yield_now().await;
            }
        };
        handle.block_on(is_woken).unwrap();
    });
}

#[test]
fn to_wait_for_the_next_of_many_on_a_loops_thread_takes_no_more_room_than_for_one_of_few() {
    on_each_pair(Kind::ONE_DRIVER, Kind::ONE_DRIVER, |asking, asked| {
        let bytes = |tasks| {
            let mut left = bridge::as_completed((0..tasks).map(|_| asked.submit(pending::<()>())).collect::<Vec<_>>());
            let waits = async move {
                let mut wait = || {
                    let before = BYTES.get();
                    let next = left.next_timeout(Duration::from_millis(1));
                    assert!(matches!(next, Err(Error::TimedOut(_))), "{next:?}");
                    BYTES.get() - before
                };
                // The least: what a thread or a queue makes once may come in any of them.
                (0..4).map(|_| wait()).min()
            };
            asking.submit(waits).result().unwrap()
        };
        assert_eq!(bytes(10_000), bytes(2));
    });
}
