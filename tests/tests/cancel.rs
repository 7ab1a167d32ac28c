//! Cancelling: what `cancel()` says, what becomes of the task, where its future goes.

mod common;

use std::future::{pending, poll_fn};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use bridge::{Error, EventLoop, Handle, LocalHandle};
use bridge_tests::kinds::{AnyLoop, Kind, for_each, is_pending, on_each};
use bridge_tests::{Drops, Log, OnDrop, block_thread, wait_until};
use common::{SETTLE, idle_task};

#[test]
fn cancelling_a_pending_task_returns_true_and_makes_its_result_cancelled() {
    on_each(Kind::ALL, |on| {
        let mut task = idle_task(&on, &Drops::new());
        assert!(task.cancel());
        assert!(matches!(task.result_timeout(Duration::MAX), Err(Error::Cancelled)));
        assert!(task.is_done() && task.is_cancelled());
    });
}

#[test]
fn a_task_that_nobody_cancelled_is_not_cancelled() {
    on_each(Kind::ALL, |on| {
        let mut pending = idle_task(&on, &Drops::new());
        assert!(!pending.is_cancelled());
        drop(on);
        assert!(matches!(pending.result_timeout(Duration::MAX), Err(Error::Closed)));
        assert!(pending.is_done() && !pending.is_cancelled());
    });
}

#[test]
fn a_task_that_finishes_in_the_poll_it_was_cancelled_in_is_cancelled_and_its_value_dropped() {
    on_each(Kind::ALL, |on| {
        let (outputs, captured) = (Drops::new(), Drops::new());
        let (output, guard) = (outputs.guard(), captured.guard());
        let (sender, polled) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let mut task = on.submit(async move {
            let _guard = guard;
            sender.send(()).unwrap();
            released.recv().unwrap_err();
            output
        });
        polled.recv().unwrap();
        assert!(task.cancel());
        assert!(!task.is_done() && !task.is_cancelled(), "the loop is still inside the future");
        drop(release);
        assert!(matches!(task.result_timeout(Duration::MAX), Err(Error::Cancelled)));
        let dropped = [captured.threads(), outputs.threads()].concat();
        assert_eq!(dropped.len(), 2);
        assert!(dropped.into_iter().all(|thread| on.polls_tasks_on(thread)));
    });
}

#[test]
fn an_idle_task_that_is_cancelled_is_dropped_without_another_poll() {
    on_each(Kind::ALL, |on| {
        let polls = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&polls);
        let task = on.submit(poll_fn(move |_| -> Poll<()> {
            count.fetch_add(1, Ordering::Relaxed);
            Poll::Pending
        }));
        // Nothing wakes it.
        wait_until(|| polls.load(Ordering::Relaxed) == 1);
        wait_until(|| is_pending(&task));
        assert!(task.cancel());
        assert!(matches!(task.result(), Err(Error::Cancelled)));
        assert_eq!(polls.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_task_that_was_cancelled_in_a_poll_that_ends_pending_is_not_polled_again() {
    // The first poll, and one that a wake has brought.
    for last in [1, 2] {
        on_each(Kind::ALL, move |on| {
            let (sender, polled) = mpsc::channel();
            let (release, released) = mpsc::channel::<()>();
            let polls = Arc::new(AtomicUsize::new(0));
            let count = Arc::clone(&polls);
            let task = on.submit(poll_fn(move |cx| -> Poll<()> {
                if count.fetch_add(1, Ordering::Relaxed) + 1 == last {
                    sender.send(()).unwrap();
                    released.recv().unwrap_err();
                } else {
                    cx.waker().wake_by_ref();
                }
                Poll::Pending
            }));
            polled.recv().unwrap();
            assert!(task.cancel());
            drop(release);
            assert!(matches!(task.result(), Err(Error::Cancelled)), "nothing will wake it again");
            assert_eq!(polls.load(Ordering::Relaxed), last);
        });
    }
}

#[test]
fn cancelling_a_done_task_returns_false_and_leaves_its_result() {
    on_each(Kind::ALL, |on| {
        let task = on.submit(async { 42 });
        wait_until(|| task.is_done());
        assert!(!task.cancel());
        assert!(!task.canceller().cancel());
        assert!(!task.is_cancelled());
        assert_eq!(task.result().unwrap(), 42);
    });
}

#[test]
fn cancelling_a_task_that_the_loops_end_has_closed_returns_false() {
    on_each(Kind::ALL, |on| {
        let task = idle_task(&on, &Drops::new());
        drop(on);
        assert!(!task.cancel());
        assert!(matches!(task.result(), Err(Error::Closed)));
    });
}

#[test]
fn cancel_returns_true_again_before_and_after_the_task_is_done() {
    on_each(Kind::ALL, |on| {
        let task = idle_task(&on, &Drops::new());
        let blocked = on.block_threads();
        assert!(task.cancel() && task.cancel() && task.canceller().cancel());
        assert!(!task.is_done());
        drop(blocked);
        wait_until(|| task.is_done());
        assert!(task.cancel() && task.canceller().cancel());
    });
}

#[test]
fn a_task_that_is_cancelled_before_its_first_poll_is_done_at_once_and_never_polled() {
    on_each(Kind::ALL, |on| {
        let blocked = on.block_threads();
        let drops = Drops::new();
        let guard = drops.guard();
        let polled = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&polled);
        let mut task = on.submit(async move {
            flag.store(true, Ordering::Relaxed);
            drop(guard);
        });
        assert!(task.cancel());
        assert!(task.is_cancelled(), "nothing is asked of a loop that is busy");
        assert_eq!(drops.threads(), [thread::current().id()], "the thread that cancels it drops it");
        assert!(matches!(task.result_timeout(Duration::ZERO), Err(Error::Cancelled)));
        drop(blocked);
        drop(on);
        assert!(!polled.load(Ordering::Relaxed));
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn a_local_task_that_is_cancelled_before_its_first_poll_is_never_made() {
    let event_loop = EventLoop::new().unwrap();
    let blocked_thread = block_thread(&event_loop);
    let drops = Drops::new();
    let guard = drops.guard();
    let made = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&made);
    let task = event_loop.submit_local(move || {
        flag.store(true, Ordering::Relaxed);
        async move { drop(guard) }
    });
    assert!(task.cancel());
    assert!(matches!(task.result(), Err(Error::Cancelled)));
    assert_eq!(drops.count(), 1);
    blocked_thread.release();
    event_loop.shutdown().unwrap();
    assert!(!made.load(Ordering::Relaxed));
}

#[test]
fn cancelling_a_task_of_a_blocked_loop_does_not_wait_for_the_loop() {
    on_each(Kind::ALL, |on| {
        let drops = Drops::new();
        let mut task = idle_task(&on, &drops);
        let blocked = on.block_threads();
        assert!(task.cancel());
        assert!(matches!(task.result_timeout(SETTLE), Err(Error::TimedOut(_))));
        assert_eq!(drops.count(), 0, "a future that was polled is the loop's to drop");
        drop(blocked);
        assert!(matches!(task.result(), Err(Error::Cancelled)));
        assert_eq!(drops.count(), 1);
        assert!(on.polls_tasks_on(drops.threads()[0]));
    });
}

#[test]
fn a_cancelled_future_is_dropped_on_the_loop_in_its_context_before_anybody_sees_it_done() {
    on_each(Kind::ALL, |on| {
        let threads = on.threads();
        let name = format!("{:?}", on.handle());
        let (sender, dropping) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let (polled, first_poll) = mpsc::channel();
        let mut task = on.submit(async move {
            let _guard = OnDrop::new(move || {
                let current = Handle::try_current().map(|handle| format!("{handle:?}"));
                let context = current == Some(name) && tokio::runtime::Handle::try_current().is_ok();
                sender.send((thread::current().id(), context)).unwrap();
                released.recv().unwrap_err();
            });
            polled.send(()).unwrap();
            pending::<()>().await;
        });
        first_poll.recv().unwrap();
        let canceller = task.canceller();
        assert!(canceller.cancel());
        let (thread, in_context) = dropping.recv().unwrap();
        assert!(threads.contains(&thread) && in_context);
        assert!(!task.is_done() && !task.is_cancelled());
        assert!(matches!(task.result_timeout(SETTLE), Err(Error::TimedOut(_))));
        drop(release);
        assert!(matches!(task.result_timeout(Duration::MAX), Err(Error::Cancelled)));
    });
}

#[test]
fn a_task_can_be_cancelled_from_the_loops_own_thread() {
    on_each(Kind::ALL, |on| {
        let drops = Drops::new();
        let task = idle_task(&on, &drops);
        let canceller = task.canceller();
        assert!(on.submit(async move { canceller.cancel() }).result().unwrap());
        assert!(matches!(task.result(), Err(Error::Cancelled)));
        assert_eq!(drops.count(), 1);
        assert!(on.polls_tasks_on(drops.threads()[0]));
    });
}

#[test]
fn a_task_that_was_submitted_on_the_loops_own_thread_can_be_cancelled_there_before_its_first_poll() {
    on_each(Kind::ONE_DRIVER, |on| {
        let drops = Drops::new();
        let guard = drops.guard();
        let cancelled = on.submit(async move {
            let task = Handle::current().submit(async move { drop(guard) });
            assert!(task.cancel());
            assert!(task.is_done());
            task.await
        });
        assert!(matches!(cancelled.result(), Ok(Err(Error::Cancelled))));
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn a_task_that_cancels_itself_ends_cancelled_with_the_poll_it_is_in() {
    on_each(Kind::ALL, |on| {
        let (give, given) = mpsc::channel::<bridge::Canceller>();
        let log = Log::new();
        let entries = log.clone();
        let task = on.submit(async move {
            let said = given.recv().unwrap().cancel();
            entries.push(format!("cancel says {said}"));
            tokio::task::yield_now().await;
            entries.push("polled again".into());
        });
        give.send(task.canceller()).unwrap();
        assert!(matches!(task.result(), Err(Error::Cancelled)));
        assert_eq!(log.take(), ["cancel says true"]);
    });
}

#[test]
fn a_cancel_ends_the_wait_of_a_thread_that_is_inside_result() {
    on_each(Kind::ALL, |on| {
        let task = idle_task(&on, &Drops::new());
        let canceller = task.canceller();
        let waiter = thread::spawn(move || task.result());
        thread::sleep(SETTLE);
        assert!(!waiter.is_finished());
        assert!(canceller.cancel());
        assert!(matches!(waiter.join().unwrap(), Err(Error::Cancelled)));
    });
}

#[test]
fn a_cancel_ends_the_await_of_a_task_on_another_executor() {
    on_each(Kind::ALL, |on| {
        let task = idle_task(&on, &Drops::new());
        let canceller = task.canceller();
        let awaited = bridge::run(async move {
            let waiter = tokio::spawn(task);
            tokio::task::yield_now().await;
            assert!(!waiter.is_finished());
            canceller.cancel();
            waiter.await.unwrap()
        });
        assert!(matches!(awaited, Err(Error::Cancelled)));
    });
}

#[test]
fn a_task_can_be_cancelled_after_shutdown_began() {
    on_each(Kind::LOOPS, |on| {
        let task = idle_task(&on, &Drops::new());
        let handle = on.handle().clone();
        let shutdown = thread::spawn(move || on.shutdown(None));
        wait_until(|| handle.is_closed());
        assert!(!shutdown.is_finished(), "the shutdown waits for the task");
        assert!(task.cancel());
        assert!(matches!(task.result(), Err(Error::Cancelled)));
        shutdown.join().unwrap().unwrap();
    });
}

#[test]
fn a_task_that_was_not_polled_yet_can_be_cancelled_after_shutdown_began() {
    on_each(Kind::LOOPS, |on| {
        let handle = on.handle().clone();
        let blocked = on.block_threads();
        let task = on.submit(async { unreachable!("it was cancelled") });
        let shutdown = thread::spawn(move || on.shutdown(None));
        wait_until(|| handle.is_closed());
        assert!(task.cancel());
        let result: Result<(), _> = task.result();
        assert!(matches!(result, Err(Error::Cancelled)));
        drop(blocked);
        shutdown.join().unwrap().unwrap();
    });
}

#[test]
fn a_cancel_that_came_before_the_loops_end_stands_after_it() {
    on_each(Kind::LOOPS, |on| {
        let handle = on.handle().clone();
        let task = idle_task(&on, &Drops::new());
        let blocked = on.block_threads();
        assert!(task.cancel());
        let end = thread::spawn(move || drop(on));
        // The loop is aborted before it can poll the task again.
        wait_until(|| handle.is_closed());
        drop(blocked);
        assert!(matches!(task.result(), Err(Error::Cancelled)));
        end.join().unwrap();
    });
}

#[test]
fn a_future_that_never_wakes_can_be_cancelled() {
    on_each(Kind::ALL, |on| {
        let (sender, polled) = mpsc::channel();
        let task = on.submit(poll_fn(move |_| -> Poll<()> {
            sender.send(()).unwrap();
            Poll::Pending
        }));
        polled.recv().unwrap();
        thread::sleep(SETTLE);
        assert!(task.cancel(), "the loop sleeps by now");
        assert!(matches!(task.result(), Err(Error::Cancelled)));
    });
}

#[test]
fn a_cancelled_sleeper_leaves_no_timer_behind() {
    for_each(Kind::ALL, |kind| {
        let wakes = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&wakes);
        let on = AnyLoop::configured(kind, |tokio| {
            tokio.on_thread_unpark(move || {
                count.fetch_add(1, Ordering::Relaxed);
            });
        });
        let nap = Duration::from_secs(1);
        let sleeper = || on.submit(async move { tokio::time::sleep(nap).await });
        let tasks: Vec<_> = (0..10).map(|_| sleeper()).collect();
        wait_until(|| tasks.iter().all(is_pending));
        assert!(tasks.iter().all(|task| task.cancel()));
        for task in tasks {
            assert!(matches!(task.result(), Err(Error::Cancelled)));
        }
        thread::sleep(SETTLE);
        let before = wakes.load(Ordering::Relaxed);
        thread::sleep(nap + SETTLE * 2);
        assert_eq!(wakes.load(Ordering::Relaxed), before, "a loop with no timer sleeps on");
    });
}

#[test]
fn a_child_that_the_body_spawned_lives_on_when_the_body_is_cancelled() {
    on_each(Kind::ALL, |on| {
        let (sender, receiver) = mpsc::channel();
        let (release, released) = tokio::sync::watch::channel(false);
        let task = on.submit(async move {
            let sender_too = sender.clone();
            let mut go = released.clone();
            tokio::spawn(async move {
                go.wait_for(|go| *go).await.unwrap();
                sender_too.send("spawn").unwrap();
            });
            if LocalHandle::try_current().is_some() {
                let mut go = released;
                tokio::task::spawn_local(async move {
                    go.wait_for(|go| *go).await.unwrap();
                    sender.send("spawn_local").unwrap();
                });
            }
            pending::<()>().await;
        });
        wait_until(|| is_pending(&task));
        assert!(task.cancel());
        assert!(matches!(task.result(), Err(Error::Cancelled)));
        release.send(true).unwrap();
        let mut children: Vec<_> = receiver.iter().collect();
        children.sort_unstable();
        let all = ["spawn", "spawn_local"];
        assert_eq!(children, all[..if on.local().is_some() { 2 } else { 1 }]);
    });
}

#[test]
fn a_detached_task_can_still_be_cancelled() {
    on_each(Kind::ALL, |on| {
        let drops = Drops::new();
        let task = idle_task(&on, &drops);
        let canceller = task.canceller();
        drop(task);
        on.settle();
        assert_eq!(drops.count(), 0, "dropping a task cancels nothing");
        assert!(canceller.cancel());
        wait_until(|| drops.count() == 1);
        assert!(on.threads().contains(&drops.threads()[0]));
    });
}

#[test]
fn a_canceller_neither_cancels_nor_keeps_the_future_when_it_is_dropped_or_kept() {
    on_each(Kind::ALL, |on| {
        let drops = Drops::new();
        let guard = drops.guard();
        let (release, released) = tokio::sync::oneshot::channel();
        let mut task = on.submit(async move {
            let _guard = guard;
            released.await.unwrap()
        });
        let kept = task.canceller();
        drop(kept.clone());
        release.send(7).unwrap();
        assert_eq!(task.result_timeout(Duration::MAX).unwrap(), 7);
        drop(task);
        assert_eq!(drops.count(), 1);
        assert!(!kept.cancel());
    });
}

#[test]
fn cancels_from_many_threads_all_return_true_and_the_future_is_dropped_once() {
    on_each(Kind::ALL, |on| {
        for _ in 0..50 {
            let drops = Drops::new();
            let task = idle_task(&on, &drops);
            let start = Arc::new(Barrier::new(8));
            let cancels: Vec<_> = (0..8)
                .map(|_| {
                    let (canceller, start) = (task.canceller(), Arc::clone(&start));
                    thread::spawn(move || {
                        start.wait();
                        canceller.cancel()
                    })
                })
                .collect();
            assert!(cancels.into_iter().all(|cancel| cancel.join().unwrap()));
            assert!(matches!(task.result(), Err(Error::Cancelled)));
            assert_eq!(drops.count(), 1);
        }
    });
}

#[test]
fn a_cancel_that_races_the_completion_returns_true_if_and_only_if_the_result_is_cancelled() {
    on_each(Kind::ALL, |on| {
        let (send, receive) = mpsc::channel::<(bridge::Canceller, u32)>();
        let (answer, answers) = mpsc::channel();
        let other = thread::spawn(move || {
            for (canceller, pause) in receive {
                (0..pause).for_each(|_| std::hint::spin_loop());
                answer.send(canceller.cancel()).unwrap();
            }
        });
        let mut seen = [0; 2];
        for round in 0..3000 {
            let task = on.submit(async {
                tokio::task::yield_now().await;
                "value"
            });
            send.send((task.canceller(), round % 100 * 20)).unwrap();
            match (task.result(), answers.recv().unwrap()) {
                (Ok("value"), false) => seen[0] += 1,
                (Err(Error::Cancelled), true) => seen[1] += 1,
                (result, said) => panic!("round {round}: cancel says {said}, the result is {result:?}"),
            }
        }
        drop(send);
        other.join().unwrap();
        println!("{} values, {} cancelled", seen[0], seen[1]);
    });
}

#[test]
fn cancel_on_drop_cancels_when_it_is_dropped() {
    on_each(Kind::ALL, |on| {
        let drops = Drops::new();
        let guard = idle_task(&on, &drops).cancel_on_drop();
        let canceller = guard.canceller();
        on.settle();
        assert!(!guard.is_done(), "it cancels nothing while it lives");
        drop(guard);
        wait_until(|| drops.count() == 1);
        assert!(canceller.cancel());
    });
}

#[test]
fn cancel_on_drop_cancels_a_task_before_its_first_poll() {
    on_each(Kind::ALL, |on| {
        let blocked = on.block_threads();
        let drops = Drops::new();
        let guard = drops.guard();
        drop(on.submit(async move { drop(guard) }).cancel_on_drop());
        assert_eq!(drops.threads(), [thread::current().id()]);
        drop(blocked);
    });
}

#[test]
fn cancel_on_drop_cancels_when_its_owner_unwinds() {
    on_each(Kind::ALL, |on| {
        let drops = Drops::new();
        let guard = idle_task(&on, &drops).cancel_on_drop();
        let unwound = thread::spawn(move || {
            let _guard = guard;
            std::panic::resume_unwind(Box::new("out"));
        });
        unwound.join().unwrap_err();
        wait_until(|| drops.count() == 1);
    });
}

#[test]
fn an_await_of_cancel_on_drop_gives_the_value_and_cancels_when_it_is_dropped() {
    on_each(Kind::ALL, |on| {
        let drops = Drops::new();
        let idle = idle_task(&on, &drops).cancel_on_drop();
        let value = on.submit(async { 3 }).cancel_on_drop();
        let (value, timed_out) = bridge::run(async move {
            let timeout = Duration::from_millis(5);
            (value.await, tokio::time::timeout(timeout, idle).await.is_err())
        });
        assert_eq!(value.unwrap(), 3);
        assert!(timed_out);
        wait_until(|| drops.count() == 1);
    });
}

#[test]
fn detach_undoes_cancel_on_drop() {
    on_each(Kind::ALL, |on| {
        let (release, released) = tokio::sync::oneshot::channel();
        let guard = on.submit(async { released.await.unwrap() }).cancel_on_drop();
        let task = guard.detach();
        release.send(5).unwrap();
        assert_eq!(task.result().unwrap(), 5);

        let drops = Drops::new();
        drop(idle_task(&on, &drops).cancel_on_drop().detach());
        on.settle();
        assert_eq!(drops.count(), 0);
    });
}
