//! A child process that was forked off has its parent's handles and none of its threads: it is told, and waits for
//! nothing.
#![cfg(unix)]
#![allow(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bridge::{Error, EventLoop, Handle, ReturnWhen};
use bridge_tests::{HANGS, watchdog};

/// One test at a time: a lock that another holds, to start a loop, say, is one that its child can never have.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forks, runs `child` there, and fails if that fails or hangs.
fn in_a_child(child: impl FnOnce() -> bool) {
    // SAFETY: the child goes on with this thread alone. It takes no lock that another thread of the test may hold: the
    // allocator's are taken care of by `fork` itself.
    let id = unsafe { libc::fork() };
    assert!(id >= 0, "no fork");
    if id == 0 {
        let passed = catch_unwind(AssertUnwindSafe(child)).unwrap_or(false);
        // SAFETY: it ends the child, without the destructors and exit handlers that are its parent's.
        unsafe { libc::_exit(i32::from(!passed)) };
    }
    let mut status = 0;
    for _ in 0..HANGS.as_millis() / 5 {
        // SAFETY: `status` is there to be written.
        if unsafe { libc::waitpid(id, &mut status, libc::WNOHANG) } == id {
            assert_eq!(status, 0, "what the child saw was wrong");
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    // SAFETY: a signal to a child of ours that was not waited for.
    unsafe { libc::kill(id, libc::SIGKILL) };
    panic!("the child hangs");
}

fn event_loop() -> EventLoop {
    let event_loop = EventLoop::new().unwrap();
    event_loop.block_on(async {}).unwrap();
    event_loop
}

fn panics(f: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(f)).is_err()
}

#[test]
fn only_a_child_is_told_of_forks() {
    let _alone = alone();
    let event_loop = event_loop();
    in_a_child(|| Error::Closed.to_string().contains("after the fork"));
    drop(event_loop);
    assert!(!Error::Closed.to_string().contains("fork"));
}

#[test]
fn a_call_through_a_parents_handle_is_closed() {
    let _alone = alone();
    let event_loop = event_loop();
    in_a_child(|| {
        matches!(event_loop.block_on(async {}), Err(Error::Closed))
            && matches!(event_loop.block_on_local(|| async {}), Err(Error::Closed))
            && matches!(event_loop.call_soon(|| ()), Err(Error::Closed))
            && event_loop.is_closed()
    });
    assert!(!event_loop.is_closed());
    event_loop.block_on(async {}).unwrap();
}

#[test]
fn what_is_submitted_through_it_is_closed() {
    let _alone = alone();
    let event_loop = event_loop();
    in_a_child(|| {
        matches!(event_loop.submit(async {}).result(), Err(Error::Closed))
            && matches!(event_loop.submit_local(|| async {}).result(), Err(Error::Closed))
    });
}

#[test]
fn a_parents_task_is_closed_and_not_cancelled() {
    let _alone = alone();
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let (go, wait) = tokio::sync::oneshot::channel::<u8>();
        let mut task = event_loop.submit(wait);
        event_loop.block_on(async {}).unwrap();
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
fn a_task_that_was_done_can_be_read() {
    let _alone = alone();
    let event_loop = event_loop();
    let task = event_loop.submit(async { 7 });
    event_loop.block_on(async {}).unwrap();
    in_a_child(|| matches!(task.result(), Ok(7)));
}

#[test]
fn waits_for_a_parents_tasks_panic() {
    let _alone = alone();
    let event_loop = event_loop();
    let task = || event_loop.submit(std::future::pending::<()>());
    let (one, two, three) = (task(), task(), task());
    in_a_child(|| {
        let mut ended = bridge::as_completed([two]);
        panics(|| drop(bridge::wait([one], ReturnWhen::FirstCompleted, None)))
            && matches!(ended.next_timeout(Duration::MAX), Err(Error::Closed))
            && panics(|| drop(bridge::as_completed([three]).next()))
    });
}

#[test]
fn a_parents_iterator_is_closed() {
    let _alone = alone();
    let event_loop = event_loop();
    let mut items = event_loop.iter(futures::stream::repeat(1));
    assert_eq!(items.next(), Some(1));
    in_a_child(|| matches!(items.next_timeout(Duration::MAX), Err(Error::Closed)) && panics(|| _ = items.next()));
}

#[test]
fn a_parents_loop_is_let_go_of() {
    let _alone = alone();
    watchdog(HANGS, || {
        let (one, two) = (event_loop(), event_loop());
        let handle = Handle::from(&one);
        in_a_child(|| {
            drop(one);
            matches!(two.shutdown(), Err(Error::Closed))
        });
        // The child let go of copies; what was moved into the closure was dropped here as well.
        assert!(handle.is_closed());
    });
}

#[test]
fn a_foreign_runtime_of_the_parent_is_closed() {
    let _alone = alone();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let handle = Handle::from(&runtime);
    handle.block_on(async {}).unwrap();
    in_a_child(|| matches!(handle.block_on(async {}), Err(Error::Closed)) && handle.is_closed());
    handle.block_on(async {}).unwrap();
}

#[test]
fn a_child_may_have_loops_of_its_own() {
    let _alone = alone();
    let event_loop = event_loop();
    in_a_child(|| {
        let own = EventLoop::new().unwrap();
        let value = own.block_on(async { 7 }).unwrap();
        own.shutdown().is_ok() && value == 7 && event_loop.is_closed()
    });
}
