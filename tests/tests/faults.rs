//! What others break: wakers that panic, hooks that break the runtime, callbacks and destructors that end the loop
//! they run on. Futures and outputs that panic are in `panics.rs`, loops that cannot start in `faults_start.rs`, or be
//! woken in `faults_wake.rs`.

use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Wake, Waker};
use std::thread;
use std::time::Duration;

use bridge::{Error, EventLoop, Handle, Task};
use bridge_tests::kinds::{AnyLoop, Kind, for_each, is_pending, on_each};
use bridge_tests::{Drops, OnDrop, event_loop, wait_until};
use tokio::runtime::Builder as TokioBuilder;
use tokio::sync::oneshot;

/// The loop does what a loop does: first polls, wakes from elsewhere, callbacks.
#[track_caller]
fn assert_serves(handle: &Handle) {
    assert_eq!(handle.block_on(async { 6 * 7 }).unwrap(), 42);
    let (sender, receiver) = oneshot::channel();
    let task = handle.submit(receiver);
    wait_until(|| is_pending(&task));
    sender.send(7).unwrap();
    assert_eq!(task.result().unwrap(), Ok(7));
    let (sender, receiver) = mpsc::channel();
    handle.submit(async { 8 }).on_done(move |result| sender.send(result.unwrap()).unwrap());
    assert_eq!(receiver.recv().unwrap(), 8);
}

fn poll<T>(task: &mut Task<T>, waker: &Waker) -> Poll<Result<T, Error>> {
    Pin::new(task).poll(&mut Context::from_waker(waker))
}

/// A task that waits for a value, and the sender of that.
fn waiting(handle: &Handle) -> (oneshot::Sender<u32>, Task<u32>) {
    let (sender, receiver) = oneshot::channel();
    (sender, handle.submit(async { receiver.await.unwrap() }))
}

// Wakers of other executors.

/// Its wake is harmless, its drop panics.
struct PanicsInDrop;

impl Wake for PanicsInDrop {
    fn wake(self: Arc<Self>) {}
}

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic_any("a waker's drop");
    }
}

/// A waker whose clone panics.
fn panics_in_clone() -> Waker {
    const NOTHING: RawWakerVTable = RawWakerVTable::new(|_| panic_any("a waker's clone"), |_| (), |_| (), |_| ());
    // SAFETY: there is no data, and what does not panic does nothing.
    unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &NOTHING)) }
}

#[test]
fn a_waker_whose_clone_panics_is_its_pollers_fault_and_the_task_can_still_be_asked() {
    on_each(Kind::ALL, |on| {
        let (sender, mut task) = waiting(&on);
        let polled = catch_unwind(AssertUnwindSafe(|| poll(&mut task, &panics_in_clone())));
        assert_eq!(polled.unwrap_err().downcast_ref(), Some(&"a waker's clone"));
        // In the place of another one too.
        assert!(poll(&mut task, Waker::noop()).is_pending());
        assert!(catch_unwind(AssertUnwindSafe(|| poll(&mut task, &panics_in_clone()))).is_err());
        sender.send(5).unwrap();
        assert_eq!(task.result().unwrap(), 5);
        assert_serves(&on);
    });
}

#[test]
fn a_waker_whose_drop_panics_harms_neither_the_thread_that_asks_next_nor_the_loop() {
    on_each(Kind::ALL, |on| {
        let asked: [fn(&mut Task<u32>); 3] = [
            |task| assert!(poll(task, Waker::noop()).is_pending()),
            |task| assert!(matches!(task.result_timeout(Duration::from_millis(1)), Err(Error::TimedOut(_)))),
            |_| {},
        ];
        for ask in asked {
            let (sender, mut task) = waiting(&on);
            // The task's clone of it is the last.
            let waker = Waker::from(Arc::new(PanicsInDrop));
            assert!(poll(&mut task, &waker).is_pending());
            drop_quietly(waker);
            ask(&mut task);
            sender.send(5).unwrap();
            assert_eq!(task.result().unwrap(), 5);
        }
        assert_serves(&on);
    });
}

#[test]
fn a_waker_whose_drop_panics_does_not_come_out_of_the_tasks_drop() {
    on_each(Kind::ALL, |on| {
        let (sender, mut task) = waiting(&on);
        let waker = Waker::from(Arc::new(PanicsInDrop));
        assert!(poll(&mut task, &waker).is_pending());
        drop_quietly(waker);
        drop(task);
        sender.send(5).unwrap();
        assert_serves(&on);
    });
}

fn drop_quietly<T>(value: T) {
    drop(catch_unwind(AssertUnwindSafe(|| drop(value))));
}

// Hooks and settings of the runtime's.

#[test]
fn a_configure_that_panics_is_its_callers_panic() {
    for_each(Kind::LOOPS, |kind| {
        let built = catch_unwind(|| AnyLoop::configured(kind, |_| panic_any("configure")));
        assert_eq!(built.unwrap_err().downcast_ref(), Some(&"configure"));
        assert_serves(&AnyLoop::start(kind));
    });
}

#[test]
fn a_configure_that_makes_it_another_kind_of_runtime_is_an_error() {
    let built = EventLoop::builder().configure(|tokio| *tokio = TokioBuilder::new_multi_thread()).build();
    let error = built.unwrap_err().to_string();
    assert!(error.contains("panicked while it started"), "{error}");
    assert_serves(&event_loop());
}

#[test]
fn a_loop_works_whatever_its_runtime_is_set_to() {
    let settings: [fn(&mut TokioBuilder); 6] = [
        |tokio| *tokio = TokioBuilder::new_current_thread(),
        |tokio| _ = tokio.event_interval(1),
        |tokio| _ = tokio.event_interval(u32::MAX),
        |tokio| _ = tokio.global_queue_interval(1),
        |tokio| _ = tokio.global_queue_interval(u32::MAX),
        |tokio| _ = tokio.max_blocking_threads(1).thread_keep_alive(Duration::ZERO).thread_name("other"),
    ];
    for setting in settings {
        for_each(Kind::LOOPS, move |kind| {
            let on = AnyLoop::configured(kind, setting);
            assert_serves(&on);
            let handle = on.handle().clone();
            let blocking = tokio::task::spawn_blocking;
            let task = on.submit(async move { blocking(move || handle.block_on(async { 9 })).await.unwrap() });
            assert_eq!(task.result().unwrap().unwrap(), 9);
            on.shutdown(None).unwrap();
        });
    }
}

/// Sets a hook.
type Set = fn(&mut TokioBuilder, Arc<dyn Fn() + Send + Sync>);

/// A loop with a hook that panics once the flag is set.
fn with_hook(kind: Kind, set: Set) -> (AnyLoop, Arc<AtomicBool>) {
    let break_it = Arc::new(AtomicBool::new(false));
    let broken = Arc::clone(&break_it);
    let hook = Arc::new(move || {
        if broken.load(Ordering::SeqCst) {
            panic_any("a hook");
        }
    });
    (AnyLoop::configured(kind, move |tokio| set(tokio, hook)), break_it)
}

#[test]
fn a_loop_whose_unpark_hook_panics_closes_everything() {
    let (event_loop, break_it) = with_hook(Kind::EventLoop, |tokio, hook| _ = tokio.on_thread_unpark(move || hook()));
    let drops = Drops::new();
    let guard = drops.guard();
    let task = event_loop.submit(async move {
        let _guard = guard;
        pending::<()>().await;
    });
    event_loop.block_on(async {}).unwrap();
    break_it.store(true, Ordering::SeqCst);
    // One of these gets the loop out of its sleep.
    wait_until(|| {
        drop(event_loop.submit(async {}));
        task.is_done()
    });
    assert!(matches!(task.result(), Err(Error::Closed)));
    assert_eq!(drops.count(), 1);
    assert!(matches!(event_loop.block_on(async {}), Err(Error::Closed)));
    drop(event_loop);
}

#[test]
fn hooks_of_blocking_threads_that_panic_leave_the_loop_to_work_and_to_end() {
    let hooks: [Set; 2] = [
        |tokio, hook| _ = tokio.on_thread_start(move || hook()),
        |tokio, hook| _ = tokio.on_thread_stop(move || hook()),
    ];
    for set in hooks {
        for_each(Kind::LOOPS, move |kind| {
            let (on, break_it) = with_hook(kind, set);
            break_it.store(true, Ordering::SeqCst);
            // Where the thread dies as it starts tokio never runs this: nobody waits for it.
            drop(on.submit(async { drop(tokio::task::spawn_blocking(|| ())) }).result());
            assert_serves(&on);
            on.shutdown(None).unwrap();
        });
    }
}

// Callbacks and destructors that end their own loop, or ask things of it.

#[test]
fn a_callback_that_shuts_its_own_loop_down_is_refused_and_the_loop_goes_as_by_drop() {
    on_each(Kind::LOOPS, |on| {
        let handle = on.handle().clone();
        let left = on.submit(pending::<()>());
        let (sender, receiver) = mpsc::channel();
        let (go, task) = waiting(&on);
        task.on_done(move |_| sender.send(on.shutdown(None)).unwrap());
        go.send(1).unwrap();
        assert!(matches!(receiver.recv().unwrap(), Err(Error::WouldDeadlock(_))));
        assert!(matches!(left.result(), Err(Error::Closed)));
        assert!(matches!(handle.submit(async {}).result(), Err(Error::Closed)));
    });
}

#[test]
fn a_destructor_that_ends_its_own_loop_neither_hangs_nor_harms_who_waits() {
    let ends: [fn(AnyLoop) -> bool; 3] = [
        |on| matches!(on.shutdown(None), Err(Error::WouldDeadlock(_))),
        |on| matches!(on.shutdown(Some(Duration::from_secs(1))), Err(Error::WouldDeadlock(_))),
        |on| {
            drop(on);
            true
        },
    ];
    for end in ends {
        on_each(Kind::LOOPS, move |on| {
            let left = on.submit(pending::<()>());
            let handle = on.handle().clone();
            let (sender, receiver) = mpsc::channel();
            let ender = OnDrop::new(move || sender.send(end(on)).unwrap());
            let task = handle.submit(async move { drop(ender) });
            assert!(receiver.recv().unwrap(), "it was not refused");
            task.result().unwrap();
            assert!(matches!(left.result(), Err(Error::Closed)));
            wait_until(|| handle.is_closed());
        });
    }
}

#[test]
fn a_destructor_of_a_cancelled_future_is_refused_a_wait_for_its_own_loop_and_may_submit_to_it() {
    on_each(Kind::ONE_DRIVER, |on| {
        let handle = on.handle().clone();
        let (sender, receiver) = mpsc::channel();
        let guard = OnDrop::new(move || {
            let refused = handle.block_on(async {});
            let queued = handle.submit(async { 3 });
            sender.send((refused, queued)).unwrap();
        });
        let mut guard = Some(guard);
        let (begin, begins) = mpsc::channel();
        let task = on.submit(poll_fn(move |_| {
            let _held = &mut guard;
            begin.send(()).unwrap();
            Poll::<()>::Pending
        }));
        begins.recv().unwrap();
        assert!(task.cancel());
        let (refused, queued) = receiver.recv().unwrap();
        assert!(matches!(refused, Err(Error::WouldDeadlock(_))));
        assert!(matches!(task.result(), Err(Error::Cancelled)));
        assert_eq!(queued.result().unwrap(), 3);
        assert_serves(&on);
    });
}

#[test]
fn a_destructor_that_a_cancel_before_the_first_poll_runs_on_another_thread_may_block_on_the_loop() {
    on_each(Kind::ALL, |on| {
        let blocked = on.block_threads();
        let handle = on.handle().clone();
        let (begin, begins) = mpsc::channel();
        let (sender, receiver) = mpsc::channel();
        let guard = OnDrop::new(move || {
            begin.send(()).unwrap();
            sender.send(handle.block_on(async { 4 })).unwrap();
        });
        let task = on.submit(async move { drop(guard) });
        let canceller = task.canceller();
        let cancel = thread::spawn(move || canceller.cancel());
        begins.recv().unwrap();
        drop(blocked);
        assert_eq!(receiver.recv().unwrap().unwrap(), 4);
        assert!(cancel.join().unwrap());
        assert!(matches!(task.result(), Err(Error::Cancelled)));
    });
}

// What `configure` sets.

fn blocking_thread_of(on: &AnyLoop) -> String {
    let name = || thread::current().name().unwrap().to_owned();
    on.block_on(async { tokio::task::spawn_blocking(name).await.unwrap() }).unwrap()
}

#[test]
fn configure_names_the_blocking_threads() {
    for_each(Kind::LOOPS, |kind| {
        let on = AnyLoop::configured(kind, |tokio| _ = tokio.thread_name("pool"));
        assert_eq!(blocking_thread_of(&on), "pool");
    });
}

#[test]
fn blocking_threads_have_the_name_of_their_loop_unless_configure_names_them() {
    for_each(Kind::LOOPS, |kind| {
        let on = AnyLoop::named(kind, "reader");
        assert_eq!(blocking_thread_of(&on), "reader-blocking");
    });
}

#[test]
fn the_hooks_and_the_stack_that_configure_sets_are_those_of_blocking_threads() {
    for_each(Kind::LOOPS, |kind| {
        let (sender, receiver) = mpsc::channel();
        let name = || thread::current().name().unwrap().to_owned();
        let on = AnyLoop::configured(kind, move |tokio| {
            tokio.thread_name("pool").thread_stack_size(16 << 20).worker_threads(4);
            tokio.on_thread_start(move || sender.send(name()).unwrap());
        });
        fn deep(levels: usize) -> u8 {
            let bytes = std::hint::black_box([1; 1 << 20]);
            if levels == 0 { bytes[0] } else { deep(levels - 1) + bytes[1] - 1 }
        }
        let dug = on.block_on(async { tokio::task::spawn_blocking(|| deep(6)).await.unwrap() });
        assert_eq!(dug.unwrap(), 1);
        assert_eq!(receiver.recv().unwrap(), "pool");
        assert_serves(&on);
    });
}
