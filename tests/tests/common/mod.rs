//! What several of the behaviour tests need and the package's library has no room for.

#![allow(dead_code, reason = "each test program takes its share")]

use std::cell::Cell;
use std::future::pending;
use std::panic::{self, AssertUnwindSafe, Location};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Once, mpsc};
use std::thread::{self, ThreadId};
use std::time::Duration;

use bridge::{Error, EventLoop, Handle, Task};
use bridge_tests::kinds::is_pending;
use bridge_tests::{Drops, wait_until};

/// A time that a thread which is going to block is given to get there, where nothing shows that it has. A
/// test is right without it, and checks more with it.
pub(crate) const SETTLE: Duration = Duration::from_millis(30);

/// Runs `body` while another thread unparks this one, again and again.
pub(crate) fn beside_strays(body: impl FnOnce()) {
    struct Over<'a>(&'a AtomicBool);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let (waiter, over) = (thread::current(), AtomicBool::new(false));
    thread::scope(|scope| {
        let _over = Over(&over);
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                waiter.unpark();
                thread::yield_now();
            }
        });
        body();
    });
}

/// A loop with that name.
pub(crate) fn named(name: &str) -> EventLoop {
    EventLoop::builder().thread_name(name).build().unwrap()
}

/// The thread that drives the loop.
pub(crate) fn thread_of(handle: &Handle) -> ThreadId {
    handle.block_on(async { thread::current().id() }).unwrap()
}

/// The thread that polls the loop's tasks.
pub(crate) fn thread_of_tasks(handle: &Handle) -> ThreadId {
    handle.submit(async { thread::current().id() }).result().unwrap()
}

/// A task that never ends by itself and holds a guard of `drops`. It is idle when this returns.
pub(crate) fn idle_task(handle: &Handle, drops: &Drops) -> Task<()> {
    let guard = drops.guard();
    let (sender, polled) = mpsc::channel();
    let task = handle.submit(async move {
        let _guard = guard;
        sender.send(()).unwrap();
        pending().await
    });
    polled.recv().unwrap();
    // One thread that answers has left the poll. Of several workers another may.
    wait_until(|| is_pending(&task));
    task
}

/// The text of a deadlock. Any other result is the test's failure.
#[track_caller]
pub(crate) fn deadlock<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::WouldDeadlock(deadlock)) => deadlock.to_string(),
        other => panic!("WouldDeadlock was to come, not {other:?}"),
    }
}

/// Runs `f`, which panics, and gives the text of its panic and the `file:line` that it names.
#[track_caller]
pub(crate) fn panic_of<R>(f: impl FnOnce() -> R) -> (String, String) {
    thread_local!(static SITE: Cell<Option<String>> = const { Cell::new(None) });
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            SITE.set(info.location().map(|at| format!("{}:{}", at.file(), at.line())));
            report(info);
        }));
    });
    let Err(payload) = panic::catch_unwind(AssertUnwindSafe(f)) else { panic!("it was to panic") };
    let text = match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload.downcast_ref::<&str>().copied().expect("a panic with a text").into(),
    };
    (text, SITE.take().expect("the hook has run on this thread"))
}

/// `file:line` of the line that calls this, moved by `lines`.
#[track_caller]
pub(crate) fn line(lines: u32) -> String {
    let here = Location::caller();
    format!("{}:{}", here.file(), here.line() + lines)
}

/// A thread that is inside a call whose future is pending.
pub(crate) fn waiting_call(handle: &Handle, drops: &Drops) -> thread::JoinHandle<Result<(), Error>> {
    let (handle, guard) = (handle.clone(), drops.guard());
    let (sender, polled) = mpsc::channel();
    let caller = thread::spawn(move || {
        handle.block_on(async move {
            let _guard = guard;
            sender.send(()).unwrap();
            pending().await
        })
    });
    polled.recv().unwrap();
    thread::sleep(SETTLE);
    caller
}
