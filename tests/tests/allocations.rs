//! What a call allocates, on the caller's thread and on the loop's together.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use bridge::{Error, EventLoop, Handle};
use bridge_tests::{HANGS, watchdog};
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

/// How many allocations `CALLS` times `call` make on this thread and on the loop's.
fn allocations(call: impl Fn(&Handle) + Send + 'static) -> usize {
    watchdog(HANGS, move || count_onto(&EventLoop::new().unwrap(), call))
}

fn count_onto(handle: &Handle, call: impl Fn(&Handle)) -> usize {
    let counter: &'static AtomicUsize = Box::leak(Box::default());
    // What a thread makes once: its parker, the jobs that it keeps, room in tokio's queues.
    handle.block_on(async { tokio::time::sleep(Duration::from_millis(5)).await }).unwrap();
    (0..10).for_each(|_| call(handle));
    handle.block_on(async { COUNTS.set(Some(counter)) }).unwrap();
    COUNTS.set(Some(counter));
    (0..CALLS).for_each(|_| call(handle));
    COUNTS.set(None);
    handle.block_on(async { COUNTS.set(None) }).unwrap();
    counter.load(Ordering::Relaxed)
}

#[test]
fn a_scoped_call_that_is_ready_at_once_allocates_nothing() {
    assert_eq!(allocations(|event_loop| assert_eq!(event_loop.block_on(async { 7 }).unwrap(), 7)), 0);
}

#[test]
fn a_scoped_call_of_a_large_future_allocates_nothing() {
    let allocated = allocations(|event_loop| {
        let large = [7u8; 4096];
        let sum =
            event_loop.block_on(async move { black_box(large).iter().map(|byte| usize::from(*byte)).sum::<usize>() });
        assert_eq!(sum.unwrap(), 7 * 4096);
    });
    assert_eq!(allocated, 0);
}

#[test]
fn a_scoped_call_that_is_pending_allocates_nothing() {
    assert_eq!(allocations(|event_loop| event_loop.block_on(yield_now()).unwrap()), 0);
}

#[test]
fn a_waker_that_somebody_keeps_costs_no_more_than_another_job() {
    /// More than a thread has jobs ready.
    const KEPT: usize = 3;
    let kept = Mutex::new(Vec::new());
    let allocated = allocations(move |event_loop| {
        let kept = &mut *kept.lock().unwrap();
        if kept.len() < KEPT {
            let keeps = poll_fn(|cx| {
                kept.push(cx.waker().clone());
                Poll::Ready(())
            });
            event_loop.block_on(keeps).unwrap();
        }
        event_loop.block_on(async {}).unwrap();
    });
    // Most of these were made before the count began.
    assert!(allocated <= KEPT, "{allocated}");
}

#[test]
fn a_submitted_future_that_is_ready_at_once_allocates_once() {
    let allocated = allocations(|event_loop| assert_eq!(event_loop.submit(async { 7 }).result().unwrap(), 7));
    assert!(allocated <= CALLS, "{allocated}");
}

#[test]
fn a_submitted_future_that_is_pending_allocates_once() {
    let allocated = allocations(|event_loop| event_loop.submit(yield_now()).result().unwrap());
    assert!(allocated <= CALLS, "{allocated}");
}

#[test]
fn a_thread_that_has_called_twice_has_all_that_its_calls_need() {
    let allocated = watchdog(HANGS, || {
        let event_loop = EventLoop::new().unwrap();
        // The loop's own needs are not the subject.
        (0..10).for_each(|_| event_loop.block_on(async {}).unwrap());
        let thread = std::thread::spawn(move || {
            let counter: &'static AtomicUsize = Box::leak(Box::default());
            (0..2).for_each(|_| event_loop.block_on(async {}).unwrap());
            COUNTS.set(Some(counter));
            (0..CALLS).for_each(|_| event_loop.block_on(async {}).unwrap());
            COUNTS.set(None);
            counter.load(Ordering::Relaxed)
        });
        thread.join().unwrap()
    });
    assert_eq!(allocated, 0);
}

#[test]
fn a_scoped_call_from_a_spawn_blocking_thread_allocates_nothing() {
    let allocated = watchdog(HANGS, || {
        let event_loop = EventLoop::new().unwrap();
        let handle = event_loop.handle().clone();
        let calls = move || count_onto(&handle, |handle| handle.block_on(async {}).unwrap());
        event_loop.block_on(async { tokio::task::spawn_blocking(calls).await.unwrap() }).unwrap()
    });
    assert_eq!(allocated, 0);
}

#[test]
fn a_call_onto_a_foreign_runtime_allocates_no_more_for_being_woken_often() {
    let allocated = |wakes| {
        watchdog(HANGS, move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let handle = Handle::from(&runtime);
            let (end, ended) = tokio::sync::oneshot::channel::<()>();
            std::thread::scope(|scope| {
                scope.spawn(|| runtime.block_on(ended));
                let call = |handle: &Handle| {
                    let is_woken = async {
                        for _ in 0..wakes {
                            yield_now().await;
                        }
                    };
                    handle.block_on(is_woken).unwrap();
                };
                let allocated = count_onto(&handle, call);
                drop(end);
                allocated
            })
        })
    };
    assert_eq!(allocated(1), allocated(100));
}

#[test]
fn to_wait_for_the_next_of_many_on_a_loops_thread_takes_no_more_room_than_for_one_of_few() {
    let bytes = |tasks| {
        watchdog(HANGS, move || {
            let [asking, asked] = [(); 2].map(|()| EventLoop::new().unwrap());
            let mut left = bridge::as_completed((0..tasks).map(|_| asked.submit(pending::<()>())).collect::<Vec<_>>());
            let waits = async move {
                let mut wait = || {
                    let before = BYTES.get();
                    let next = left.next_timeout(Duration::from_millis(1));
                    assert!(matches!(next, Err(Error::TimedOut(_))), "{next:?}");
                    BYTES.get() - before
                };
                // What the thread makes once.
                wait();
                wait()
            };
            asking.block_on(waits).unwrap()
        })
    };
    assert_eq!(bytes(10_000), bytes(2));
}
