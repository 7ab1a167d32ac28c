//! `Handle::iter`: streams as iterators.

mod common;

use std::fmt::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use bridge::{Error, EventLoop, Iter};
use bridge_tests::{Drops, HANGS, Wedge, wait_until, watchdog};
use common::{SETTLE, beside_strays, line, panic_of};
use futures::StreamExt as _;
use futures::stream;
use tokio::sync::oneshot;

fn event_loop() -> EventLoop {
    EventLoop::new().expect("a loop starts")
}

/// Counts how far a stream of numbers has got.
fn counted(count: &Arc<AtomicUsize>) -> impl futures::Stream<Item = usize> + Send + use<> {
    let count = Arc::clone(count);
    stream::iter(0..).map(move |number| {
        count.fetch_add(1, Ordering::SeqCst);
        number
    })
}

/// Returns when the loop has run all that was woken or submitted before.
fn settle(event_loop: &EventLoop) {
    for _ in 0..3 {
        event_loop.block_on(tokio::task::yield_now()).expect("the loop is open");
    }
}

#[test]
fn items_come_in_order_and_the_end_is_none_for_good() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let mut items = event_loop.iter(stream::iter([1, 2, 3]));
        assert_eq!(items.by_ref().collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(items.next(), None);
        assert!(matches!(items.next_timeout(Duration::ZERO), Ok(None)));
    });
}

#[test]
fn without_a_buffer_the_stream_takes_turns_with_the_iterator() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let count = Arc::default();
        let mut items = event_loop.iter(counted(&count));
        settle(&event_loop);
        assert_eq!(count.load(Ordering::SeqCst), 0, "it was polled before it was asked");
        for asked in 1..4 {
            items.next();
            settle(&event_loop);
            assert_eq!(count.load(Ordering::SeqCst), asked, "it ran ahead");
        }
    });
}

#[test]
fn with_a_buffer_the_stream_runs_ahead_as_far_as_that() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let count = Arc::default();
        let mut items = event_loop.iter(counted(&count)).buffered(4);
        wait_until(|| count.load(Ordering::SeqCst) == 4);
        settle(&event_loop);
        assert_eq!(count.load(Ordering::SeqCst), 4, "no back-pressure");
        assert_eq!(items.next(), Some(0));
        wait_until(|| count.load(Ordering::SeqCst) == 5);
        settle(&event_loop);
        assert_eq!(count.load(Ordering::SeqCst), 5);
        assert_eq!(items.by_ref().take(100).collect::<Vec<_>>(), (1..101).collect::<Vec<_>>());
    });
}

#[test]
fn dropping_the_iterator_drops_the_stream_on_the_loop() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let on = event_loop.block_on(async { thread::current().id() }).unwrap();
        let drops = Drops::new();
        let guard = drops.guard();
        let mut items = event_loop.iter(stream::iter(0..).map(move |number| {
            let _ = &guard;
            number
        }));
        items.next();
        drop(items);
        wait_until(|| drops.count() == 1);
        assert_eq!(drops.threads(), [on]);
    });
}

#[test]
fn a_stream_that_was_never_polled_is_dropped_on_the_loop_and_not_polled_for_that() {
    watchdog(HANGS, || {
        for room in [0, 3] {
            let event_loop = event_loop();
            let wedge = Wedge::on(|job| event_loop.call_soon(job).unwrap());
            let (drops, count) = (Drops::new(), Arc::default());
            let (guard, stream) = (drops.guard(), counted(&count));
            let items = event_loop.iter(stream.inspect(move |_| _ = &guard)).buffered(room);
            drop(items);
            assert_eq!(drops.count(), 0);
            let on = wedge.thread();
            drop(wedge);
            wait_until(|| drops.count() == 1);
            assert_eq!((drops.threads(), count.load(Ordering::SeqCst)), (vec![on], 0));
        }
    });
}

#[test]
fn a_limit_of_zero_asks_for_the_next_item_and_a_later_call_gives_it() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let mut items = event_loop.iter(stream::iter(0..3));
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
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let (end, ended) = oneshot::channel::<()>();
        let (tell, asked) = mpsc::channel();
        let ends = async move {
            tell.send(()).unwrap();
            ended.await.unwrap();
        };
        let mut items = event_loop.iter(stream::once(ends).filter(|()| std::future::ready(false)));
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
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let mut asked = event_loop.iter(stream::pending::<()>());
        let mut panics = event_loop.iter(stream::pending::<()>());
        let waiter = thread::spawn(move || [(); 2].map(|()| asked.next_timeout(Duration::MAX)));
        drop(event_loop);
        let told = waiter.join().unwrap();
        assert!(told.iter().all(|told| matches!(told, Err(Error::Closed))), "{told:?}");
        for _ in 0..2 {
            let payload = catch_unwind(AssertUnwindSafe(|| panics.next())).unwrap_err();
            assert!(payload.downcast_ref::<String>().unwrap().contains("closed"));
        }
    });
}

#[test]
fn a_panic_of_the_stream_comes_with_its_payload() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let fails = || {
            stream::iter(0..2).map(|number| {
                if number == 1 {
                    std::panic::panic_any(77_u8);
                }
                number
            })
        };
        let mut items = event_loop.iter(fails());
        assert_eq!(items.next(), Some(0));
        let payload = catch_unwind(AssertUnwindSafe(|| items.next())).unwrap_err();
        assert_eq!(*payload.downcast_ref::<u8>().unwrap(), 77);
        assert_eq!(items.next(), None);
        let mut items = event_loop.iter(fails()).skip(1);
        assert!(catch_unwind(AssertUnwindSafe(|| items.next())).is_err());
    });
}

#[test]
fn next_timeout_keeps_its_place() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let (send, received) = tokio::sync::mpsc::unbounded_channel();
        let stream = stream::unfold(received, |mut received| async { Some((received.recv().await?, received)) });
        let mut items = event_loop.iter(stream);
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
fn the_limit_of_the_handle_holds_for_every_next() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let limit = Duration::from_millis(5);
        let mut items = event_loop.with_timeout(limit).iter(stream::pending::<()>());
        let payload = catch_unwind(AssertUnwindSafe(|| items.next())).unwrap_err();
        assert!(payload.downcast_ref::<String>().unwrap().contains("5ms"));
        assert!(matches!(items.next_timeout(Duration::MAX), Err(Error::TimedOut(l)) if l == limit));
    });
}

#[test]
fn another_threads_next_is_not_held_up() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let mut never = event_loop.iter(stream::pending::<()>());
        let waiter = thread::spawn(move || never.next_timeout(Duration::MAX));
        assert_eq!(event_loop.iter(stream::iter(0..1000)).count(), 1000);
        drop(event_loop);
        assert!(waiter.join().unwrap().is_err());
    });
}

#[test]
fn next_on_the_loops_own_thread_would_deadlock() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let mut items = event_loop.iter(stream::iter([1]));
        let refused = event_loop.block_on(async move { items.next_timeout(Duration::MAX) }).unwrap();
        assert!(matches!(refused, Err(Error::WouldDeadlock(_))));
    });
}

#[test]
fn what_only_the_bridge_gets_wrong_panics_at_the_line_of_next() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let mut items = event_loop.iter(stream::pending::<()>());
        let own = event_loop.block_on(async move {
            let here = line(1);
            (panic_of(|| items.next()), here)
        });
        let ((text, site), here) = own.unwrap();
        assert!(text.contains("waiting here would never end"), "{text}");
        assert_eq!(site, here);
        let mut items = event_loop.iter(stream::pending::<()>());
        drop(event_loop);
        let here = line(1);
        let (text, site) = panic_of(|| items.next());
        assert!(text.contains("closed"), "{text}");
        assert_eq!(site, here);
    });
}

#[test]
fn what_was_handed_over_before_the_loop_closed_comes_before_that_is_told() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let mut items = event_loop.iter(stream::iter([1, 2]).chain(stream::pending())).buffered(2);
        settle(&event_loop);
        drop(event_loop);
        assert_eq!(items.next_timeout(Duration::ZERO).unwrap(), Some(1));
        assert_eq!(items.next(), Some(2));
        assert!(matches!(items.next_timeout(Duration::ZERO), Err(Error::Closed)));
    });
}

#[test]
fn a_stray_unpark_ends_no_next() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let (tell, told) = oneshot::channel();
        let mut items = event_loop.iter(stream::once(told));
        beside_strays(|| {
            let (limit, start) = (Duration::from_millis(50), Instant::now());
            assert!(matches!(items.next_timeout(limit), Err(Error::TimedOut(_))));
            assert!(start.elapsed() >= limit);
            tell.send(5).unwrap();
            assert_eq!(items.next(), Some(Ok(5)));
        });
    });
}

#[test]
fn items_that_nobody_takes_are_dropped_with_the_iterator() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let drops = Drops::new();
        let guards: Vec<_> = (0..3).map(|_| drops.guard()).collect();
        let items = event_loop.iter(stream::iter(guards)).buffered(3);
        let (tell, told) = mpsc::channel();
        // Once this wedge is reached the buffer is full.
        settle(&event_loop);
        Wedge::on(|job| event_loop.call_soon(job).unwrap()).release();
        drop(items);
        tell.send(()).unwrap();
        told.recv().unwrap();
        drop(event_loop);
        assert_eq!(drops.count(), 3);
    });
}

/// Writes through the loop, which each time has another item of the stream's to hand over first.
struct Writer<'a> {
    event_loop: &'a EventLoop,
    items: tokio::sync::mpsc::UnboundedSender<()>,
    text: String,
}

impl fmt::Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.items.send(()).unwrap();
        settle(self.event_loop);
        self.text.push_str(text);
        Ok(())
    }
}

#[test]
fn a_writer_that_debug_writes_to_may_wait_for_the_streams_loop() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let (send, received) = tokio::sync::mpsc::unbounded_channel();
        let stream = stream::unfold(received, |mut received| async { Some((received.recv().await?, received)) });
        let items = event_loop.iter(stream).buffered(usize::MAX);
        let mut writer = Writer { event_loop: &event_loop, items: send, text: String::new() };
        write!(writer, "{items:?}").unwrap();
        assert!(writer.text.starts_with("Iter") && writer.text.contains("items"), "{}", writer.text);
    });
}

#[test]
fn shutdown_drops_a_stream_that_its_own_thread_asked_last() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let on = event_loop.block_on(async { thread::current().id() }).unwrap();
        let drops = Drops::new();
        let guard = drops.guard();
        let mut items = event_loop.iter(stream::iter(0..).map(move |number| {
            let _ = &guard;
            number
        }));
        assert_eq!(items.next(), Some(0));
        event_loop.shutdown().unwrap();
        assert_eq!(drops.threads(), [on]);
        for _ in 0..2 {
            assert!(matches!(items.next_timeout(Duration::MAX), Err(Error::Closed)));
        }
    });
}

#[test]
fn shutdown_drops_a_stream_in_the_middle_of_an_item_that_its_own_thread_asked_for() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let mut items = event_loop.iter(stream::pending::<()>());
        assert!(matches!(items.next_timeout(SETTLE), Err(Error::TimedOut(_))));
        event_loop.shutdown_timeout(HANGS * 2).unwrap();
        assert!(matches!(items.next_timeout(Duration::MAX), Err(Error::Closed)));
    });
}

#[test]
fn what_a_stream_handed_over_before_shutdown_dropped_it_comes_before_that_is_told() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let mut items = event_loop.iter(stream::iter(0..)).buffered(2);
        assert_eq!(items.next(), Some(0));
        settle(&event_loop);
        event_loop.shutdown().unwrap();
        assert_eq!(items.next(), Some(1));
        assert_eq!(items.next(), Some(2));
        assert!(matches!(items.next_timeout(Duration::MAX), Err(Error::Closed)));
    });
}

#[test]
fn shutdown_waits_for_a_stream_that_another_thread_goes_on_to_ask() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let handle = event_loop.handle().clone();
        let mut items = event_loop.iter(stream::iter(0..5));
        assert_eq!(items.next(), Some(0));
        let (tell, asked) = mpsc::channel();
        let reader = thread::spawn(move || {
            assert_eq!(items.next(), Some(1));
            tell.send(()).unwrap();
            wait_until(|| handle.is_closed());
            // Longer than one is waited for that the thread has asked which waits.
            thread::sleep(Duration::from_millis(1500));
            items.collect::<Vec<_>>()
        });
        asked.recv().unwrap();
        event_loop.shutdown().unwrap();
        assert_eq!(reader.join().unwrap(), [2, 3, 4]);
    });
}

/// Shuts a loop down whose stream was given to a thread that has not asked it yet. What that thread reads then, if it asks
/// within a second: after that it is given up, which a busy machine may bring about.
fn reads_during_shutdown<const COUNT: usize>(items: impl Fn(&EventLoop) -> Iter<usize>) -> [usize; COUNT] {
    loop {
        let event_loop = event_loop();
        let handle = event_loop.handle().clone();
        let mut items = items(&event_loop);
        let start = Instant::now();
        let reader = thread::spawn(move || {
            wait_until(|| handle.is_closed());
            thread::sleep(SETTLE);
            let first = items.next_timeout(HANGS);
            (start.elapsed() < Duration::from_secs(1)).then(|| (first, items.collect::<Vec<_>>()))
        });
        event_loop.shutdown().unwrap();
        if let Some((first, rest)) = reader.join().unwrap() {
            let read: Vec<usize> = first.unwrap().into_iter().chain(rest).collect();
            return read.try_into().unwrap();
        }
    }
}

#[test]
fn shutdown_waits_for_a_stream_that_was_given_to_a_thread_which_has_yet_to_ask() {
    watchdog(HANGS, || {
        let read = reads_during_shutdown(|event_loop| {
            let mut items = event_loop.iter(stream::iter(0..3));
            assert_eq!(items.next(), Some(0));
            items
        });
        assert_eq!(read, [1, 2]);
    });
}

#[test]
fn a_thread_that_finds_its_items_in_the_buffer_counts_as_one_that_asks() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let mut items = event_loop.iter(stream::iter(0..)).buffered(2);
        settle(&event_loop);
        assert_eq!(items.next(), Some(0));
        settle(&event_loop);
        event_loop.shutdown().unwrap();
        assert_eq!(items.by_ref().take(2).collect::<Vec<_>>(), [1, 2]);
        assert!(matches!(items.next_timeout(Duration::MAX), Err(Error::Closed)));
    });
}

#[test]
fn a_shutdown_that_is_over_before_a_stream_is_given_up_says_timed_out() {
    watchdog(HANGS, || {
        // The loop must not get to giving it up in any of them.
        for _ in 0..100 {
            let event_loop = event_loop();
            let mut items = event_loop.iter(stream::iter(0..));
            assert_eq!(items.next(), Some(0));
            let ended = event_loop.shutdown_timeout(Duration::from_millis(1));
            assert!(matches!(ended, Err(Error::TimedOut(_))), "{ended:?}");
            assert!(matches!(items.next_timeout(Duration::MAX), Err(Error::Closed)));
        }
    });
}

#[test]
fn shutdown_finishes_a_stream_that_has_room_for_all_its_items() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let handle = event_loop.handle().clone();
        let (end, ended) = oneshot::channel();
        let ends = stream::once(async { ended.await.unwrap() });
        let mut items = event_loop.iter(stream::iter([1, 2]).chain(ends)).buffered(3);
        assert_eq!(items.next(), Some(1));
        thread::spawn(move || {
            wait_until(|| handle.is_closed());
            // Longer than a stream is waited for that waits to be asked.
            thread::sleep(Duration::from_millis(1500));
            end.send(3).unwrap();
        });
        event_loop.shutdown().unwrap();
        assert_eq!(items.collect::<Vec<_>>(), [2, 3]);
    });
}

#[test]
fn shutdown_waits_for_a_stream_that_nobody_has_asked_yet() {
    watchdog(HANGS, || {
        assert_eq!(reads_during_shutdown(|event_loop| event_loop.iter(stream::iter(0..3))), [0, 1, 2]);
    });
}

#[test]
fn shutdown_drops_a_stream_that_nobody_has_asked() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let mut items = event_loop.iter(stream::iter(0..));
        event_loop.shutdown().unwrap();
        assert!(matches!(items.next_timeout(Duration::MAX), Err(Error::Closed)));
    });
}

#[test]
fn on_workers_shutdown_drops_the_streams_of_its_own_task_alone() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
        let mut own = event_loop.iter(stream::iter(0..));
        let mut others = event_loop.iter(stream::iter(0..2));
        let handle = event_loop.handle().clone();
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
            event_loop.shutdown().unwrap();
            own.next_timeout(Duration::MAX)
        });
        assert!(matches!(runtime.block_on(ends).unwrap(), Err(Error::Closed)));
        assert_eq!(runtime.block_on(other).unwrap(), [1]);
    });
}
