//! `bridge::blocked`: what it says of threads that are parked in a call, and of no others.

mod common;

use std::future::pending;
use std::panic::Location;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bridge::{Blocked, BlockedState, Canceller, Error, EventLoop, Handle, ReturnWhen, threadsafe};
use bridge_tests::kinds::{AnyLoop, Kind, on_each, on_each_pair};
use bridge_tests::{Drops, wait_until};
use common::{SETTLE, idle_task};
use tokio::sync::oneshot;

/// What is said of the calls that the thread of that name is parked in, the outermost first.
fn blocked_in(name: &str) -> Vec<Blocked> {
    bridge::blocked().into_iter().filter(|blocked| blocked.thread_name() == Some(name)).collect()
}

/// The same of one call, once it is said to be in that state.
fn wait_for(name: &str, state: BlockedState) -> Blocked {
    let mut found = None;
    wait_until(|| {
        found = blocked_in(name).pop().filter(|blocked| blocked.state() == state);
        found.is_some()
    });
    found.unwrap()
}

/// Runs `f` on a thread of that name.
fn named<R: Send + 'static>(name: &str, f: impl FnOnce() -> R + Send + 'static) -> JoinHandle<R> {
    thread::Builder::new().name(name.into()).spawn(f).unwrap()
}

/// A name that no other thread has.
fn unique(what: &str, on: &AnyLoop) -> String {
    format!("{what} onto {:?}", on.kind)
}

/// A thread of that name, in a call whose future is pending until `canceller` is cancelled, and the line of that call.
fn waiting_call(
    name: &str,
    on: &Handle,
    canceller: &Canceller,
) -> (JoinHandle<Result<(), Error>>, &'static Location<'static>) {
    #[track_caller]
    fn call(handle: &Handle, sender: &mpsc::Sender<&'static Location<'static>>) -> Result<(), Error> {
        sender.send(Location::caller()).unwrap();
        handle.block_on(pending::<()>())
    }
    let handle = on.with_canceller(canceller);
    let (sender, receiver) = mpsc::channel();
    let caller = named(name, move || call(&handle, &sender));
    (caller, receiver.recv().unwrap())
}

#[test]
fn a_call_that_waits_is_listed_with_its_thread_line_loop_and_time() {
    on_each([Kind::EventLoop, Kind::MultiThread, Kind::CurrentThread], |on| {
        let (name, canceller, before) = (unique("a caller", &on), Canceller::new(), Instant::now());
        let (caller, site) = waiting_call(&name, &on, &canceller);
        let blocked = wait_for(&name, BlockedState::Pending);
        assert_eq!(blocked.thread_id(), caller.thread().id());
        assert_eq!(blocked.call_site(), site);
        assert_eq!(blocked.loop_name(), Some("loop under test"));
        assert_eq!(blocked.companion(), None);
        assert!(blocked.since() >= before && blocked.since() <= Instant::now());
        canceller.cancel();
        caller.join().unwrap().unwrap_err();
    });
}

#[test]
fn a_thread_that_drives_a_shared_loop_is_said_to() {
    let on = AnyLoop::start(Kind::SharedLoop);
    wait_until(|| {
        let canceller = Canceller::new();
        let handle = on.with_canceller(&canceller);
        let caller = named("driver", move || {
            // Calls that follow each other drive the loop themselves.
            for _ in 0..20 {
                handle.block_on(async { tokio::time::sleep(Duration::from_micros(50)).await })?;
            }
            handle.block_on(pending::<()>())
        });
        thread::sleep(SETTLE);
        let drives = blocked_in("driver").iter().any(|blocked| blocked.state() == BlockedState::Driving);
        canceller.cancel();
        caller.join().unwrap().unwrap_err();
        drives
    });
}

#[test]
fn the_longest_wait_comes_first() {
    on_each(Kind::ALL, |on| {
        let canceller = Canceller::new();
        let names = ["first", "second", "third"].map(|name| unique(name, &on));
        let callers = names.each_ref().map(|name| {
            let caller = waiting_call(name, &on, &canceller).0;
            wait_until(|| !blocked_in(name).is_empty());
            caller
        });
        let listed: Vec<String> = bridge::blocked()
            .iter()
            .filter_map(Blocked::thread_name)
            .filter(|name| names.iter().any(|known| known == name))
            .map(String::from)
            .collect();
        assert_eq!(listed, names);
        canceller.cancel();
        callers.into_iter().for_each(|caller| drop(caller.join().unwrap()));
    });
}

#[test]
fn a_call_that_is_over_is_not_listed() {
    on_each(Kind::ALL, |on| {
        let (name, canceller) = (unique("once", &on), Canceller::new());
        let (sender, receiver) = mpsc::channel();
        let (go, goes) = mpsc::channel::<()>();
        let handle = on.with_canceller(&canceller);
        let caller = named(&name, move || {
            handle.block_on(pending::<()>()).unwrap_err();
            sender.send(()).unwrap();
            goes.recv().unwrap_err();
        });
        wait_until(|| !blocked_in(&name).is_empty());
        canceller.cancel();
        receiver.recv().unwrap();
        assert!(blocked_in(&name).is_empty(), "the thread lives, and is in no call");
        drop(go);
        caller.join().unwrap();
    });
}

#[test]
fn a_call_that_does_not_park_is_not_listed() {
    on_each([Kind::SharedLoop, Kind::MultiThread, Kind::CurrentThread], |on| {
        let name = unique("ready", &on);
        let handle = on.handle().clone();
        let listed = named(&name.clone(), move || handle.block_on(async move { blocked_in(&name).len() }));
        assert_eq!(listed.join().unwrap().unwrap(), 0);
    });
}

#[test]
fn a_companion_is_listed_by_name() {
    #[threadsafe(fallible)]
    async fn never() {
        pending().await
    }
    on_each(Kind::ALL, |on| {
        let (name, canceller) = (unique("companion", &on), Canceller::new());
        let handle = on.with_canceller(&canceller);
        let caller = named(&name, move || never_blocking(&handle));
        wait_until(|| !blocked_in(&name).is_empty());
        assert_eq!(blocked_in(&name)[0].companion(), Some("never_blocking"));
        canceller.cancel();
        caller.join().unwrap().unwrap_err();
    });
}

#[test]
fn a_companion_of_a_local_future_is_listed_by_name() {
    #[threadsafe(fallible, local)]
    async fn never() {
        pending().await
    }
    let event_loop = EventLoop::new().unwrap();
    let canceller = Canceller::new();
    let handle = event_loop.handle().with_canceller(&canceller);
    let caller = named("local companion", move || never_blocking(&handle));
    let blocked = wait_for("local companion", BlockedState::Pending);
    assert_eq!(blocked.companion(), Some("never_blocking"));
    canceller.cancel();
    caller.join().unwrap().unwrap_err();
}

#[test]
fn a_call_that_no_loop_has_started_says_so() {
    let on = AnyLoop::start(Kind::EventLoop);
    let blocked = on.block_threads();
    let handle = on.handle().clone();
    let caller = named("not started", move || handle.block_on(async { 1 }));
    wait_for("not started", BlockedState::NotStarted);
    drop(blocked);
    assert_eq!(caller.join().unwrap().unwrap(), 1);
}

#[test]
fn a_task_whose_loop_is_driven_by_nobody_is_not_started() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let task = Handle::from(&runtime).submit(async { 1 });
    let caller = named("driven by nobody", move || task.result());
    wait_for("driven by nobody", BlockedState::NotStarted);
    runtime.block_on(tokio::task::yield_now());
    assert_eq!(caller.join().unwrap().unwrap(), 1);
}

#[test]
fn a_call_whose_future_blocks_inside_a_poll_says_so() {
    on_each(Kind::ALL, |on| {
        let name = unique("polling", &on);
        let handle = on.handle().clone();
        let (sender, receiver) = oneshot::channel::<()>();
        let (enter, entered) = mpsc::channel();
        let (leave, left) = mpsc::channel::<()>();
        let caller = named(&name, move || {
            handle.block_on(async move {
                // Not the first poll: that is no wait where the thread polls for itself.
                receiver.await.unwrap();
                enter.send(()).unwrap();
                left.recv().unwrap_err();
            })
        });
        wait_until(|| !blocked_in(&name).is_empty());
        sender.send(()).unwrap();
        entered.recv().unwrap();
        wait_for(&name, BlockedState::Polling);
        drop(leave);
        caller.join().unwrap().unwrap();
    });
}

#[test]
fn a_thread_inside_result_is_listed() {
    on_each(Kind::ALL, |on| {
        let name = unique("result", &on);
        let task = idle_task(&on, &Drops::new());
        let canceller = task.canceller();
        let caller = named(&name, move || task.result());
        wait_until(|| !blocked_in(&name).is_empty());
        assert_eq!(blocked_in(&name)[0].loop_name(), Some("loop under test"));
        canceller.cancel();
        caller.join().unwrap().unwrap_err();
    });
}

#[test]
fn threads_that_wait_for_many_tasks_are_listed() {
    on_each_pair(Kind::ALL, Kind::ALL, |one, other| {
        let tasks = || [&one, &other].map(|on| idle_task(on, &Drops::new()));
        let (waited, completed) = (tasks(), tasks());
        let cancellers: Vec<_> = waited.iter().chain(&completed).map(bridge::Task::canceller).collect();
        let callers = [
            named("wait", move || drop(bridge::wait(waited, ReturnWhen::AllCompleted, None))),
            named("as_completed", move || drop(bridge::as_completed(completed).collect::<Vec<_>>())),
        ];
        for name in ["wait", "as_completed"] {
            assert_eq!(wait_for(name, BlockedState::Pending).loop_name(), None);
        }
        cancellers.iter().for_each(|canceller| assert!(canceller.cancel()));
        callers.into_iter().for_each(|caller| caller.join().unwrap());
    });
}

#[test]
fn a_thread_that_waits_for_an_item_is_listed() {
    on_each(Kind::ALL, |on| {
        let (name, canceller) = (unique("next", &on), Canceller::new());
        let mut items = on.with_canceller(&canceller).iter(futures::stream::pending::<()>());
        let caller = named(&name, move || items.next_timeout(Duration::MAX).map(drop));
        wait_until(|| !blocked_in(&name).is_empty());
        assert_eq!(blocked_in(&name)[0].loop_name(), Some("loop under test"));
        canceller.cancel();
        caller.join().unwrap().unwrap_err();
    });
}

#[test]
fn a_thread_that_waits_for_the_end_of_a_loop_is_listed() {
    on_each(Kind::LOOPS, |on| {
        let name = unique("shutdown", &on);
        let (sender, receiver) = oneshot::channel::<()>();
        let task = on.submit(async move { receiver.await.unwrap() });
        let caller = named(&name, move || on.shutdown(None));
        let blocked = wait_for(&name, BlockedState::Shutdown);
        assert_eq!(blocked.loop_name(), Some("loop under test"));
        // Longer than the iterators of the thread are waited for.
        thread::sleep(Duration::from_millis(1200));
        assert_eq!(wait_for(&name, BlockedState::Shutdown).since(), blocked.since());
        sender.send(()).unwrap();
        caller.join().unwrap().unwrap();
        task.result().unwrap();
    });
}

#[test]
fn the_end_of_a_run_that_waits_for_a_blocking_thread_is_listed() {
    let (go, gone) = mpsc::channel::<()>();
    let line = line!() + 2;
    let runs = named("a run that ends", move || {
        bridge::run(async { drop(tokio::task::spawn_blocking(move || gone.recv())) });
    });
    let blocked = wait_for("a run that ends", BlockedState::Shutdown);
    assert_eq!((blocked.call_site().file(), blocked.call_site().line()), (file!(), line));
    assert_eq!(blocked.loop_name(), Some("a run that ends"));
    drop(go);
    runs.join().unwrap();
    assert!(blocked_in("a run that ends").is_empty());
}

#[test]
fn a_call_inside_a_call_is_listed_as_well() {
    on_each(Kind::ALL, |on| {
        let (name, canceller) = (unique("nested", &on), Canceller::new());
        let shared = AnyLoop::named(Kind::SharedLoop, "outer");
        let inner = on.with_canceller(&canceller);
        let caller = named(&name, move || {
            shared.block_on(async {
                // So that the outer call has parked.
                tokio::time::sleep(Duration::from_millis(1)).await;
                inner.block_on(pending::<()>()).unwrap_err();
            })
        });
        wait_until(|| blocked_in(&name).len() == 2);
        let listed = blocked_in(&name);
        assert_eq!(listed.iter().map(Blocked::loop_name).collect::<Vec<_>>(), [Some("outer"), Some("loop under test")]);
        canceller.cancel();
        caller.join().unwrap().unwrap();
    });
}

#[test]
fn a_thread_that_has_ended_is_not_listed() {
    let on = AnyLoop::start(Kind::EventLoop);
    let handle = on.handle().clone();
    named("ended", move || handle.block_on(tokio::task::yield_now()).unwrap()).join().unwrap();
    assert!(blocked_in("ended").is_empty());
}

#[test]
fn it_is_one_readable_line() {
    let event_loop = EventLoop::builder().thread_name("net").build().unwrap();
    let canceller = Canceller::new();
    let (caller, site) = waiting_call("reader", event_loop.handle(), &canceller);
    let blocked = wait_for("reader", BlockedState::Pending);
    let (line, id) = (blocked.to_string(), blocked.thread_id());
    let (head, tail) =
        (format!("`reader` ({id:?}) waits for "), format!(" s at {site} onto `net`: the future is pending"));
    assert!(line.starts_with(&head) && line.ends_with(&tail) && !line.contains('\n'), "{line}");
    canceller.cancel();
    caller.join().unwrap().unwrap_err();
}

#[test]
fn a_report_waits_for_no_loop() {
    on_each(Kind::ALL, |on| {
        let blocked = on.block_threads();
        drop(bridge::blocked());
        drop(blocked);
    });
}
