//! Which loop is the current one: on a loop's thread, on its `spawn_blocking` threads, in other people's runtimes,
//! and where there is none.

use std::cell::RefCell;
use std::future::{pending, ready};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use bridge::{Handle, LocalHandle};
use bridge_tests::kinds::{AnyLoop, Kind, on_each, on_each_pair};
use bridge_tests::{BlockedThread, Log, OnDrop, event_loop, wait_until};
use tokio::runtime::{Builder, Handle as TokioHandle, Id, Runtime};

fn current_thread_runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread_runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// The loop that `handle` points to: what is submitted through it says where it runs.
fn loop_of(handle: &Handle) -> Id {
    handle.block_on(async { TokioHandle::current().id() }).unwrap()
}

#[track_caller]
fn assert_points_to(handle: Option<Handle>, event_loop: &Handle) {
    let handle = handle.expect("there is a current loop");
    assert_eq!(loop_of(&handle), loop_of(event_loop));
}

#[track_caller]
fn assert_local_points_to(handle: Option<LocalHandle>, event_loop: &Handle) {
    assert_points_to(handle.as_deref().cloned(), event_loop);
}

/// Only an `EventLoop` has a handle for futures that are not `Send`.
#[track_caller]
fn assert_points_to_it((handle, local): (Option<Handle>, Option<LocalHandle>), on: &AnyLoop) {
    assert_points_to(handle, on);
    match on.local() {
        Some(own) => assert_local_points_to(local, own),
        None => assert!(local.is_none()),
    }
}

/// What both kinds of handle say.
fn current() -> (Option<Handle>, Option<LocalHandle>) {
    (Handle::try_current(), LocalHandle::try_current())
}

fn is_none(current: (Option<Handle>, Option<LocalHandle>)) -> bool {
    current.0.is_none() && current.1.is_none()
}

#[track_caller]
fn assert_both_point_to((handle, local): (Option<Handle>, Option<LocalHandle>), event_loop: &Handle) {
    assert_points_to(handle, event_loop);
    assert_local_points_to(local, event_loop);
}

// None.

#[test]
fn a_plain_thread_has_no_current_loop() {
    assert!(is_none(current()));
}

#[test]
fn a_thread_that_owns_a_loop_has_no_current_one() {
    on_each(Kind::ALL, |on| {
        on.block_on(ready(())).unwrap();
        assert!(is_none(current()));
    });
}

#[test]
fn a_thread_that_a_loops_task_starts_has_no_current_loop() {
    on_each(Kind::ALL, |on| {
        let none = on.block_on(async { thread::spawn(|| is_none(current())).join().unwrap() });
        assert!(none.unwrap());
    });
}

#[test]
fn a_thread_local_that_is_destroyed_has_no_current_loop() {
    struct Asks(mpsc::Sender<bool>);
    impl Drop for Asks {
        fn drop(&mut self) {
            self.0.send(is_none(current())).unwrap();
        }
    }
    thread_local! {
        static ASKS: RefCell<Option<Asks>> = const { RefCell::new(None) };
    }
    let (sender, receiver) = mpsc::channel();
    // On a thread that has run a loop, which has left thread-locals of its own.
    let thread = thread::spawn(move || {
        ASKS.with_borrow_mut(|asks| *asks = Some(Asks(sender)));
        bridge::run(async { Handle::current() });
    });
    thread.join().unwrap();
    assert!(receiver.recv().unwrap());
}

// A loop's own thread.

#[test]
fn a_submitted_future_has_its_own_loop_at_every_poll() {
    on_each_pair(Kind::ALL, Kind::ALL, |on, _other| {
        let task = on.submit(async {
            let first = current();
            tokio::task::yield_now().await;
            (first, current())
        });
        let (first, second) = task.result().unwrap();
        assert_points_to_it(first, &on);
        assert_points_to_it(second, &on);
    });
}

#[test]
fn a_scoped_future_has_its_own_loop_at_every_poll() {
    on_each(Kind::ALL, |on| {
        let seen = on.block_on(async {
            let first = current();
            tokio::task::yield_now().await;
            [first, current()]
        });
        for seen in seen.unwrap() {
            assert_points_to_it(seen, &on);
        }
    });
}

#[test]
fn a_local_future_has_its_own_loop_while_it_is_made_and_polled() {
    let event_loop = event_loop();
    let make = || {
        let made = current();
        async move {
            tokio::task::yield_now().await;
            [made, current()]
        }
    };
    for seen in event_loop.block_on_local(make).unwrap() {
        assert_both_point_to(seen, &event_loop);
    }
    for seen in event_loop.submit_local(make).result().unwrap() {
        assert_both_point_to(seen, &event_loop);
    }
}

#[test]
fn a_call_that_call_soon_runs_has_its_own_loop() {
    on_each(Kind::ALL, |on| {
        let (sender, receiver) = mpsc::channel();
        on.call_soon(move || sender.send(current()).unwrap()).unwrap();
        assert_points_to_it(receiver.recv().unwrap(), &on);
    });
}

#[test]
fn a_task_that_a_future_spawns_has_the_same_loop() {
    on_each(Kind::ALL, |on| {
        let spawned = on.block_on(async { tokio::spawn(async { current() }).await.unwrap() });
        assert_points_to_it(spawned.unwrap(), &on);
        if let Some(local) = on.local() {
            let spawns = || async { tokio::task::spawn_local(async { current() }).await.unwrap() };
            assert_points_to_it(local.block_on_local(spawns).unwrap(), &on);
        }
    });
}

/// A future that never ends and notes, when it is dropped, whether the current loop is one of its own, and
/// whether it is in a tokio context.
fn notes_its_end(seen: &Log<(&'static str, bool, bool)>, how: &'static str) -> impl Future<Output = ()> + use<> {
    let seen = seen.clone();
    async move {
        let (id, own) = (TokioHandle::current().id(), format!("{:?}", Handle::current()));
        let _guard = OnDrop::new(move || {
            let current = Handle::try_current().map(|handle| format!("{handle:?}"));
            seen.push((how, current == Some(own), TokioHandle::try_current().is_ok_and(|now| now.id() == id)));
        });
        pending().await
    }
}

#[test]
fn a_future_is_dropped_inside_its_loops_context_whatever_ends_it() {
    on_each(Kind::ALL, |on| {
        let seen = Log::new();
        let task = on.submit(notes_its_end(&seen, "cancelled"));
        wait_until(|| format!("{task:?}").contains("pending"));
        assert!(task.cancel());
        assert!(task.result().is_err());
        let timeout = Duration::from_secs(1);
        assert!(on.with_timeout(timeout).block_on(notes_its_end(&seen, "timed out")).is_err());
        let task = on.submit(notes_its_end(&seen, "closed"));
        wait_until(|| format!("{task:?}").contains("pending"));
        drop(on);
        assert!(task.result().is_err());
        let ended = ["cancelled", "timed out", "closed"].map(|how| (how, true, true));
        assert_eq!(seen.take(), ended);
    });
}

#[test]
fn runs_main_future_and_its_tasks_have_the_loop_as_long_as_it_runs() {
    let seen = Log::new();
    let (main, spawned, other) = bridge::run(async {
        tokio::task::spawn_local(notes_its_end(&seen, "left behind"));
        let spawned = tokio::spawn(async { loop_of_current().await }).await.unwrap();
        let handle = Handle::current();
        let other = thread::spawn(move || loop_of(&handle));
        while !other.is_finished() {
            tokio::task::yield_now().await;
        }
        (TokioHandle::current().id(), spawned, other.join().unwrap())
    });
    assert_eq!((spawned, other), (main, main));
    assert_eq!(seen.take(), [("left behind", true, true)]);
    assert!(is_none(current()), "the loop has ended");
}

/// As `loop_of(&Handle::current())`, from inside.
async fn loop_of_current() -> Id {
    Handle::current().submit(async { TokioHandle::current().id() }).await.unwrap()
}

#[test]
fn a_thread_that_runs_one_loop_after_another_has_the_one_it_runs() {
    let both = || async { (loop_of_current().await, TokioHandle::current().id()) };
    let (first, first_is) = bridge::run(both());
    let (second, second_is) = bridge::run(both());
    assert_eq!(first, first_is);
    assert_eq!(second, second_is);
    assert_ne!(first, second);
}

#[test]
fn a_loops_thread_has_its_own_loop_inside_another_runtimes_context() {
    on_each(Kind::LOOPS, |on| {
        let runtime = multi_thread_runtime();
        let entered = runtime.handle().clone();
        let seen = on.submit(async move {
            let _entered = entered.enter();
            current()
        });
        assert_points_to_it(seen.result().unwrap(), &on);
    });
}

// Its `spawn_blocking` threads.

#[test]
fn a_spawn_blocking_thread_of_a_loop_has_that_loop() {
    on_each(Kind::ALL, |on| {
        let seen = on.block_on(async { tokio::task::spawn_blocking(current).await.unwrap() });
        assert_points_to_it(seen.unwrap(), &on);
    });
}

#[test]
fn a_spawn_blocking_thread_of_a_loop_may_block_on_it() {
    on_each(Kind::ALL, |on| {
        let value = on.block_on(async {
            let blocking = tokio::task::spawn_blocking(|| {
                let waited = Handle::current().block_on(async { tokio::task::yield_now().await });
                let local = LocalHandle::try_current().map(|local| local.block_on_local(|| ready(())).unwrap());
                waited.map(|()| local).and(Handle::current().submit(ready(2)).result())
            });
            blocking.await.unwrap()
        });
        assert_eq!(value.unwrap().unwrap(), 2);
    });
}

#[test]
fn a_spawn_blocking_thread_of_run_has_its_loop_and_may_block_on_it() {
    let value = bridge::run(async {
        tokio::task::spawn_blocking(|| LocalHandle::current().block_on_local(|| ready(1))).await.unwrap()
    });
    assert_eq!(value.unwrap(), 1);
}

#[test]
fn a_spawn_blocking_thread_that_outlives_its_loop_finds_it_closed() {
    on_each(Kind::LOOPS, |on| {
        let (leave, left) = mpsc::channel::<()>();
        let (sender, receiver) = mpsc::channel();
        let inside = BlockedThread::on(|entered| {
            let blocking = move || {
                // What the loop's owner does next is known by `left`.
                entered();
                let _ = left.recv();
                let handle = Handle::try_current();
                sender.send(handle.map(|handle| (handle.is_closed(), handle.block_on(ready(())).is_err()))).unwrap();
            };
            on.call_soon(move || drop(tokio::task::spawn_blocking(blocking))).unwrap();
        });
        let handle = Handle::clone(&on);
        // The drop waits for the thread.
        let dropping = thread::spawn(move || drop(on));
        wait_until(|| handle.is_closed());
        inside.release();
        drop(leave);
        assert_eq!(receiver.recv().unwrap(), Some((true, true)));
        dropping.join().unwrap();
    });
}

#[test]
fn another_runtime_on_a_loops_spawn_blocking_thread_is_the_current_one_inside() {
    on_each(Kind::ALL, |on| {
        let (runtime, inside, local, after) = on
            .block_on(async {
                let blocking = tokio::task::spawn_blocking(|| {
                    let runtime = current_thread_runtime();
                    let inside = runtime.block_on(loop_of_current());
                    let local = runtime.block_on(async { LocalHandle::try_current() });
                    (runtime.handle().id(), inside, local, current())
                });
                blocking.await.unwrap()
            })
            .unwrap();
        assert_eq!(inside, runtime);
        assert!(local.is_none());
        assert_points_to_it(after, &on);
    });
}

// External runtimes.

/// What is seen inside `block_on`, a task, and a `spawn_blocking` thread of the runtime.
fn seen_in(runtime: &Runtime) -> [(Option<Handle>, Option<LocalHandle>); 3] {
    runtime.block_on(async {
        let spawned = tokio::spawn(async { current() }).await.unwrap();
        let blocking = tokio::task::spawn_blocking(current).await.unwrap();
        [current(), spawned, blocking]
    })
}

#[test]
fn a_multi_thread_runtime_is_the_current_loop_of_all_its_threads() {
    let runtime = multi_thread_runtime();
    for (handle, local) in seen_in(&runtime) {
        assert_eq!(loop_of(&handle.unwrap()), runtime.handle().id());
        assert!(local.is_none(), "it is no event loop");
    }
}

#[test]
fn a_current_thread_runtime_is_the_current_loop_of_all_its_threads() {
    let runtime = current_thread_runtime();
    for (handle, local) in seen_in(&runtime) {
        // It has to be driven, by another thread than the one that waits.
        let task = handle.unwrap().submit(async { TokioHandle::current().id() });
        assert_eq!(runtime.block_on(task).unwrap(), runtime.handle().id());
        assert!(local.is_none(), "it is no event loop");
    }
}

#[test]
fn a_thread_that_has_entered_a_runtime_has_that_runtime() {
    let runtime = multi_thread_runtime();
    let entered = runtime.enter();
    let (handle, local) = current();
    drop(entered);
    assert_eq!(loop_of(&handle.unwrap()), runtime.handle().id());
    assert!(local.is_none());
    assert!(is_none(current()), "it has left it again");
}

#[test]
fn a_thread_that_has_entered_a_runtime_may_block_on_it() {
    let runtime = multi_thread_runtime();
    let _entered = runtime.enter();
    assert_eq!(Handle::current().block_on(async { tokio::spawn(ready(1)).await.unwrap() }).unwrap(), 1);
}

#[test]
fn a_spawn_blocking_thread_of_an_external_runtime_may_block_on_it() {
    for runtime in [current_thread_runtime(), multi_thread_runtime()] {
        let value = runtime
            .block_on(async { tokio::task::spawn_blocking(|| Handle::current().block_on(ready(1))).await.unwrap() });
        assert_eq!(value.unwrap(), 1);
    }
}

#[test]
fn a_future_submitted_to_an_external_runtime_has_that_runtime() {
    let runtime = multi_thread_runtime();
    let (handle, local) = Handle::from(&runtime).block_on(async { current() }).unwrap();
    assert_eq!(loop_of(&handle.unwrap()), runtime.handle().id());
    assert!(local.is_none());
}

// Handles made of tokio's.

#[test]
fn a_tokio_handle_of_an_event_loop_or_a_shared_loop_makes_a_handle_of_that_loop() {
    on_each(Kind::LOOPS, |on| {
        let tokio = on.block_on(async { TokioHandle::current() }).unwrap();
        let handle = Handle::from(tokio);
        assert_points_to(Some(handle.clone()), &on);
        // And not one that takes it for an external runtime's, whose closing would be noticed by being refused.
        assert_eq!(format!("{handle:?}"), format!("{:?}", Handle::clone(&on)));
        on.shutdown(None).unwrap();
        assert!(handle.is_closed());
    });
}

#[test]
fn current_does_not_bring_the_timeout_of_the_handle_that_was_called() {
    on_each(Kind::ALL, |on| {
        let timed = on.with_timeout(Duration::from_secs(3600));
        let (handle, local) = timed.block_on(async { current() }).unwrap();
        assert!(!format!("{:?}", handle.unwrap()).contains("timeout"));
        assert!(local.is_none_or(|local| !format!("{local:?}").contains("timeout")));
    });
}
