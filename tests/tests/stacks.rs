//! Large futures, and long chains: what tokio takes on a stack of 2 MiB in a debug build is taken here as well.

use std::hint::black_box;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use bridge::{CancelOnDrop, Error, Handle, Task, threadsafe};
use bridge_tests::kinds::{AnyLoop, Kind, is_pending, on_each};
use bridge_tests::{HANGS, wait_until};
use tokio::task::yield_now;

const STACK: usize = 2 << 20;

/// As many bytes as tokio takes in a future on that stack: two copies fit.
const BYTES: usize = 960 << 10;

/// Has so many bytes in it while it is pending.
async fn large(fill: u8) -> u8 {
    let bytes = [fill; BYTES];
    yield_now().await;
    black_box(&bytes)[BYTES / 2]
}

#[threadsafe(submit)]
async fn companion(fill: u8) -> u8 {
    let bytes = [fill; BYTES];
    yield_now().await;
    black_box(&bytes)[BYTES / 2]
}

#[threadsafe(local)]
async fn local(fill: u8) -> u8 {
    large(fill).await
}

/// Runs `f` on a thread with a stack of that size for each kind of loop.
#[track_caller]
fn on_a_small_stack(f: impl Fn(&AnyLoop) + Clone + Send + Sync + 'static) {
    on_each(Kind::ALL, move |on| {
        let f = f.clone();
        thread::Builder::new().stack_size(STACK).spawn(move || f(&on)).unwrap().join().unwrap();
    });
}

#[test]
fn tokio_takes_a_large_future() {
    let with_tokio = || tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(large(1));
    assert_eq!(thread::Builder::new().stack_size(STACK).spawn(with_tokio).unwrap().join().unwrap(), 1);
}

#[test]
fn block_on_takes_a_large_future() {
    on_a_small_stack(|on| assert_eq!(on.block_on(large(1)).unwrap(), 1));
}

#[test]
fn block_on_takes_a_large_future_that_is_refused() {
    on_each(Kind::LOOPS, |on| {
        let handle = on.handle().clone();
        on.shutdown(None).unwrap();
        let refused = move || matches!(handle.block_on(large(1)), Err(Error::Closed));
        assert!(thread::Builder::new().stack_size(STACK).spawn(refused).unwrap().join().unwrap());
    });
}

#[test]
fn block_on_takes_a_large_future_on_the_thread_of_another_loop() {
    on_a_small_stack(|on| {
        let handle = on.handle().clone();
        let called = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async move {
            // It goes on as a job of the loop.
            handle.block_on(large(1))
        });
        assert_eq!(called.unwrap(), 1);
    });
}

#[test]
fn submit_takes_a_large_future() {
    on_a_small_stack(|on| assert_eq!(on.submit(large(2)).result().unwrap(), 2));
}

#[test]
fn a_companion_takes_a_large_future() {
    on_a_small_stack(|on| assert_eq!(companion_blocking(on.handle(), 3), 3));
}

#[test]
fn a_submitting_companion_takes_a_large_future() {
    on_a_small_stack(|on| assert_eq!(companion_submit(on.handle(), 4).result().unwrap(), 4));
}

#[test]
fn a_local_call_takes_a_large_future() {
    on_a_small_stack(|on| {
        if let Some(own) = on.local() {
            assert_eq!(own.block_on_local(|| large(5)).unwrap(), 5);
            assert_eq!(own.submit_local(|| large(6)).result().unwrap(), 6);
            assert_eq!(local_blocking(own, 7), 7);
        }
    });
}

#[test]
fn a_local_call_takes_a_large_closure() {
    on_a_small_stack(|on| {
        let bytes = [8_u8; BYTES / 4];
        if let Some(own) = on.local() {
            assert_eq!(own.block_on_local(move || async move { black_box(&bytes)[9] }).unwrap(), 8);
        }
    });
}

#[test]
fn call_soon_takes_a_large_function() {
    on_a_small_stack(|on| {
        let (sender, receiver) = mpsc::channel();
        let bytes = [9_u8; BYTES / 4];
        on.call_soon(move || sender.send(black_box(&bytes)[1]).unwrap()).unwrap();
        assert_eq!(receiver.recv().unwrap(), 9);
    });
}

#[test]
fn an_iterator_takes_a_large_stream() {
    on_a_small_stack(|on| {
        let bytes = [9_u8; BYTES / 16];
        let stream = futures::stream::unfold(bytes, |bytes| async move {
            (black_box(&bytes)[0] > 0).then(|| (black_box(&bytes)[1], [0; BYTES / 16]))
        });
        assert_eq!(on.iter(stream).collect::<Vec<_>>(), [9]);
    });
}

/// A stream of one item, with a fifth of those bytes in it.
fn large_stream(fill: u8) -> impl futures::Stream<Item = Result<u8, Error>> {
    let bytes = [fill; BYTES / 5];
    futures::stream::once(async move { Ok(black_box(&bytes)[1]) })
}

#[threadsafe(stream)]
fn streamed(fill: u8) -> impl futures::Stream<Item = Result<u8, Error>> {
    large_stream(fill)
}

#[threadsafe(stream, fallible = wrap)]
fn streamed_wrap(fill: u8) -> impl futures::Stream<Item = Result<u8, Error>> {
    large_stream(fill)
}

#[threadsafe(stream, fallible)]
fn streamed_fold(fill: u8) -> impl futures::Stream<Item = Result<u8, Error>> {
    large_stream(fill)
}

#[test]
fn a_companion_takes_a_large_stream() {
    on_a_small_stack(|on| {
        let item = |mut iter: bridge::Iter<Result<u8, Error>>| iter.next().unwrap().unwrap();
        assert_eq!(item(streamed_blocking(on.handle(), 1)), 1);
        assert_eq!(item(streamed_wrap_blocking(on.handle(), 2).unwrap()), 2);
        assert_eq!(item(streamed_fold_blocking(on.handle(), 3)), 3);
    });
}

#[test]
fn run_takes_a_large_future() {
    let run = || bridge::run(large(1));
    assert_eq!(thread::Builder::new().stack_size(STACK).spawn(run).unwrap().join().unwrap(), 1);
}

// Chains.

const LENGTH: usize = 100_000;

/// A chain of tasks that each cancel the one before when they are dropped; the first sends when it is.
fn chain(on: &Handle, first: mpsc::Sender<()>) -> CancelOnDrop<()> {
    let end = bridge_tests::OnDrop::new(move || first.send(()).unwrap());
    let mut last: CancelOnDrop<()> = on
        .submit(async move {
            let _end = end;
            std::future::pending().await
        })
        .cancel_on_drop();
    for _ in 1..LENGTH {
        let before = last;
        let task: Task<()> = on.submit(async move {
            let _before = before;
            std::future::pending().await
        });
        last = task.cancel_on_drop();
    }
    last
}

#[test]
fn a_chain_of_queued_tasks_that_cancel_each_other_ends_without_a_deep_stack() {
    on_each(Kind::ALL, |on| {
        let blocked = on.block_threads();
        let (sender, receiver) = mpsc::channel();
        let last = chain(&on, sender);
        drop(last);
        receiver.try_recv().expect("all of them were dropped here");
        drop(blocked);
        assert_eq!(on.submit(async { 1 }).result().unwrap(), 1);
    });
}

#[test]
fn a_chain_of_pending_tasks_that_cancel_each_other_ends_without_a_deep_stack() {
    on_each(Kind::ALL, |on| {
        let (sender, receiver) = mpsc::channel();
        let last = chain(&on, sender);
        wait_until(|| is_pending(&last));
        drop(last);
        receiver.recv_timeout(HANGS).unwrap();
    });
}

#[test]
fn the_end_of_a_loop_drops_a_chain_of_queued_tasks_without_a_deep_stack() {
    on_each(Kind::LOOPS, |on| {
        type Next = Arc<Mutex<Option<CancelOnDrop<()>>>>;
        let blocked = on.block_threads();
        let submit = |next: &Next| {
            let next = Arc::clone(next);
            on.submit(async move {
                let _next = next;
                std::future::pending().await
            })
        };
        // The loop comes to the first of them first, and each cancels the one after it.
        let mut next = Next::default();
        let first = submit(&next);
        for _ in 1..LENGTH {
            let after = Next::default();
            *next.lock().unwrap() = Some(submit(&after).cancel_on_drop());
            next = after;
        }
        drop(next);
        let handle = on.handle().clone();
        let end = thread::spawn(move || drop(on));
        wait_until(|| handle.is_closed());
        drop(blocked);
        end.join().unwrap();
        assert!(matches!(first.result(), Err(Error::Closed)));
    });
}

#[test]
fn in_a_chain_of_cancels_a_destructor_may_wait_for_the_task_that_it_has_cancelled() {
    on_each(Kind::ALL, |on| {
        let blocked = on.block_threads();
        let mut last = on.submit(std::future::pending::<()>());
        for _ in 0..100 {
            let before = last;
            let end = bridge_tests::OnDrop::new(move || {
                assert!(before.cancel());
                assert!(matches!(before.result(), Err(Error::Cancelled)));
            });
            last = on.submit(async move {
                let _end = end;
                std::future::pending().await
            });
        }
        assert!(last.cancel());
        assert!(matches!(last.result_timeout_of(HANGS), Err(Error::Cancelled)));
        drop(blocked);
    });
}

trait ResultWithin<T> {
    fn result_timeout_of(self, timeout: Duration) -> Result<T, Error>;
}

impl<T> ResultWithin<T> for Task<T> {
    fn result_timeout_of(mut self, timeout: Duration) -> Result<T, Error> {
        self.result_timeout(timeout)
    }
}

#[test]
fn a_call_in_the_last_of_a_long_chain_may_wait_for_what_it_cancels_itself() {
    let busy = bridge::EventLoop::new().unwrap();
    let blocked = bridge_tests::block_thread(&busy);
    on_each(Kind::ALL, |on| {
        let (handle, queued) = (on.handle().clone(), (*busy.handle()).clone());
        let cancels = queued.clone();
        let mut cancel: Box<dyn FnOnce() + Send> = Box::new(move || {
            let cancelled = handle.block_on(async {
                yield_now().await;
                let task = cancels.submit(async {});
                assert!(task.cancel());
                task.await
            });
            assert!(matches!(cancelled, Ok(Err(Error::Cancelled))), "{cancelled:?}");
        });
        // As deep as ends are nested: the call is inside of the last that is.
        for _ in 0..16 {
            let dropped = bridge_tests::OnDrop::new(cancel);
            let task = queued.submit(async move { drop(dropped) });
            cancel = Box::new(move || assert!(task.cancel()));
        }
        cancel();
    });
    blocked.release();
}
