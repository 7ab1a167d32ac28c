//! `Handle::iter`: streams as iterators.

mod common;

use std::fmt::{self, Write as _};
use std::future::pending;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use bridge::{Canceller, Error, Handle, Iter};
use bridge_tests::kinds::{AnyLoop, Kind, for_each, on_each};
use bridge_tests::{BlockedThread, Drops, HANGS, OnDrop, wait_until};
use common::{SETTLE, beside_strays, line, panic_of};
use futures::StreamExt as _;
use futures::stream;
use tokio::sync::oneshot;

/// Counts how far a stream of numbers has got.
fn counted(count: &Arc<AtomicUsize>) -> impl futures::Stream<Item = usize> + Send + use<> {
    let count = Arc::clone(count);
    stream::iter(0..).map(move |number| {
        count.fetch_add(1, Ordering::SeqCst);
        number
    })
}

#[test]
fn items_come_in_order_and_the_end_is_none_for_good() {
    on_each(Kind::ALL, |on| {
        let mut items = on.iter(stream::iter([1, 2, 3]));
        assert_eq!(items.by_ref().collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(items.next(), None);
        assert!(matches!(items.next_timeout(Duration::ZERO), Ok(None)));
    });
}

#[test]
fn without_a_buffer_the_stream_takes_turns_with_the_iterator() {
    on_each(Kind::ALL, |on| {
        let count = Arc::default();
        let mut items = on.iter(counted(&count));
        on.settle();
        assert_eq!(count.load(Ordering::SeqCst), 0, "it was polled before it was asked");
        for asked in 1..4 {
            items.next();
            on.settle();
            assert_eq!(count.load(Ordering::SeqCst), asked, "it ran ahead");
        }
    });
}

#[test]
fn with_a_buffer_the_stream_runs_ahead_as_far_as_that() {
    on_each(Kind::ALL, |on| {
        let count = Arc::default();
        let mut items = on.iter(counted(&count)).buffered(4);
        wait_until(|| count.load(Ordering::SeqCst) == 4);
        on.settle();
        assert_eq!(count.load(Ordering::SeqCst), 4, "no back-pressure");
        assert_eq!(items.next(), Some(0));
        wait_until(|| count.load(Ordering::SeqCst) == 5);
        on.settle();
        assert_eq!(count.load(Ordering::SeqCst), 5);
        assert_eq!(items.by_ref().take(100).collect::<Vec<_>>(), (1..101).collect::<Vec<_>>());
    });
}

#[test]
fn dropping_the_iterator_drops_the_stream_on_the_loop() {
    on_each(Kind::ALL, |on| {
        let drops = Drops::new();
        let guard = drops.guard();
        let mut items = on.iter(stream::iter(0..).map(move |number| {
            let _ = &guard;
            number
        }));
        items.next();
        drop(items);
        // No caller waits, so that the loop's own threads drop it.
        wait_until(|| drops.count() == 1);
        assert!(on.threads().contains(&drops.threads()[0]));
    });
}

#[test]
fn a_stream_that_was_never_polled_is_dropped_on_the_loop_and_not_polled_for_that() {
    for room in [0, 3] {
        on_each(Kind::ALL, move |on| {
            let blocked_threads = on.block_threads();
            let threads: Vec<_> = blocked_threads.iter().map(BlockedThread::thread).collect();
            let (drops, count) = (Drops::new(), Arc::default());
            let (guard, stream) = (drops.guard(), counted(&count));
            let items = on.iter(stream.inspect(move |_| _ = &guard)).buffered(room);
            drop(items);
            assert_eq!(drops.count(), 0);
            drop(blocked_threads);
            wait_until(|| drops.count() == 1);
            assert!(threads.contains(&drops.threads()[0]));
            assert_eq!(count.load(Ordering::SeqCst), 0);
        });
    }
}

#[test]
fn a_timeout_of_zero_asks_for_the_next_item_and_a_later_call_returns_it() {
    on_each(Kind::ALL, |on| {
        let mut items = on.iter(stream::iter(0..3));
        let mut got = Vec::new();
        wait_until(|| {
            match items.next_timeout(Duration::ZERO) {
                Ok(item) => got.push(item),
                Err(Error::TimedOut(Duration::ZERO)) => {}
                Err(error) => panic!("{error}"),
            }
            got.last() == Some(&None)
        });
        assert_eq!(got, [Some(0), Some(1), Some(2), None]);
    });
}

#[test]
fn a_caller_that_waits_learns_of_the_streams_end() {
    on_each(Kind::ALL, |on| {
        let (end, ended) = oneshot::channel::<()>();
        let (sender, asked) = mpsc::channel();
        let ends = async move {
            sender.send(()).unwrap();
            ended.await.unwrap();
        };
        let mut items = on.iter(stream::once(ends).filter(|()| std::future::ready(false)));
        thread::scope(|scope| {
            let waiter = scope.spawn(|| items.next());
            asked.recv().unwrap();
            thread::sleep(SETTLE);
            end.send(()).unwrap();
            assert_eq!(waiter.join().unwrap(), None);
        });
    });
}

#[test]
fn a_closed_loop_is_never_a_silent_end() {
    on_each(Kind::ALL, |on| {
        let mut asked = on.iter(stream::pending::<()>());
        let mut panics = on.iter(stream::pending::<()>());
        let waiter = thread::spawn(move || [(); 2].map(|()| asked.next_timeout(Duration::MAX)));
        drop(on);
        let ended = waiter.join().unwrap();
        assert!(ended.iter().all(|end| matches!(end, Err(Error::Closed))), "{ended:?}");
        for _ in 0..2 {
            let payload = catch_unwind(AssertUnwindSafe(|| panics.next())).unwrap_err();
            assert!(payload.downcast_ref::<String>().unwrap().contains("closed"));
        }
    });
}

#[test]
fn a_panic_of_the_stream_comes_with_its_payload() {
    on_each(Kind::ALL, |on| {
        let fails = || {
            stream::iter(0..2).map(|number| {
                if number == 1 {
                    std::panic::panic_any(77_u8);
                }
                number
            })
        };
        let mut items = on.iter(fails());
        assert_eq!(items.next(), Some(0));
        let payload = catch_unwind(AssertUnwindSafe(|| items.next())).unwrap_err();
        assert_eq!(*payload.downcast_ref::<u8>().unwrap(), 77);
        assert_eq!(items.next(), None);
        let mut items = on.iter(fails()).skip(1);
        assert!(catch_unwind(AssertUnwindSafe(|| items.next())).is_err());
    });
}

#[test]
fn next_timeout_keeps_its_place() {
    on_each(Kind::ALL, |on| {
        let (send, received) = tokio::sync::mpsc::unbounded_channel();
        let stream = stream::unfold(received, |mut received| async { Some((received.recv().await?, received)) });
        let mut items = on.iter(stream);
        send.send(1).unwrap();
        assert_eq!(items.next_timeout(Duration::MAX).unwrap(), Some(1));
        assert!(matches!(items.next_timeout(Duration::from_millis(5)), Err(Error::TimedOut(_))));
        send.send(2).unwrap();
        send.send(3).unwrap();
        drop(send);
        assert_eq!(items.collect::<Vec<_>>(), [2, 3]);
    });
}

#[test]
fn the_timeout_of_the_handle_holds_for_every_next() {
    on_each(Kind::ALL, |on| {
        let timeout = Duration::from_millis(5);
        let mut items = on.with_timeout(timeout).iter(stream::pending::<()>());
        let payload = catch_unwind(AssertUnwindSafe(|| items.next())).unwrap_err();
        assert!(payload.downcast_ref::<String>().unwrap().contains("5ms"));
        assert!(matches!(items.next_timeout(Duration::MAX), Err(Error::TimedOut(l)) if l == timeout));
    });
}

#[test]
fn another_threads_next_is_not_held_up() {
    on_each(Kind::ALL, |on| {
        let mut never = on.iter(stream::pending::<()>());
        let waiter = thread::spawn(move || never.next_timeout(Duration::MAX));
        assert_eq!(on.iter(stream::iter(0..1000)).count(), 1000);
        drop(on);
        assert!(waiter.join().unwrap().is_err());
    });
}

#[test]
fn next_on_the_loops_own_thread_would_deadlock() {
    on_each(Kind::ONE_DRIVER, |on| {
        let mut items = on.iter(stream::iter([1]));
        let refused = on.submit(async move { items.next_timeout(Duration::MAX) }).result().unwrap();
        assert!(matches!(refused, Err(Error::WouldDeadlock(_))));
    });
}

#[test]
fn what_only_the_bridge_gets_wrong_panics_at_the_line_of_next() {
    on_each(Kind::ONE_DRIVER, |on| {
        let mut items = on.iter(stream::pending::<()>());
        let own = on.submit(async move {
            let here = line(1);
            (panic_of(|| items.next()), here)
        });
        let ((text, site), here) = own.result().unwrap();
        assert!(text.contains("waiting here would never end"), "{text}");
        assert_eq!(site, here);
        let mut items = on.iter(stream::pending::<()>());
        drop(on);
        let here = line(1);
        let (text, site) = panic_of(|| items.next());
        assert!(text.contains("closed"), "{text}");
        assert_eq!(site, here);
    });
}

#[test]
fn items_that_were_handed_over_before_the_loop_closed_come_before_the_error() {
    on_each(Kind::ALL, |on| {
        let mut items = on.iter(stream::iter([1, 2]).chain(stream::pending())).buffered(2);
        on.settle();
        drop(on);
        assert_eq!(items.next_timeout(Duration::ZERO).unwrap(), Some(1));
        assert_eq!(items.next(), Some(2));
        assert!(matches!(items.next_timeout(Duration::ZERO), Err(Error::Closed)));
    });
}

#[test]
fn a_stray_unpark_ends_no_next() {
    on_each(Kind::ALL, |on| {
        let (sender, receiver) = oneshot::channel();
        let mut items = on.iter(stream::once(receiver));
        beside_strays(|| {
            let (timeout, start) = (Duration::from_millis(50), Instant::now());
            assert!(matches!(items.next_timeout(timeout), Err(Error::TimedOut(_))));
            assert!(start.elapsed() >= timeout);
            sender.send(5).unwrap();
            assert_eq!(items.next(), Some(Ok(5)));
        });
    });
}

#[test]
fn items_that_nobody_takes_are_dropped_with_the_iterator() {
    on_each(Kind::ALL, |on| {
        let drops = Drops::new();
        let guards: Vec<_> = (0..3).map(|_| drops.guard()).collect();
        let items = on.iter(stream::iter(guards)).buffered(3);
        let (sender, receiver) = mpsc::channel();
        // Once this blocked_thread is reached the buffer is full.
        on.settle();
        drop(on.block_threads());
        drop(items);
        sender.send(()).unwrap();
        receiver.recv().unwrap();
        drop(on);
        assert_eq!(drops.count(), 3);
    });
}

/// Writes through the loop, which each time has another item of the stream's to hand over first.
struct Writer<'a> {
    on: &'a AnyLoop,
    items: tokio::sync::mpsc::UnboundedSender<()>,
    text: String,
}

impl fmt::Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.items.send(()).unwrap();
        self.on.settle();
        self.text.push_str(text);
        Ok(())
    }
}

#[test]
fn a_writer_that_debug_writes_to_may_wait_for_the_streams_loop() {
    on_each(Kind::ALL, |on| {
        let (send, received) = tokio::sync::mpsc::unbounded_channel();
        let stream = stream::unfold(received, |mut received| async { Some((received.recv().await?, received)) });
        let items = on.iter(stream).buffered(usize::MAX);
        let mut writer = Writer { on: &on, items: send, text: String::new() };
        write!(writer, "{items:?}").unwrap();
        assert!(writer.text.starts_with("Iter") && writer.text.contains("items"), "{}", writer.text);
    });
}

#[test]
fn shutdown_drops_a_stream_that_its_own_thread_asked_last() {
    on_each(Kind::LOOPS, |on| {
        let threads = on.threads();
        let drops = Drops::new();
        let guard = drops.guard();
        let mut items = on.iter(stream::iter(0..).map(move |number| {
            let _ = &guard;
            number
        }));
        assert_eq!(items.next(), Some(0));
        on.shutdown(None).unwrap();
        assert!(threads.contains(&drops.threads()[0]));
        for _ in 0..2 {
            assert!(matches!(items.next_timeout(Duration::MAX), Err(Error::Closed)));
        }
    });
}

#[test]
fn shutdown_drops_a_stream_in_the_middle_of_an_item_that_its_own_thread_asked_for() {
    on_each(Kind::LOOPS, |on| {
        let mut items = on.iter(stream::pending::<()>());
        assert!(matches!(items.next_timeout(SETTLE), Err(Error::TimedOut(_))));
        on.shutdown(Some(HANGS * 2)).unwrap();
        assert!(matches!(items.next_timeout(Duration::MAX), Err(Error::Closed)));
    });
}

#[test]
fn items_that_a_stream_handed_over_before_shutdown_dropped_it_come_before_the_error() {
    on_each(Kind::LOOPS, |on| {
        let mut items = on.iter(stream::iter(0..)).buffered(2);
        assert_eq!(items.next(), Some(0));
        on.settle();
        on.shutdown(None).unwrap();
        assert_eq!(items.next(), Some(1));
        assert_eq!(items.next(), Some(2));
        assert!(matches!(items.next_timeout(Duration::MAX), Err(Error::Closed)));
    });
}

#[test]
fn shutdown_waits_for_a_stream_that_another_thread_goes_on_to_ask() {
    on_each(Kind::LOOPS, |on| {
        let handle = on.handle().clone();
        let mut items = on.iter(stream::iter(0..5));
        assert_eq!(items.next(), Some(0));
        let (sender, asked) = mpsc::channel();
        let reader = thread::spawn(move || {
            assert_eq!(items.next(), Some(1));
            sender.send(()).unwrap();
            wait_until(|| handle.is_closed());
            // Longer than one is waited for that the thread has asked which waits.
            thread::sleep(Duration::from_millis(1500));
            items.collect::<Vec<_>>()
        });
        asked.recv().unwrap();
        on.shutdown(None).unwrap();
        assert_eq!(reader.join().unwrap(), [2, 3, 4]);
    });
}

/// Shuts a loop down whose stream was given to a thread that has not asked it yet. What that thread reads then, if it asks
/// within a second: after that it is given up, which a busy machine may bring about.
fn reads_during_shutdown<const COUNT: usize>(kind: Kind, items: impl Fn(&Handle) -> Iter<usize>) -> [usize; COUNT] {
    loop {
        let on = AnyLoop::start(kind);
        let handle = on.handle().clone();
        let mut items = items(&on);
        let start = Instant::now();
        let reader = thread::spawn(move || {
            wait_until(|| handle.is_closed());
            thread::sleep(SETTLE);
            let first = items.next_timeout(HANGS);
            (start.elapsed() < Duration::from_secs(1)).then(|| (first, items.collect::<Vec<_>>()))
        });
        on.shutdown(None).unwrap();
        if let Some((first, rest)) = reader.join().unwrap() {
            let read: Vec<usize> = first.unwrap().into_iter().chain(rest).collect();
            return read.try_into().unwrap();
        }
    }
}

#[test]
fn shutdown_waits_for_a_stream_that_was_given_to_a_thread_which_has_yet_to_ask() {
    for_each(Kind::LOOPS, |kind| {
        let read = reads_during_shutdown(kind, |on| {
            let mut items = on.iter(stream::iter(0..3));
            assert_eq!(items.next(), Some(0));
            items
        });
        assert_eq!(read, [1, 2]);
    });
}

#[test]
fn a_thread_that_finds_its_items_in_the_buffer_counts_as_one_that_asks() {
    on_each(Kind::LOOPS, |on| {
        let mut items = on.iter(stream::iter(0..)).buffered(2);
        on.settle();
        assert_eq!(items.next(), Some(0));
        on.settle();
        on.shutdown(None).unwrap();
        assert_eq!(items.by_ref().take(2).collect::<Vec<_>>(), [1, 2]);
        assert!(matches!(items.next_timeout(Duration::MAX), Err(Error::Closed)));
    });
}

/// Three iterators that other threads have asked last: one waits for an item, one is quiet in the middle of an item that it was
/// asked for, and one has room for more. The item that the first waits for comes once the others are closed.
#[test]
fn shutdown_gives_up_streams_that_other_threads_leave_idle_and_not_one_that_waits_for_an_item() {
    on_each(Kind::LOOPS, |on| {
        let handle = on.handle().clone();
        let (go, gone) = oneshot::channel();
        let (asks, asked) = mpsc::channel();
        let waits = thread::spawn({
            let mut items = on.iter(stream::iter([1]).chain(stream::once(async { gone.await.unwrap() })));
            let asks = asks.clone();
            move || {
                assert_eq!(items.next(), Some(1));
                asks.send(()).unwrap();
                items.collect::<Vec<_>>()
            }
        });
        let (sender, dropped) = mpsc::channel();
        let quiet = || {
            let sender = sender.clone();
            let dropped = OnDrop::new(move || sender.send(()).unwrap());
            stream::once(async move {
                let _dropped = dropped;
                pending::<i32>().await
            })
        };
        let mut turn_by_turn = on.iter(stream::iter([1]).chain(quiet()));
        let mut ahead = on.iter(stream::iter([1, 2]).chain(quiet())).buffered(4);
        let idle = thread::spawn(move || {
            assert_eq!((turn_by_turn.next(), ahead.next()), (Some(1), Some(1)));
            assert!(matches!(turn_by_turn.next_timeout(SETTLE), Err(Error::TimedOut(_))));
            asks.send(()).unwrap();
            wait_until(|| handle.is_closed());
            (0..2).for_each(|_| dropped.recv().unwrap());
            go.send(2).unwrap();
            assert!(matches!(turn_by_turn.next_timeout(HANGS), Err(Error::Closed)));
            assert_eq!(ahead.next(), Some(2));
            assert!(matches!(ahead.next_timeout(HANGS), Err(Error::Closed)));
        });
        (0..2).for_each(|_| asked.recv().unwrap());
        on.shutdown(None).unwrap();
        idle.join().unwrap();
        assert_eq!(waits.join().unwrap(), [2]);
    });
}

#[test]
fn a_shutdown_that_is_over_before_a_stream_is_given_up_returns_timed_out() {
    for_each(Kind::LOOPS, |kind| {
        // The loop must not get to giving it up in any of them.
        for _ in 0..100 {
            let on = AnyLoop::start(kind);
            let mut items = on.iter(stream::iter(0..));
            assert_eq!(items.next(), Some(0));
            let ended = on.shutdown(Some(Duration::from_millis(1)));
            assert!(matches!(ended, Err(Error::TimedOut(_))), "{ended:?}");
            assert!(matches!(items.next_timeout(Duration::MAX), Err(Error::Closed)));
        }
    });
}

#[test]
fn shutdown_finishes_a_stream_that_has_room_for_all_its_items() {
    on_each(Kind::LOOPS, |on| {
        let handle = on.handle().clone();
        let (end, ended) = oneshot::channel();
        let ends = stream::once(async { ended.await.unwrap() });
        let mut items = on.iter(stream::iter([1, 2]).chain(ends)).buffered(3);
        assert_eq!(items.next(), Some(1));
        thread::spawn(move || {
            wait_until(|| handle.is_closed());
            // Longer than a stream is waited for that waits to be asked.
            thread::sleep(Duration::from_millis(1500));
            end.send(3).unwrap();
        });
        on.shutdown(None).unwrap();
        assert_eq!(items.collect::<Vec<_>>(), [2, 3]);
    });
}

#[test]
fn shutdown_waits_for_a_stream_that_nobody_has_asked_yet() {
    for_each(Kind::LOOPS, |kind| {
        assert_eq!(reads_during_shutdown(kind, |on| on.iter(stream::iter(0..3))), [0, 1, 2]);
    });
}

#[test]
fn shutdown_drops_a_stream_that_nobody_has_asked() {
    on_each(Kind::LOOPS, |on| {
        let mut items = on.iter(stream::iter(0..));
        on.shutdown(None).unwrap();
        assert!(matches!(items.next_timeout(Duration::MAX), Err(Error::Closed)));
    });
}

/// The destructor of a stream may need what its loop's thread holds, and is to run there.
#[test]
fn a_shutdown_gives_up_a_stream_that_was_never_polled_and_leaves_its_drop_to_the_loop() {
    on_each(Kind::LOOPS, |on| {
        let drops = Drops::new();
        let guard = drops.guard();
        let stuck = on.block_threads();
        let items = on.iter(stream::repeat(1).map(move |number| {
            let _guard = &guard;
            number
        }));
        // Longer than the iterators of this thread are waited for.
        let ended = on.shutdown(Some(Duration::from_millis(1300)));
        assert!(matches!(ended, Err(Error::TimedOut(_))), "{ended:?}");
        assert_eq!(drops.count(), 0);
        drop(stuck);
        wait_until(|| drops.count() == 1);
        assert_ne!(drops.threads(), [thread::current().id()]);
        drop(items);
    });
}

#[test]
fn on_workers_shutdown_drops_the_streams_of_its_own_task_alone() {
    on_each(Kind::LOOPS, |on| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
        let mut own = on.iter(stream::iter(0..));
        let mut others = on.iter(stream::iter(0..2));
        let handle = on.handle().clone();
        let (asks, asked) = oneshot::channel();
        let other = runtime.spawn(async move {
            assert_eq!(others.next(), Some(0));
            asks.send(()).unwrap();
            while !handle.is_closed() {
                tokio::time::sleep(SETTLE).await;
            }
            // Longer than a stream is waited for that its own task has asked.
            tokio::time::sleep(Duration::from_millis(1500)).await;
            others.collect::<Vec<_>>()
        });
        let ends = runtime.spawn(async move {
            asked.await.unwrap();
            assert_eq!(own.next(), Some(0));
            // Elsewhere, if there is anywhere else.
            tokio::task::yield_now().await;
            on.shutdown(None).unwrap();
            own.next_timeout(Duration::MAX)
        });
        assert!(matches!(runtime.block_on(ends).unwrap(), Err(Error::Closed)));
        assert_eq!(runtime.block_on(other).unwrap(), [1]);
    });
}

// Streams of `Result`s.

type Items = Iter<Result<u32, io::Error>>;

/// One item, and then none for ever.
fn one_then_pending(on: &Handle) -> Items {
    on.iter(stream::iter([Ok(1)]).chain(stream::pending())).fallible()
}

#[test]
fn where_the_item_is_a_result_the_loops_end_is_an_item_and_then_the_end() {
    on_each(Kind::ALL, |on| {
        let mut items = one_then_pending(&on);
        assert_eq!(items.next().unwrap().unwrap(), 1);
        drop(on);
        assert_eq!(items.next().unwrap().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert!(items.next().is_none() && items.next().is_none());
    });
}

#[test]
fn where_the_item_is_a_result_a_timeout_is_an_item_and_then_the_end() {
    on_each(Kind::ALL, |on| {
        let drops = Drops::new();
        let guard = drops.guard();
        let slow = stream::pending::<Result<u32, io::Error>>().map(move |item| (&guard, item).1);
        let mut items = on.with_timeout(Duration::from_millis(5)).iter(slow).fallible();
        assert_eq!(items.next().unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(items.next().is_none());
        // It has ended, and so is dropped.
        wait_until(|| drops.count() == 1);
    });
}

#[test]
fn where_the_item_is_a_result_a_deadlock_is_an_item() {
    on_each(Kind::LOOPS, |on| {
        let handle = on.handle().clone();
        let seen = on.submit(async move {
            let mut items = one_then_pending(&handle);
            (items.next().unwrap().unwrap_err().kind(), items.next().is_none())
        });
        assert_eq!(seen.result().unwrap(), (io::ErrorKind::Deadlock, true));
    });
}

#[test]
fn where_the_item_is_a_result_the_streams_own_errors_and_its_end_are_what_they_are() {
    on_each(Kind::ALL, |on| {
        let items = || stream::iter([Ok(1), Err(io::Error::from(io::ErrorKind::NotFound)), Ok(2)]);
        let seen: Vec<_> = on.iter(items()).fallible().map(|item| item.map_err(|error| error.kind())).collect();
        assert_eq!(seen, [Ok(1), Err(io::ErrorKind::NotFound), Ok(2)]);
        let mut buffered = on.iter(items()).fallible().buffered(8);
        assert_eq!(buffered.next().unwrap().unwrap(), 1);
        assert_eq!(buffered.next_timeout(Duration::MAX).unwrap().unwrap().unwrap_err().kind(), io::ErrorKind::NotFound);
    });
}

#[test]
fn where_the_item_is_a_result_next_timeout_still_returns_the_error_and_the_stream_goes_on() {
    on_each(Kind::ALL, |on| {
        let mut items = one_then_pending(&on);
        assert_eq!(items.next().unwrap().unwrap(), 1);
        for _ in 0..2 {
            assert!(matches!(items.next_timeout(Duration::from_millis(1)), Err(Error::TimedOut(_))));
        }
    });
}

#[test]
fn where_the_item_is_a_result_a_panic_of_the_stream_is_one() {
    on_each(Kind::ALL, |on| {
        let mut items: Items = on.iter(stream::poll_fn(|_| panic!("the stream's"))).fallible();
        let panicked = catch_unwind(AssertUnwindSafe(|| items.next()));
        assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&"the stream's"));
        assert!(items.next().is_none());
    });
}

#[test]
fn what_makes_a_stream_of_results_and_fails_is_an_iterator_of_that_error() {
    on_each(Kind::ALL, |on| {
        let made = |handle: &Handle| {
            let made = async { stream::iter([Ok::<u32, io::Error>(1)]) };
            bridge::__private::iter_fold("made", handle, made, |error| Err(error.into()))
        };
        assert_eq!(made(&on).map(Result::unwrap).collect::<Vec<_>>(), [1]);
        let handle = on.handle().clone();
        drop(on);
        let mut items = made(&handle);
        assert_eq!(items.next().unwrap().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert!(items.next().is_none() && items.next_timeout(Duration::MAX).unwrap().is_none());
        assert!(matches!(made(&handle).next_timeout(Duration::MAX), Err(Error::Closed)));
    });
}

#[test]
fn an_iterator_that_ends_by_an_error_gives_a_cancel_once() {
    on_each(Kind::ALL, |on| {
        let canceller = Canceller::new();
        let pending = stream::pending::<io::Result<u8>>();
        let items = on.with_canceller(&canceller).iter(pending).fallible();
        canceller.cancel();
        assert_eq!(items.take(10).count(), 1);
    });
}

#[test]
fn an_iterator_that_has_ended_hears_of_no_cancel() {
    on_each(Kind::ALL, |on| {
        let canceller = Canceller::new();
        let mut items = on.with_canceller(&canceller).iter(stream::iter([1]));
        assert_eq!((items.next(), items.next()), (Some(1), None));
        canceller.cancel();
        assert_eq!(items.next(), None);
    });
}
