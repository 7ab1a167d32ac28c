//! The loop's own thread: its stack, and what is called as it starts and stops.

use std::future::pending;
use std::io::ErrorKind;
use std::sync::mpsc;
use std::thread::{self, ThreadId};

use bridge::{Builder, Error, EventLoop, Handle, SharedLoop};
use bridge_tests::kinds::{Kind, for_each};
use bridge_tests::{Log, OnDrop};

/// What a builder builds.
enum Built {
    EventLoop(EventLoop),
    SharedLoop(SharedLoop),
}

impl Built {
    fn handle(&self) -> Handle {
        match self {
            Built::EventLoop(event_loop) => event_loop.into(),
            Built::SharedLoop(shared_loop) => shared_loop.into(),
        }
    }

    fn shutdown(self) -> Result<(), Error> {
        match self {
            Built::EventLoop(event_loop) => event_loop.shutdown(),
            Built::SharedLoop(shared_loop) => shared_loop.shutdown(),
        }
    }
}

fn build(kind: Kind, set_up: impl FnOnce(Builder) -> Builder) -> std::io::Result<Built> {
    let builder = set_up(EventLoop::builder());
    match kind {
        Kind::SharedLoop => builder.build_shared().map(Built::SharedLoop),
        _ => builder.build().map(Built::EventLoop),
    }
}

/// The thread that polls tasks while nobody waits.
fn own_thread(handle: &Handle) -> ThreadId {
    let (sender, receiver) = mpsc::channel();
    handle.call_soon(move || sender.send(thread::current().id()).unwrap()).unwrap();
    receiver.recv().unwrap()
}

/// Uses more stack than a thread has by default.
#[inline(never)]
fn deep(left: usize) -> usize {
    let bytes = std::hint::black_box([1_u8; 64 << 10]);
    if left == 0 { 0 } else { deep(left - 1) + usize::from(bytes[left]) }
}

#[test]
fn the_loops_thread_has_the_stack_that_was_asked_for() {
    for_each(Kind::LOOPS, |kind| {
        let built = build(kind, |builder| builder.thread_stack_size(64 << 20)).unwrap();
        let (sender, receiver) = mpsc::channel();
        // 16 MiB, on the loop's own thread.
        built.handle().call_soon(move || sender.send(deep(256)).unwrap()).unwrap();
        assert_eq!(receiver.recv().unwrap(), 256);
    });
}

#[test]
fn the_start_hook_is_called_once_on_the_loops_thread_before_anything_else() {
    for_each(Kind::LOOPS, |kind| {
        let log = Log::new();
        let calls = log.clone();
        let built = build(kind, |builder| builder.on_thread_start(move || calls.push(thread::current().id()))).unwrap();
        assert_eq!(log.snapshot().len(), 1, "the loop is not given out before");
        let own = own_thread(&built.handle());
        built.shutdown().unwrap();
        assert_eq!(log.take(), [own]);
    });
}

#[test]
fn the_stop_hook_is_called_once_on_the_loops_thread_after_the_last_future_is_dropped() {
    for_each(Kind::LOOPS, |kind| {
        let log = Log::new();
        let (stops, drops) = (log.clone(), log.clone());
        let stopped = move || stops.push(("stopped", thread::current().id()));
        let built = build(kind, |builder| builder.on_thread_stop(stopped)).unwrap();
        let (handle, own) = (built.handle(), own_thread(&built.handle()));
        let dropped = OnDrop::new(move || drops.push(("dropped", thread::current().id())));
        let (sender, polled) = mpsc::channel();
        drop(handle.submit(async move {
            let _dropped = dropped;
            sender.send(()).unwrap();
            pending::<()>().await;
        }));
        polled.recv().unwrap();
        assert!(log.snapshot().is_empty());
        drop(built);
        assert_eq!(log.take(), [("dropped", own), ("stopped", own)]);
    });
}

#[test]
fn a_shutdown_waits_for_the_stop_hook() {
    for_each(Kind::LOOPS, |kind| {
        let (go, goes) = mpsc::channel::<()>();
        let goes = std::sync::Mutex::new(goes);
        let log = Log::new();
        let stops = log.clone();
        let stopped = move || {
            goes.lock().unwrap().recv().unwrap_err();
            stops.push("stopped");
        };
        let built = build(kind, |builder| builder.on_thread_stop(stopped)).unwrap();
        let ends = thread::spawn(move || built.shutdown());
        assert!(log.snapshot().is_empty());
        drop(go);
        ends.join().unwrap().unwrap();
        assert_eq!(log.take(), ["stopped"]);
    });
}

#[test]
fn a_start_hook_that_panics_is_an_error_and_the_stop_hook_is_not_called() {
    for_each(Kind::LOOPS, |kind| {
        let log = Log::new();
        let stops = log.clone();
        let set_up = |builder: Builder| {
            builder.on_thread_start(|| panic!("no JVM")).on_thread_stop(move || stops.push("stopped"))
        };
        let Err(error) = build(kind, set_up) else { panic!("it was to fail") };
        assert_eq!(error.kind(), ErrorKind::Other);
        assert!(error.to_string().contains("panicked"), "{error}");
        assert!(log.take().is_empty());
    });
}

#[test]
fn a_stop_hook_that_panics_harms_nobody() {
    for_each(Kind::LOOPS, |kind| {
        let built = build(kind, |builder| builder.on_thread_stop(|| panic!("no JVM"))).unwrap();
        let task = built.handle().submit(async { 1 });
        built.shutdown().unwrap();
        assert_eq!(task.result().unwrap(), 1);
    });
}

#[test]
fn hooks_are_not_called_on_blocking_threads_and_callers() {
    for_each(Kind::LOOPS, |kind| {
        let log = Log::new();
        let (starts, stops) = (log.clone(), log.clone());
        let set_up = |builder: Builder| {
            builder.on_thread_start(move || starts.push("start")).on_thread_stop(move || stops.push("stop"))
        };
        let built = build(kind, set_up).unwrap();
        let blocking = built.handle().block_on(async { tokio::task::spawn_blocking(|| 1).await.unwrap() });
        assert_eq!(blocking.unwrap(), 1);
        assert_eq!(log.snapshot(), ["start"]);
        built.shutdown().unwrap();
        assert_eq!(log.take(), ["start", "stop"]);
    });
}
