//! What goes wrong around calls that are polled on the calling thread: resources that are always ready, wakers that panic
//! while the loop parks, threads that tokio lets drive nothing.

mod common;

use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::io::ErrorKind;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::Duration;

use bridge::{Error, Handle, SharedLoop};
use bridge_tests::OnDrop;
use bridge_tests::kinds::{Kind, on_each};
use tokio::runtime::Builder as TokioBuilder;

const MOMENT: Duration = Duration::from_millis(5);

/// A future whose resources are always ready: it is never pending, but for tokio's budget.
async fn never_pending() {
    let (send, mut receive) = tokio::sync::mpsc::channel(1);
    loop {
        send.send(()).await.unwrap();
        receive.recv().await.unwrap();
    }
}

/// tokio's timeout in a call, and the call's own: both come, though the future is always ready.
fn both_timeouts_come(handle: &Handle) {
    let elapsed = handle.block_on(async { tokio::time::timeout(MOMENT, never_pending()).await.is_err() });
    assert!(elapsed.unwrap());
    let timed_out = handle.with_timeout(MOMENT).block_on(never_pending());
    assert!(matches!(timed_out, Err(Error::TimedOut(MOMENT))), "{timed_out:?}");
}

#[test]
fn timeouts_come_though_what_a_future_uses_is_always_ready() {
    on_each(Kind::ALL, |on| both_timeouts_come(&on));
}

#[test]
fn timeouts_come_in_calls_inside_the_block_on_of_another_runtime() {
    on_each(Kind::ALL, |on| {
        let runtime = TokioBuilder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        // More often than a budget has parts.
        let many = || (0..3).for_each(|_| both_timeouts_come(&on));
        runtime.block_on(async { many() });
        thread::scope(|scope| scope.spawn(|| runtime.handle().block_on(async { many() })).join()).unwrap();
    });
}

/// Panics when it wakes.
struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("on purpose: a waker, while the loop parks");
    }
}

#[test]
fn a_waker_that_panics_while_the_loop_parks_ends_the_loop_and_nobody_waits_for_ever() {
    let shared = SharedLoop::new().unwrap();
    let callers: Vec<_> = (0..3)
        .map(|_| {
            let handle = shared.handle().clone();
            thread::spawn(move || handle.block_on(pending::<()>()))
        })
        .collect();
    let task = shared.submit(async {
        let mut sleep = pin!(tokio::time::sleep(MOMENT));
        let panics = Waker::from(Arc::new(Panics));
        poll_fn(|_| sleep.as_mut().poll(&mut Context::from_waker(&panics))).await;
    });
    assert!(matches!(task.result(), Err(Error::Closed)));
    for caller in callers {
        assert!(matches!(caller.join().unwrap(), Err(Error::Closed)));
    }
    assert!(shared.is_closed());
    assert!(matches!(shared.block_on(async {}), Err(Error::Closed)));
    drop(shared);
}

#[test]
fn calls_inside_calls_inside_a_block_on_of_another_runtime_wait_beside_other_callers() {
    let shared = SharedLoop::new().unwrap();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        // The loop has no driver now and then.
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                shared.block_on(async { tokio::time::sleep(Duration::from_micros(100)).await }).unwrap();
            }
        });
        let runtime = TokioBuilder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let sleeps = || shared.block_on(async { tokio::time::sleep(MOMENT).await });
        for _ in 0..10 {
            runtime.block_on(async { shared.block_on(async { sleeps() }).unwrap().unwrap() });
            let unconstrained = tokio::task::unconstrained(async { shared.block_on(async { sleeps() }) });
            runtime.block_on(unconstrained).unwrap().unwrap();
        }
        over.store(true, Ordering::SeqCst);
    });
}

#[test]
fn a_call_in_a_thread_locals_destructor_leaves_the_loop_to_others() {
    type Last = OnDrop<Box<dyn FnOnce()>>;
    thread_local!(static LAST: RefCell<Option<Last>> = const { RefCell::new(None) });
    let shared = Arc::new(SharedLoop::new().unwrap());
    let slept = || async { tokio::time::sleep(MOMENT).await };
    for tokio_first in [true, false] {
        let (sender, receiver) = mpsc::channel();
        let there = Arc::clone(&shared);
        thread::spawn(move || {
            let enter = || drop(tokio::runtime::Handle::try_current());
            if tokio_first {
                enter();
            }
            let last: Box<dyn FnOnce()> = Box::new({
                let there = Arc::clone(&there);
                move || sender.send(there.block_on(slept()).is_ok()).unwrap()
            });
            LAST.with_borrow_mut(|cell| *cell = Some(OnDrop::new(last)));
            enter();
            there.block_on(slept()).unwrap();
        })
        .join()
        .unwrap();
        assert!(receiver.recv().unwrap());
        shared.block_on(slept()).unwrap();
    }
}

#[test]
fn a_shared_loop_is_made_of_no_multi_thread_runtime() {
    let builder = SharedLoop::builder().configure(|tokio| *tokio = TokioBuilder::new_multi_thread());
    assert_eq!(builder.build_shared().unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_caller_that_drives_leaves_after_the_job_that_wakes_it() {
    let shared = SharedLoop::new().unwrap();
    let (polled, polls) = mpsc::channel();
    // The own thread drives no more after the first of these calls, which is asked to leave by the second.
    for _ in 0..2 {
        shared.block_on(async { tokio::time::sleep(Duration::from_micros(100)).await }).unwrap();
    }
    let woken = shared.submit(async {});
    for _ in 0..60 {
        let polled = polled.clone();
        drop(shared.submit(async move {
            thread::sleep(MOMENT);
            polled.send(thread::current().id()).unwrap();
        }));
    }
    woken.result().unwrap();
    let here = thread::current().id();
    let polled_here = polls.try_iter().filter(|thread| *thread == here).count();
    assert!(polled_here < 30, "{polled_here} tasks that this thread did not wait for");
}
