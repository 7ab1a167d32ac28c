//! A child process that was forked off has its parent's handles and none of its threads: its calls return
//! `Closed`, and nothing waits.
#![cfg(unix)]
#![allow(unsafe_code)]

use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use bridge::__private::facade::{Held, On, drop_with};
use bridge::{Error, EventLoop, Handle, ReturnWhen, SharedLoop};
use bridge_tests::kinds::{AnyLoop, Kind, for_each, on_each};
use bridge_tests::{HANGS, OnDrop, process, wait_until};
use tokio::runtime::Handle as TokioHandle;

/// One test at a time: a lock that another holds, to start a loop, say, is one that its child can never have.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn in_a_child(child: impl FnOnce() -> bool) {
    process::in_a_child(HANGS, child);
}

fn panics(f: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(f)).is_err()
}

/// That the loop is as it was.
fn works(on: &AnyLoop) {
    assert!(!on.is_closed());
    on.block_on(async { tokio::spawn(async {}).await.unwrap() }).unwrap();
    on.submit(async {}).result().unwrap();
}

#[test]
fn only_in_a_child_does_the_error_mention_the_fork() {
    let _alone = alone();
    on_each(Kind::ALL, |on| {
        in_a_child(|| Error::Closed.to_string().contains("after the fork"));
        drop(on);
        assert!(!Error::Closed.to_string().contains("fork"));
    });
}

#[test]
fn a_call_through_a_parents_handle_is_closed() {
    let _alone = alone();
    on_each(Kind::ALL, |on| {
        works(&on);
        in_a_child(|| {
            matches!(on.block_on(async { unreachable!("it is refused") }), Err::<(), _>(Error::Closed))
                && on.local().is_none_or(|local| matches!(local.block_on_local(|| async {}), Err(Error::Closed)))
                && matches!(on.call_soon(|| ()), Err(Error::Closed))
                && on.is_closed()
        });
        works(&on);
    });
}

#[test]
fn a_call_through_a_handle_that_the_parent_has_not_used_is_closed() {
    let _alone = alone();
    on_each(Kind::ALL, |on| {
        in_a_child(|| matches!(on.block_on(async {}), Err(Error::Closed)) && on.is_closed());
        works(&on);
    });
}

#[test]
fn a_call_is_closed_while_another_thread_of_the_parent_is_in_one() {
    let _alone = alone();
    on_each(Kind::ALL, |on| {
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let (sender, polled) = mpsc::channel();
        let handle = on.handle().clone();
        let caller = thread::spawn(move || {
            // It drives a shared loop.
            handle.block_on(async {
                tokio::time::sleep(Duration::from_millis(1)).await;
                sender.send(()).unwrap();
                stopped.await.unwrap();
            })
        });
        polled.recv().unwrap();
        in_a_child(|| {
            matches!(on.block_on(pending::<()>()), Err(Error::Closed))
                && matches!(on.submit(async {}).result(), Err(Error::Closed))
        });
        stop.send(()).unwrap();
        caller.join().unwrap().unwrap();
    });
}

#[test]
fn a_call_that_forks_is_the_parents_and_calls_inside_it_are_closed_in_the_child() {
    let _alone = alone();
    on_each([Kind::SharedLoop, Kind::MultiThread, Kind::CurrentThread], |on| {
        let inner = on.handle().clone();
        let called = on.block_on(async {
            in_a_child(|| matches!(inner.block_on(async {}), Err(Error::Closed)));
            tokio::time::sleep(Duration::from_millis(1)).await;
            7
        });
        assert_eq!(called.unwrap(), 7);
    });
}

#[test]
fn what_is_submitted_through_it_is_closed() {
    let _alone = alone();
    on_each(Kind::ALL, |on| {
        works(&on);
        in_a_child(|| {
            matches!(on.submit(async {}).result(), Err(Error::Closed))
                && on.local().is_none_or(|local| matches!(local.submit_local(|| async {}).result(), Err(Error::Closed)))
        });
    });
}

#[test]
fn a_parents_task_is_closed_and_not_cancelled() {
    let _alone = alone();
    on_each(Kind::ALL, |on| {
        let (go, wait) = tokio::sync::oneshot::channel::<u8>();
        let mut task = on.submit(wait);
        works(&on);
        in_a_child(|| {
            let mut cx = Context::from_waker(Waker::noop());
            !task.cancel()
                && !task.canceller().cancel()
                && matches!(task.result_timeout(Duration::MAX), Err(Error::Closed))
                && matches!(std::pin::pin!(&mut task).poll(&mut cx), Poll::Ready(Err(Error::Closed)))
        });
        go.send(7).unwrap();
        assert_eq!(task.result().unwrap().unwrap(), 7);
    });
}

#[test]
fn a_parents_task_calls_back_at_once() {
    let _alone = alone();
    on_each(Kind::ALL, |on| {
        let task = on.submit(pending::<()>());
        in_a_child(|| {
            let (sender, receiver) = mpsc::channel();
            task.on_done(move |result| sender.send(matches!(result, Err(Error::Closed))).unwrap());
            receiver.try_recv() == Ok(true)
        });
    });
}

#[test]
fn a_task_that_was_done_can_be_read() {
    let _alone = alone();
    on_each(Kind::ALL, |on| {
        let task = on.submit(async { 7 });
        wait_until(|| task.is_done());
        in_a_child(|| matches!(task.result(), Ok(7)));
    });
}

#[test]
fn waits_for_a_parents_tasks_panic() {
    let _alone = alone();
    on_each(Kind::ALL, |on| {
        let task = || on.submit(pending::<()>());
        let (one, two, three) = (task(), task(), task());
        in_a_child(|| {
            let mut ended = bridge::as_completed([two]);
            panics(|| drop(bridge::wait([one], ReturnWhen::FirstCompleted, None)))
                && matches!(ended.next_timeout(Duration::MAX), Err(Error::Closed))
                && panics(|| drop(bridge::as_completed([three]).next()))
        });
    });
}

#[test]
fn a_parents_iterator_is_closed() {
    let _alone = alone();
    on_each(Kind::ALL, |on| {
        let mut items = on.iter(futures::stream::repeat(1));
        assert_eq!(items.next(), Some(1));
        in_a_child(|| matches!(items.next_timeout(Duration::MAX), Err(Error::Closed)) && panics(|| _ = items.next()));
    });
}

#[test]
fn a_parents_loop_is_let_go_of() {
    let _alone = alone();
    for_each(Kind::LOOPS, |kind| {
        let (one, two) = (AnyLoop::start(kind), AnyLoop::start(kind));
        works(&one);
        let handle = one.handle().clone();
        in_a_child(|| {
            drop(one);
            matches!(two.shutdown(None), Err(Error::Closed))
        });
        // The child let go of copies; what was moved into the closure was dropped here as well.
        assert!(handle.is_closed());
    });
}

#[test]
fn a_child_may_have_loops_of_its_own() {
    let _alone = alone();
    on_each(Kind::ALL, |on| {
        works(&on);
        for kind in Kind::LOOPS {
            in_a_child(|| {
                let own = AnyLoop::start(kind);
                works(&own);
                let value = own.block_on(async {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    7
                });
                own.shutdown(None).is_ok() && matches!(value, Ok(7)) && on.is_closed()
            });
        }
    });
}

#[test]
fn a_child_that_is_forked_off_inside_a_call_may_have_loops_of_its_own() {
    let _alone = alone();
    let shared = AnyLoop::start(Kind::SharedLoop);
    let event_loop = EventLoop::new().unwrap();
    let called = shared.block_on(async {
        in_a_child(|| {
            let own = AnyLoop::start(Kind::SharedLoop);
            let value = own.block_on(async { tokio::spawn(async { 7 }).await.unwrap() });
            matches!(value, Ok(7)) && shared.is_closed() && event_loop.is_closed()
        });
    });
    called.unwrap();
}

#[test]
fn a_child_drops_the_values_of_its_parents_facades() {
    let _alone = alone();
    on_each(Kind::ALL, |on| {
        works(&on);
        let held = || Held::new(OnDrop::new(|| drop(TokioHandle::current())), On::new(&on));
        in_a_child(|| {
            drop(held());
            drop_with(held(), HANGS, |value| async move { drop(value) });
            TokioHandle::try_current().is_err()
        });
        drop(held());
        works(&on);
    });
}

// The loops of the process.

fn answers(handle: &Handle) -> bool {
    let called = handle.block_on(async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        tokio::spawn(async { 7 }).await.unwrap()
    });
    matches!(called, Ok(7)) && matches!(handle.submit(async { 8 }).result(), Ok(8))
}

#[test]
fn a_child_has_loops_of_the_process_of_its_own() {
    let _alone = alone();
    let (global, shared) = (bridge::global(), bridge::shared());
    let others = [bridge::next_shared(), bridge::next_shared()];
    assert!(answers(global) && answers(shared) && others.into_iter().all(answers));
    in_a_child(|| {
        let own = answers(bridge::global()) && answers(bridge::shared()) && answers(bridge::next_shared());
        let same = std::ptr::eq(bridge::global(), bridge::global()) && std::ptr::eq(bridge::shared(), bridge::shared());
        own && same && global.is_closed() && shared.is_closed() && others.into_iter().all(Handle::is_closed)
    });
    assert!(answers(global) && answers(shared));
    assert!(std::ptr::eq(global, bridge::global()) && std::ptr::eq(shared, bridge::shared()));
}

#[test]
fn the_child_of_a_child_has_loops_of_the_process_of_its_own() {
    let _alone = alone();
    assert!(answers(bridge::shared()));
    in_a_child(|| {
        let first = answers(bridge::shared());
        in_a_child(|| answers(bridge::shared()) && answers(bridge::global()));
        first && answers(bridge::shared())
    });
}

#[test]
fn a_child_may_start_the_loops_of_the_process_first() {
    let _alone = alone();
    // Another test may have started them; that of a child of its own is new in any case.
    in_a_child(|| {
        in_a_child(|| answers(bridge::global()) && answers(bridge::shared()));
        answers(bridge::shared())
    });
}

#[test]
fn a_child_starts_the_loops_of_the_process_while_another_thread_of_the_parent_does() {
    let _alone = alone();
    let start = || answers(bridge::shared()) && answers(bridge::global());
    for _ in 0..5 {
        // That is the parent, which has not started them yet.
        in_a_child(|| {
            let other = thread::spawn(start);
            let passed = (0..8).map(|_| process::passes_in_a_child(Duration::from_secs(10), start));
            let passed: Vec<_> = passed.collect();
            // In a child whose parent was inside of it at the fork, `thread::spawn` may wait for ever: one of std's own.
            let hang = passed.iter().filter(|passed| passed.is_none()).count();
            !passed.contains(&Some(false)) && hang <= 2 && other.join().unwrap() && start()
        });
    }
}

// What the other threads of the parent do at the fork.

/// Forks again and again while another thread does `busy`, with `child` in each child.
fn while_another_thread(busy: impl Fn() + Sync, child: impl Fn() -> bool) {
    while_other_threads(1, 40, busy, child);
}

/// The same with so many threads, and so often.
fn while_other_threads(threads: usize, times: usize, busy: impl Fn() + Sync, child: impl Fn() -> bool) {
    use std::sync::atomic::AtomicBool;
    struct Over<'a>(&'a AtomicBool);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, SeqCst);
        }
    }
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let _over = Over(&over);
        for _ in 0..threads {
            scope.spawn(|| {
                while !over.load(SeqCst) {
                    busy();
                }
            });
        }
        let with_threads =
            (0..times).filter(|_| process::in_a_child_with_threads(Duration::from_secs(10), &child)).count();
        assert!(with_threads > times / 2, "{with_threads} of {times} children could start threads");
    });
}

/// Everything that takes a lock of the crate's own.
fn all_works() -> bool {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (one, other) = (EventLoop::new().unwrap(), EventLoop::new().unwrap());
    let to_other = other.handle().clone();
    let nested = one.block_on(async move { to_other.block_on(async { 7 }) });
    matches!(nested, Ok(Ok(7))) && answers(&Handle::from(&runtime)) && one.shutdown().is_ok()
}

#[test]
fn a_child_makes_loops_while_another_thread_of_the_parent_makes_handles() {
    let _alone = alone();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    while_another_thread(|| drop(Handle::from(&runtime)), all_works);
}

#[test]
fn a_child_makes_loops_while_loops_of_the_parent_wait_for_each_other() {
    let _alone = alone();
    let (one, other) = (EventLoop::new().unwrap(), EventLoop::new().unwrap());
    let to_other = other.handle().clone();
    let task = one.submit(async move {
        while !Handle::current().is_closed() {
            (0..100).for_each(|_| to_other.block_on(async {}).unwrap());
            tokio::task::yield_now().await;
        }
    });
    while_another_thread(thread::yield_now, all_works);
    one.shutdown().unwrap();
    task.result().unwrap();
}

#[test]
fn a_child_makes_loops_while_another_thread_of_the_parent_starts_and_ends_some() {
    let _alone = alone();
    // What tokio makes once in a process is made.
    assert!(all_works());
    let start_and_end = || Kind::LOOPS.into_iter().for_each(|kind| drop(AnyLoop::start(kind)));
    while_another_thread(start_and_end, all_works);
}

#[test]
fn a_parents_iterator_is_closed_and_dropped_while_its_stream_hands_items_over() {
    let _alone = alone();
    let event_loop = EventLoop::new().unwrap();
    for _ in 0..40 {
        let mut items = event_loop.iter(futures::stream::repeat(1)).buffered(1 << 20);
        assert_eq!(items.next(), Some(1));
        // The parent drops its own.
        process::in_a_child(Duration::from_secs(10), move || {
            let closed = matches!(items.next_timeout(Duration::MAX), Err(Error::Closed));
            let shown = format!("{items:?}").contains("Iter");
            drop(items);
            closed && shown
        });
    }
}

#[test]
fn a_parents_canceller_ends_calls_of_the_child_while_threads_of_the_parent_are_listed_in_it() {
    let _alone = alone();
    let canceller = bridge::Canceller::new();
    let calls = bridge::shared().with_canceller(&canceller);
    while_other_threads(
        3,
        300,
        || calls.block_on(tokio::task::yield_now()).unwrap(),
        || {
            let here = bridge::shared().with_canceller(&canceller);
            let works = here.block_on(tokio::task::yield_now()).is_ok();
            let waits = thread::spawn(move || here.block_on(pending::<()>()));
            wait_until(|| bridge::blocked().iter().any(|blocked| blocked.thread_id() == waits.thread().id()));
            canceller.cancel();
            works && matches!(waits.join(), Ok(Err(Error::Cancelled)))
        },
    );
    assert!(calls.block_on(async {}).is_ok(), "the child's cancel is none of the parent's");
}

#[test]
fn a_child_lists_its_blocked_threads_while_threads_of_the_parent_ask_for_theirs() {
    let _alone = alone();
    let lists = || {
        let canceller = bridge::Canceller::new();
        let shared_loop = SharedLoop::new().unwrap();
        let here = shared_loop.with_canceller(&canceller);
        let waits = thread::spawn(move || here.block_on(pending::<()>()));
        wait_until(|| bridge::blocked().iter().any(|blocked| blocked.thread_id() == waits.thread().id()));
        canceller.cancel();
        waits.join().unwrap().is_err()
    };
    while_other_threads(3, 40, || drop(bridge::blocked()), lists);
}

#[test]
fn a_parents_completed_tasks_are_closed_while_its_tasks_end() {
    let _alone = alone();
    let event_loop = EventLoop::new().unwrap();
    for _ in 0..40 {
        let tasks: Vec<_> = (0..1000).map(|_| event_loop.submit(tokio::task::yield_now())).collect();
        let mut completed = bridge::as_completed(tasks);
        process::in_a_child(Duration::from_secs(10), || {
            matches!(completed.next_timeout(Duration::MAX), Err(Error::Closed))
        });
        assert_eq!(completed.count(), 1000);
    }
}

/// Forks inside a call, which goes on with `rest`, and ends the child with what `is_right` says of the child's result.
fn forks_inside(
    on: &AnyLoop,
    rest: impl Future<Output = ()> + Send,
    is_right: impl Fn(&Result<(), Error>) -> bool,
) -> Option<bool> {
    let (parent, mut child) = (std::process::id(), None);
    let result = on.block_on(async {
        child = Some(process::fork());
        rest.await;
    });
    if std::process::id() != parent {
        process::exit(is_right(&result));
    }
    assert!(result.is_ok());
    process::passes(child.unwrap(), Duration::from_secs(10))
}

#[test]
fn a_ready_call_that_forks_returns_in_the_child_while_others_call() {
    let _alone = alone();
    on_each([Kind::SharedLoop, Kind::MultiThread], |on| {
        let goes_on = AtomicBool::new(true);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while goes_on.load(SeqCst) {
                        on.block_on(tokio::task::yield_now()).unwrap();
                    }
                });
            }
            for _ in 0..100 {
                assert_eq!(forks_inside(&on, async {}, Result::is_ok), Some(true));
            }
            goes_on.store(false, SeqCst);
        });
    });
}

#[test]
fn a_pending_call_that_forks_is_closed_in_the_child() {
    let _alone = alone();
    on_each([Kind::SharedLoop, Kind::MultiThread], |on| {
        let closed = |result: &Result<(), Error>| matches!(result, Err(Error::Closed));
        assert_eq!(
            forks_inside(&on, async { tokio::time::sleep(Duration::from_millis(50)).await }, closed),
            Some(true)
        );
    });
}

/// Its lock may be held by a thread that is not there.
#[test]
fn calls_of_a_child_are_not_woken_by_what_woke_those_of_its_parent() {
    let _alone = alone();
    let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
    let waker_of_a_call = |runtime: &tokio::runtime::Runtime| -> Waker {
        Handle::from(runtime).block_on(poll_fn(|cx| Poll::Ready(cx.waker().clone()))).unwrap()
    };
    let of_parent = runtime();
    let first = waker_of_a_call(&of_parent);
    assert!(first.will_wake(&waker_of_a_call(&of_parent)), "a thread keeps it");
    in_a_child(|| !waker_of_a_call(&runtime()).will_wake(&first));
}
