//! Shutdown: what a closed loop says, what is finished and what is dropped, who waits for the thread.

mod common;

use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex, OnceLock, mpsc};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use bridge::{Error, EventLoop, Handle, LocalHandle};
use bridge_tests::kinds::{AnyLoop, Kind, for_each, is_pending, on_each, on_each_pair};
use bridge_tests::{BlockedThread, Drops, HANGS, Log, OnDrop, block_thread, wait_until};
use common::{SETTLE, deadlock, idle_task, thread_of};
use tokio::sync::oneshot;

/// A handle to a loop that has ended.
fn closed(on: AnyLoop) -> Handle {
    let handle = on.handle().clone();
    drop(on);
    handle
}

/// The same, for futures that are not `Send`.
fn closed_local() -> LocalHandle {
    let event_loop = EventLoop::new().unwrap();
    let handle = event_loop.handle().clone();
    drop(event_loop);
    handle
}

/// Sets a flag when the loop's thread is over: a thread-local's destructor is the last that runs there.
fn thread_gone(on: &AnyLoop) -> Arc<AtomicBool> {
    type Last = OnDrop<Box<dyn FnOnce()>>;
    thread_local!(static LAST: RefCell<Option<Last>> = const { RefCell::new(None) });
    let gone = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&gone);
    on.on_threads(move || {
        let flag = Arc::clone(&flag);
        let last: Box<dyn FnOnce()> = Box::new(move || {
            // Whoever waits for the loop alone, and not for its thread, goes on now.
            thread::sleep(SETTLE);
            flag.store(true, Ordering::SeqCst);
        });
        LAST.with(|cell| cell.replace(Some(OnDrop::new(last))));
    });
    gone
}

// A closed loop.

#[test]
fn submitting_to_a_closed_loop_gives_a_task_that_is_closed_already_and_drops_the_future() {
    on_each(Kind::ALL, |on| {
        let handle = closed(on);
        let drops = Drops::new();
        let guard = drops.guard();
        let mut task = handle.submit(async move { drop(guard) });
        assert!(task.is_done() && !task.is_cancelled());
        assert_eq!(drops.threads(), [thread::current().id()]);
        assert!(matches!(task.result_timeout(Duration::ZERO), Err(Error::Closed)));
    });
}

#[test]
fn submitting_a_local_future_to_a_closed_loop_makes_nothing() {
    let handle = closed_local();
    let drops = Drops::new();
    let guard = drops.guard();
    let task = handle.submit_local(move || -> std::future::Ready<()> {
        drop(guard);
        unreachable!("it is not to be made")
    });
    assert!(task.is_done());
    assert_eq!(drops.count(), 1);
    assert!(matches!(task.result(), Err(Error::Closed)));
}

#[test]
fn block_on_returns_closed_on_a_closed_loop() {
    on_each(Kind::ALL, |on| {
        let handle = closed(on);
        let mut polled = false;
        assert!(matches!(handle.block_on(async { polled = true }), Err(Error::Closed)));
        assert!(!polled);
    });
    assert!(matches!(closed_local().block_on_local(|| async {}), Err(Error::Closed)));
}

#[test]
fn call_soon_returns_closed_on_a_closed_loop_and_drops_the_function() {
    on_each(Kind::ALL, |on| {
        let drops = Drops::new();
        let guard = drops.guard();
        assert!(matches!(closed(on).call_soon(move || drop(guard)), Err(Error::Closed)));
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn call_soon_returns_closed_on_a_closed_loop_also_for_a_function_whose_drop_panics() {
    on_each(Kind::ALL, |on| {
        let guard = OnDrop::new(|| panic!("on purpose"));
        assert!(matches!(closed(on).call_soon(move || drop(guard)), Err(Error::Closed)));
    });
}

#[test]
fn a_loop_is_closed_to_new_work_from_the_moment_its_shutdown_begins_also_for_its_own_tasks() {
    on_each(Kind::LOOPS, |on| {
        let handle = on.handle().clone();
        let (release, released) = oneshot::channel::<()>();
        let task = on.submit(async move {
            released.await.unwrap();
            let here = Handle::current();
            let local = LocalHandle::try_current().map(|here| here.submit_local(|| async {}));
            let local = match local {
                Some(local) => local.await,
                None => Err(Error::Closed),
            };
            (here.is_closed(), here.submit(async {}).await, local, here.call_soon(|| ()))
        });
        assert!(!handle.is_closed());
        let shutdown = thread::spawn(move || on.shutdown(None));
        wait_until(|| handle.is_closed());
        assert!(matches!(handle.submit(async {}).result(), Err(Error::Closed)));
        assert!(matches!(handle.block_on(async {}), Err(Error::Closed)));
        release.send(()).unwrap();
        let inside = task.result().unwrap();
        assert!(matches!(inside, (true, Err(Error::Closed), Err(Error::Closed), Err(Error::Closed))));
        shutdown.join().unwrap().unwrap();
    });
}

#[test]
fn a_submission_that_races_the_shutdown_is_resolved_either_way() {
    for_each(Kind::LOOPS, |kind| {
        let mut seen = [0; 2];
        for round in 0..60_u32 {
            let on = AnyLoop::start(kind);
            let drops = Drops::new();
            let start = Arc::new(Barrier::new(4));
            let submitters: Vec<_> = (0..3)
                .map(|_| {
                    let (handle, start, drops) = (on.handle().clone(), Arc::clone(&start), drops.clone());
                    thread::spawn(move || {
                        start.wait();
                        let submit = |i| {
                            let guard = drops.guard();
                            handle.submit(async move {
                                let _guard = guard;
                                if i % 2 == 0 {
                                    tokio::task::yield_now().await;
                                }
                            })
                        };
                        let tasks: Vec<_> = (0..40).map(submit).collect();
                        let calls = (0..5).map(|_| handle.block_on(async {})).collect::<Vec<_>>();
                        tasks.into_iter().map(bridge::Task::result).chain(calls).collect::<Vec<_>>()
                    })
                })
                .collect();
            start.wait();
            (0..round * 200).for_each(|_| std::hint::spin_loop());
            if round % 2 == 0 {
                on.shutdown(None).unwrap();
            } else {
                drop(on);
            }
            for result in submitters.into_iter().flat_map(|thread| thread.join().unwrap()) {
                match result {
                    Ok(()) => seen[0] += 1,
                    Err(Error::Closed) => seen[1] += 1,
                    Err(other) => panic!("round {round}: {other:?}"),
                }
            }
            assert_eq!(drops.count(), 3 * 40, "round {round}");
        }
        println!("{} done, {} closed", seen[0], seen[1]);
        assert!(seen[1] > 0, "the loop never ended in time to refuse anything");
    });
}

// `shutdown`.

#[test]
fn shutdown_finishes_all_that_was_submitted_before_it() {
    on_each(Kind::LOOPS, |on| {
        let handle = on.handle().clone();
        let (release, released) = oneshot::channel();
        let idle = on.submit(async { released.await.unwrap() });
        let sleep = || async {
            let sleep = std::rc::Rc::new(Duration::from_millis(20));
            tokio::time::sleep(*sleep).await;
            "local"
        };
        let local = on.local().map(|local| local.submit_local(sleep));
        wait_until(|| is_pending(&idle));
        let blocked_thread = block_thread(&on);
        let queued: Vec<_> = (0..200).map(|i| on.submit(async move { i })).collect();
        let shutdown = thread::spawn(move || on.shutdown(None));
        wait_until(|| handle.is_closed());
        blocked_thread.release();
        for (i, task) in queued.into_iter().enumerate() {
            assert_eq!(task.result().unwrap(), i);
        }
        assert!(local.into_iter().all(|local| local.result().unwrap() == "local"));
        thread::sleep(SETTLE);
        assert!(!shutdown.is_finished(), "one task is idle still");
        release.send("idle").unwrap();
        assert_eq!(idle.result().unwrap(), "idle");
        shutdown.join().unwrap().unwrap();
    });
}

#[test]
fn shutdown_finishes_tasks_that_nobody_holds() {
    on_each(Kind::LOOPS, |on| {
        let finished = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&finished);
        drop(on.submit(async move {
            for _ in 0..10 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            flag.store(true, Ordering::SeqCst);
        }));
        on.shutdown(None).unwrap();
        assert!(finished.load(Ordering::SeqCst));
    });
}

#[test]
fn shutdown_lets_a_blocked_caller_have_its_value() {
    on_each(Kind::LOOPS, |on| {
        let handle = on.handle().clone();
        let (sender, polled) = mpsc::channel();
        let (release, released) = oneshot::channel();
        let caller = thread::spawn(move || {
            let mut here = 1;
            let there = handle.block_on(async {
                sender.send(()).unwrap();
                here += 1;
                released.await.unwrap()
            });
            (here, there)
        });
        polled.recv().unwrap();
        let handle = on.handle().clone();
        let shutdown = thread::spawn(move || on.shutdown(None));
        wait_until(|| handle.is_closed());
        release.send(3).unwrap();
        assert!(matches!(caller.join().unwrap(), (2, Ok(3))));
        shutdown.join().unwrap().unwrap();
    });
}

#[test]
fn shutdown_of_an_idle_loop_ends_at_once() {
    on_each(Kind::LOOPS, |on| {
        thread::sleep(SETTLE);
        on.shutdown(None).unwrap();
    });
}

#[test]
fn shutdown_does_not_wait_for_tasks_that_tokios_own_functions_spawned_but_drops_them() {
    on_each(Kind::LOOPS, |on| {
        let drops = Drops::new();
        let (guard, local_guard) = (drops.guard(), drops.guard());
        let spawn = async move {
            tokio::spawn(async move {
                let _guard = guard;
                pending::<()>().await;
            });
            if LocalHandle::try_current().is_some() {
                tokio::task::spawn_local(async move {
                    let _guard = local_guard;
                    pending::<()>().await;
                });
            } else {
                tokio::spawn(async move {
                    let _guard = local_guard;
                    pending::<()>().await;
                });
            }
        };
        on.submit(spawn).result().unwrap();
        let loop_thread = on.threads()[0];
        on.shutdown(None).unwrap();
        assert_eq!(drops.threads(), [loop_thread; 2]);
    });
}

#[test]
fn a_task_that_was_done_before_the_shutdown_can_be_read_after_it() {
    on_each(Kind::LOOPS, |on| {
        let task = on.submit(async { String::from("kept") });
        on.shutdown(None).unwrap();
        assert_eq!(task.result().unwrap(), "kept");
    });
}

// `shutdown_timeout`.

#[test]
fn a_stray_unpark_ends_no_wait_for_the_end_of_a_loop() {
    on_each(Kind::LOOPS, |on| {
        let blocked_thread = block_thread(&on);
        let last = on.submit(async { 5 });
        let ended = AtomicBool::new(false);
        let (sender, receiver) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| {
                let on = on;
                sender.send(thread::current()).unwrap();
                on.shutdown(None).unwrap();
                ended.store(true, Ordering::SeqCst);
            });
            let waiter = receiver.recv().unwrap();
            for _ in 0..1000 {
                waiter.unpark();
                thread::yield_now();
            }
            assert!(!ended.load(Ordering::SeqCst));
            blocked_thread.release();
        });
        assert_eq!(last.result().unwrap(), 5);
    });
}

#[test]
fn shutdown_timeout_is_ok_when_all_is_finished_within_the_timeout() {
    on_each(Kind::LOOPS, |on| {
        let task = on.submit(async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            1
        });
        let started = Instant::now();
        on.shutdown(Some(HANGS)).unwrap();
        assert!(started.elapsed() < HANGS / 2, "it ends when the work does");
        assert_eq!(task.result().unwrap(), 1);
    });
}

#[test]
fn shutdown_timeout_of_zero_is_ok_where_nothing_has_to_be_cancelled() {
    for_each(Kind::LOOPS, |kind| {
        for _ in 0..50 {
            let on = AnyLoop::start(kind);
            assert_eq!(on.submit(async { 1 }).result().unwrap(), 1);
            on.shutdown(Some(Duration::ZERO)).unwrap();
        }
    });
}

#[test]
fn shutdown_timeout_of_zero_returns_timed_out_where_a_task_is_pending() {
    on_each(Kind::LOOPS, |on| {
        let task = on.submit(pending::<()>());
        wait_until(|| is_pending(&task));
        let ended = on.shutdown(Some(Duration::ZERO));
        assert!(matches!(ended, Err(Error::TimedOut(Duration::ZERO))), "{ended:?}");
        assert!(matches!(task.result(), Err(Error::Closed)));
    });
}

#[test]
fn shutdown_timeout_of_zero_returns_timed_out_where_a_task_was_never_started() {
    on_each(Kind::LOOPS, |on| {
        let blocked_thread = block_thread(&on);
        let task = on.submit(async {});
        let ender = thread::spawn(move || on.shutdown(Some(Duration::ZERO)));
        blocked_thread.release();
        let ended = ender.join().unwrap();
        let result = task.result();
        // The loop may have come to the task before it was aborted.
        match result {
            Ok(()) => ended.unwrap(),
            Err(Error::Closed) => assert!(matches!(ended, Err(Error::TimedOut(_)))),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn shutdown_timeout_closes_what_is_not_finished_at_its_timeout_and_returns_timed_out() {
    on_each(Kind::LOOPS, |on| {
        let handle = on.handle().clone();
        let loop_thread = on.threads()[0];
        let gone = thread_gone(&on);
        let drops = Drops::new();
        let finished = on.submit(async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            2
        });
        let unfinished = idle_task(&on, &drops);
        let timeout = Duration::from_millis(300);
        let started = Instant::now();
        let ended = on.shutdown(Some(timeout));
        assert!(matches!(ended, Err(Error::TimedOut(of)) if of == timeout), "{ended:?}");
        assert!(started.elapsed() >= timeout);
        assert!(gone.load(Ordering::SeqCst) && handle.is_closed());
        assert_eq!(finished.result().unwrap(), 2, "there was time for this one");
        assert_eq!(drops.threads(), [loop_thread]);
        assert!(matches!(unfinished.result(), Err(Error::Closed)));
    });
}

#[test]
fn a_shutdown_timeout_of_duration_max_never_runs_out() {
    on_each(Kind::LOOPS, |on| {
        let task = on.submit(async { tokio::time::sleep(SETTLE).await });
        on.shutdown(Some(Duration::MAX)).unwrap();
        task.result().unwrap();
    });
}

#[test]
fn shutdown_timeout_on_a_loops_thread_waits_for_a_loop_whose_tasks_ask_that_thread() {
    for_each(Kind::LOOPS, |kind| {
        let alpha = EventLoop::new().unwrap();
        // To be let in at the wrong moment takes luck.
        for round in 0..300 {
            let beta = AnyLoop::start(kind);
            let drops = Drops::new();
            let (guard, to_alpha) = (drops.guard(), Handle::from(&alpha));
            let (sender, polled) = mpsc::channel();
            let asks = beta.submit(async move {
                let _guard = guard;
                sender.send(()).unwrap();
                let here = Handle::current();
                while !here.is_closed() {
                    std::hint::spin_loop();
                }
                // Alpha's thread waits since before that, and until this is dropped.
                loop {
                    (0..100).for_each(|_| _ = to_alpha.block_on(async {}).unwrap_err());
                    tokio::task::yield_now().await;
                }
            });
            let end = alpha.submit(async move {
                polled.recv().unwrap();
                let start = Instant::now();
                let ended = beta.shutdown(Some(Duration::from_micros(100)));
                (ended, drops.count(), start.elapsed())
            });
            let (ended, dropped, waited) = end.result().unwrap();
            assert!(matches!(ended, Err(Error::TimedOut(_))), "round {round}: {ended:?}");
            if dropped == 0 {
                // On a busy machine beta's thread may get no time for so long.
                assert!(waited > Duration::from_millis(250), "round {round}: it has not waited");
                continue;
            }
            let asked: Result<(), _> = asks.result();
            assert!(matches!(asked, Err(Error::Closed)), "round {round}: {asked:?}");
        }
    });
}

// Drop.

#[test]
fn drop_closes_what_is_left_and_drops_it_on_the_loops_thread_in_its_context() {
    on_each(Kind::LOOPS, |on| {
        let handle = on.handle().clone();
        let log = Log::new();
        let in_context = |what: &'static str| {
            let (log, own) = (log.clone(), format!("{handle:?}"));
            OnDrop::new(move || {
                // A context is what these two need; without one they panic.
                let sleep = catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO)));
                let spawn = catch_unwind(|| drop(tokio::spawn(async {})));
                let is_own = Handle::try_current().is_some_and(|handle| format!("{handle:?}") == own);
                log.push((what, thread::current().id(), sleep.is_ok() && spawn.is_ok() && is_own));
            })
        };
        let (idle, local, queued) = (in_context("idle"), in_context("local"), in_context("queued"));
        let idle = on.submit(async move {
            let _guard = idle;
            pending::<()>().await;
        });
        let local = match on.local() {
            Some(own) => own.submit_local(move || async move {
                let _guard = local;
                pending::<()>().await;
            }),
            None => on.submit(async move {
                let _guard = local;
                pending::<()>().await;
            }),
        };
        on.settle();
        let loop_thread = on.threads()[0];
        let blocked_thread = block_thread(&on);
        let queued = on.submit(async move { drop(queued) });
        let end = thread::spawn(move || drop(on));
        wait_until(|| handle.is_closed());
        blocked_thread.release();
        end.join().unwrap();
        for task in [idle, local, queued] {
            assert!(task.is_done());
            assert!(matches!(task.result(), Err(Error::Closed)));
        }
        let mut dropped = log.take();
        dropped.sort_unstable_by_key(|(what, ..)| *what);
        assert_eq!(dropped, ["idle", "local", "queued"].map(|what| (what, loop_thread, true)));
    });
}

#[test]
fn drop_gives_closed_to_a_blocked_caller_after_its_future_is_gone() {
    on_each(Kind::ALL, |on| {
        let handle = on.handle().clone();
        let (sender, polled) = mpsc::channel();
        let caller = thread::spawn(move || {
            let drops = Drops::new();
            let result = handle.block_on(async {
                let _guard = drops.guard();
                sender.send(thread::current().id()).unwrap();
                pending::<()>().await;
            });
            (result, drops.threads())
        });
        let polled_on = polled.recv().unwrap();
        drop(on);
        let (result, dropped) = caller.join().unwrap();
        assert!(matches!(result, Err(Error::Closed)));
        assert_eq!(dropped, [polled_on]);
    });
}

#[test]
fn drop_gives_closed_to_threads_inside_result_and_to_awaits_elsewhere() {
    on_each(Kind::ALL, |on| {
        let waited = idle_task(&on, &Drops::new());
        let awaited = idle_task(&on, &Drops::new());
        let waiter = thread::spawn(move || waited.result());
        let awaiter = thread::spawn(|| bridge::run(awaited));
        thread::sleep(SETTLE);
        drop(on);
        assert!(matches!(waiter.join().unwrap(), Err(Error::Closed)));
        assert!(matches!(awaiter.join().unwrap(), Err(Error::Closed)));
    });
}

#[test]
fn drop_does_not_finish_what_was_submitted() {
    on_each(Kind::LOOPS, |on| {
        let handle = on.handle().clone();
        let blocked_thread = block_thread(&on);
        let task = on.submit(async { unreachable!("the loop is aborted before it can start this") });
        let end = thread::spawn(move || drop(on));
        wait_until(|| handle.is_closed());
        blocked_thread.release();
        let result: Result<(), _> = task.result();
        assert!(matches!(result, Err(Error::Closed)));
        end.join().unwrap();
    });
}

#[test]
fn destructors_may_wake_cancel_submit_to_and_lock_each_others_things_while_the_loop_ends() {
    on_each(Kind::LOOPS, |on| {
        let log = Log::new();
        let shared = Arc::new(Mutex::new(0));
        let (wake, woken) = (0..4).map(|_| oneshot::channel::<()>()).unzip::<_, _, Vec<_>, Vec<_>>();
        let cancellers = Arc::new(Mutex::new(Vec::<bridge::Canceller>::new()));
        let mut woken: std::collections::VecDeque<_> = woken.into();
        woken.rotate_left(1);
        let tasks: Vec<_> = wake
            .into_iter()
            .zip(woken)
            .map(|(wake, woken)| {
                let (handle, log) = (on.handle().clone(), log.clone());
                let (shared, cancellers) = (Arc::clone(&shared), Arc::clone(&cancellers));
                on.submit(async move {
                    let _guard = OnDrop::new(move || {
                        let mut count = shared.lock().unwrap();
                        *count += 1;
                        // With the lock held: what this wakes or drops must not run here.
                        let _ = wake.send(());
                        let inner = Arc::clone(&shared);
                        let refused = handle.submit(async move { drop(inner) });
                        cancellers.lock().unwrap().iter().for_each(|canceller| _ = canceller.cancel());
                        log.push(matches!(refused.result(), Err(Error::Closed)));
                    });
                    let _ = woken.await;
                    pending::<()>().await;
                })
            })
            .collect();
        cancellers.lock().unwrap().extend(tasks.iter().map(bridge::Task::canceller));
        wait_until(|| tasks.iter().all(is_pending));
        drop(on);
        assert_eq!(*shared.lock().unwrap(), 4);
        assert_eq!(log.take(), [true; 4]);
        let mut ends = tasks.into_iter().map(bridge::Task::result);
        assert!(ends.all(|end| matches!(end, Err(Error::Closed | Error::Cancelled))));
    });
}

#[test]
fn a_destructor_that_blocks_on_the_loop_that_ends_is_refused_and_not_left_to_hang() {
    on_each(Kind::LOOPS, |on| {
        let (log, kind) = (Log::new(), on.kind);
        let (entries, handle) = (log.clone(), on.handle().clone());
        let task = on.submit(async move {
            let _guard = OnDrop::new(move || entries.push(handle.block_on(async {}).map_err(|e| e.to_string())));
            pending::<()>().await;
        });
        wait_until(|| is_pending(&task));
        drop(on);
        assert!(matches!(task.result(), Err(Error::Closed)));
        let [Err(refused)] = &log.take()[..] else { panic!("it was not refused") };
        // The thread of an event loop drives it still; a shared loop has closed before.
        assert!(refused.contains("never end") || (kind == Kind::SharedLoop && refused.contains("closed")), "{refused}");
    });
}

#[test]
fn the_loop_and_its_blocking_threads_are_gone_when_drop_or_shutdown_return() {
    for_each(Kind::LOOPS, |kind| {
        for shutdown in [false, true] {
            let on = AnyLoop::start(kind);
            let gone = thread_gone(&on);
            let blocking_gone = Arc::new(AtomicBool::new(false));
            let flag = Arc::clone(&blocking_gone);
            let (entered, in_there) = mpsc::channel();
            let spawn = async move {
                tokio::task::spawn_blocking(move || {
                    entered.send(()).unwrap();
                    thread::sleep(SETTLE);
                    flag.store(true, Ordering::SeqCst);
                });
            };
            on.block_on(spawn).unwrap();
            in_there.recv().unwrap();
            if shutdown {
                on.shutdown(None).unwrap();
            } else {
                drop(on);
            }
            assert!(gone.load(Ordering::SeqCst), "the loop's thread, shutdown: {shutdown}");
            assert!(blocking_gone.load(Ordering::SeqCst), "a blocking thread, shutdown: {shutdown}");
        }
    });
}

// Dropped where it cannot be joined, or where a loop waits.

#[test]
fn an_event_loop_that_is_dropped_inside_its_own_task_closes_without_joining_itself() {
    on_each(Kind::LOOPS, |on| {
        let handle = on.handle().clone();
        let gone = thread_gone(&on);
        let other = idle_task(&on, &Drops::new());
        let (give, given) = oneshot::channel::<AnyLoop>();
        let (sender, receiver) = mpsc::channel();
        let task = on.submit(async move {
            drop(given.await.unwrap());
            sender.send(Handle::current().is_closed()).unwrap();
            pending::<()>().await;
        });
        assert!(give.send(on).is_ok());
        assert!(receiver.recv().unwrap(), "the task goes on, on a loop that is closed");
        assert!(matches!(task.result(), Err(Error::Closed)));
        assert!(matches!(other.result(), Err(Error::Closed)));
        assert!(matches!(handle.block_on(async {}), Err(Error::Closed)));
        wait_until(|| gone.load(Ordering::SeqCst));
    });
}

#[test]
fn shutdown_on_the_loops_own_thread_would_deadlock_and_the_loop_goes_as_by_drop() {
    for timeout in [None, Some(HANGS)] {
        on_each(Kind::LOOPS, move |on| {
            let gone = thread_gone(&on);
            let other = idle_task(&on, &Drops::new());
            let (give, given) = oneshot::channel::<AnyLoop>();
            let task = on.submit(async move { given.await.unwrap().shutdown(timeout) });
            assert!(give.send(on).is_ok());
            deadlock(task.result().unwrap());
            assert!(matches!(other.result(), Err(Error::Closed)));
            wait_until(|| gone.load(Ordering::SeqCst));
        });
    }
}

#[test]
fn an_event_loop_that_is_dropped_on_its_own_blocking_thread_closes_without_joining() {
    on_each(Kind::LOOPS, |on| {
        let gone = thread_gone(&on);
        let other = idle_task(&on, &Drops::new());
        let (give, given) = mpsc::channel::<AnyLoop>();
        let (sender, receiver) = mpsc::channel();
        let spawn = async move {
            tokio::task::spawn_blocking(move || {
                drop(given.recv().unwrap());
                sender.send(()).unwrap();
            });
        };
        on.block_on(spawn).unwrap();
        assert!(give.send(on).is_ok());
        receiver.recv().unwrap();
        assert!(matches!(other.result(), Err(Error::Closed)));
        wait_until(|| gone.load(Ordering::SeqCst));
    });
}

#[test]
fn a_shutdown_on_the_loops_own_blocking_thread_would_deadlock_and_names_that_thread() {
    for_each(Kind::LOOPS, |kind| {
        let on = AnyLoop::named(kind, "alone");
        let (give, given) = mpsc::channel::<AnyLoop>();
        let (sender, receiver) = mpsc::channel();
        let spawn = async move {
            tokio::task::spawn_blocking(move || sender.send(given.recv().unwrap().shutdown(None)).unwrap());
        };
        on.block_on(spawn).unwrap();
        assert!(give.send(on).is_ok());
        let Err(Error::WouldDeadlock(deadlock)) = receiver.recv().unwrap() else { panic!("it was not refused") };
        let text = deadlock.to_string();
        assert!(text.contains("a `spawn_blocking` thread of `alone` would wait"), "{text}");
        assert!(text.ends_with("Shut it down from another thread"), "{text}");
    });
}

#[test]
fn an_event_loop_that_is_dropped_in_another_loops_task_is_joined() {
    on_each_pair(Kind::ALL, Kind::LOOPS, |outer, inner| {
        let gone = thread_gone(&inner);
        let seen = Arc::clone(&gone);
        let left = idle_task(&inner, &Drops::new());
        let dropped = outer.submit(async move {
            drop(inner);
            seen.load(Ordering::SeqCst)
        });
        assert!(dropped.result().unwrap(), "the drop waited for the thread");
        assert!(matches!(left.result(), Err(Error::Closed)));
        assert_eq!(outer.block_on(async { 1 }).unwrap(), 1, "the other loop goes on");
    });
}

#[test]
fn shutdown_in_another_loops_task_finishes_what_was_submitted() {
    on_each_pair(Kind::ALL, Kind::LOOPS, |outer, inner| {
        let task = inner.submit(async { tokio::time::sleep(Duration::from_millis(10)).await });
        outer.submit(async move { inner.shutdown(None) }).result().unwrap().unwrap();
        task.result().unwrap();
    });
}

/// Drops a loop with a task in it. Gives whether its thread was gone then, and how the task ended.
async fn dropped_here(kind: Kind) -> (bool, Result<(), Error>) {
    let on = AnyLoop::start(kind);
    let gone = thread_gone(&on);
    let left = idle_task(&on, &Drops::new());
    drop(on);
    (gone.load(Ordering::SeqCst), left.await)
}

#[test]
fn an_event_loop_can_be_dropped_inside_a_tokio_test() {
    // What `#[tokio::test]` makes of its function, on each kind of loop.
    #[tokio::main(flavor = "current_thread")]
    async fn body(kind: Kind) -> (bool, Result<(), Error>) {
        dropped_here(kind).await
    }
    for_each(Kind::LOOPS, |kind| assert!(matches!(body(kind), (true, Err(Error::Closed)))));
}

#[test]
fn an_event_loop_can_be_dropped_on_a_worker_of_a_multi_thread_runtime() {
    #[tokio::main(flavor = "multi_thread", worker_threads = 1)]
    async fn body(kind: Kind) -> (bool, Result<(), Error>) {
        tokio::spawn(dropped_here(kind)).await.unwrap()
    }
    for_each(Kind::LOOPS, |kind| assert!(matches!(body(kind), (true, Err(Error::Closed)))));
}

// `run`.

#[test]
fn when_runs_main_returns_what_is_left_is_dropped_there_and_its_waiters_get_closed() {
    let drops = Drops::new();
    let guard = drops.guard();
    let (sender, receiver) = mpsc::channel();
    let (waiting, waits) = mpsc::channel();
    let waiter = thread::spawn(move || {
        let (handle, task): (Handle, bridge::Task<()>) = receiver.recv().unwrap();
        let polled = oneshot::channel();
        let blocked = thread::spawn(move || {
            let result = handle.block_on(async {
                polled.0.send(()).unwrap();
                pending::<()>().await;
            });
            (result, handle)
        });
        waiting.send(polled.1).unwrap();
        (task.result(), blocked.join().unwrap())
    });
    let output = bridge::run(async move {
        let here = Handle::current();
        let task = here.submit(async move {
            let _guard = guard;
            pending::<()>().await;
        });
        sender.send((here, task)).unwrap();
        let blocked = tokio::task::spawn_blocking(move || waits.recv().unwrap()).await.unwrap();
        blocked.await.unwrap();
        "output"
    });
    assert_eq!(output, "output");
    assert_eq!(drops.threads(), [thread::current().id()], "before run returned, on its thread");
    let (task, (blocked, handle)) = waiter.join().unwrap();
    assert!(matches!(task, Err(Error::Closed)));
    assert!(matches!(blocked, Err(Error::Closed)));
    assert!(handle.is_closed());
    assert!(matches!(handle.submit(async {}).result(), Err(Error::Closed)));
}

#[test]
#[expect(clippy::async_yields_async, reason = "the task leaves the loop")]
fn when_runs_main_returns_what_was_not_polled_yet_is_closed() {
    let task = bridge::run(async {
        // No await between the submission and the end.
        Handle::current().submit(async { unreachable!("the loop has ended") })
    });
    let result: Result<(), _> = task.result();
    assert!(matches!(result, Err(Error::Closed)));
}

#[test]
fn a_submission_that_races_the_end_of_run_is_resolved_either_way() {
    let mut closed = 0;
    for round in 0..60 {
        let drops = Drops::new();
        let (sender, receiver) = mpsc::channel();
        let threads: Vec<_> = bridge::run(async {
            let start = |_| {
                let (handle, drops, sender) = (LocalHandle::current(), drops.clone(), sender.clone());
                thread::spawn(move || {
                    let mut tasks = Vec::new();
                    while !handle.is_closed() && tasks.len() < 10_000 {
                        let (one, other) = (drops.guard(), drops.guard());
                        tasks.push(handle.submit(async move { drop(one) }));
                        tasks.push(handle.submit_local(|| async move { drop(other) }));
                        let _ = sender.send(());
                    }
                    tasks.push(handle.submit(async {}));
                    tasks
                })
            };
            let threads = (0..2).map(start).collect();
            // They are at it.
            receiver.recv().unwrap();
            for _ in 0..round {
                tokio::task::yield_now().await;
            }
            threads
        });
        let tasks: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        let captures = tasks.len() - 2;
        for task in tasks {
            match task.result() {
                Ok(()) => {}
                Err(Error::Closed) => closed += 1,
                Err(other) => panic!("round {round}: {other:?}"),
            }
        }
        assert_eq!(drops.count(), captures, "round {round}");
    }
    assert!(closed >= 120, "two at least in every round came too late: {closed}");
}

#[test]
fn when_runs_main_panics_the_panic_comes_out_and_waiters_get_closed() {
    let (sender, receiver) = mpsc::channel();
    let waiter = thread::spawn(move || {
        let task: bridge::Task<()> = receiver.recv().unwrap();
        task.result()
    });
    let log = Log::new();
    let entries = log.clone();
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        // Not an `async` block, which would drop what it holds as it unwinds.
        let guard = OnDrop::new(move || entries.push(tokio::runtime::Handle::try_current().is_ok()));
        bridge::run(poll_fn(move |_| -> Poll<()> {
            let _held = &guard;
            sender.send(Handle::current().submit(pending())).unwrap();
            panic_any(17_u8)
        }))
    }));
    assert_eq!(*unwound.unwrap_err().downcast::<u8>().unwrap(), 17);
    assert!(matches!(waiter.join().unwrap(), Err(Error::Closed)));
    assert_eq!(log.take(), [true], "main is dropped in context");
    assert!(Handle::try_current().is_none(), "nothing of the loop is left on the thread");
    assert_eq!(bridge::run(async { 1 }), 1);
}

// A loop that dies, a process that ends.

#[test]
fn a_loop_whose_thread_panics_closes_everything() {
    let break_it = Arc::new(AtomicBool::new(false));
    let broken = Arc::clone(&break_it);
    let configured = EventLoop::builder().configure(|tokio| {
        tokio.on_thread_park(move || {
            if broken.load(Ordering::SeqCst) {
                panic_any("a hook that panics");
            }
        });
    });
    let event_loop = configured.build().unwrap();
    let drops = Drops::new();
    let task = idle_task(&event_loop, &drops);
    let (handle, thread) = (event_loop.handle().clone(), thread_of(&event_loop));
    let (sender, polled) = mpsc::channel();
    let caller = thread::spawn(move || {
        handle.block_on(async {
            sender.send(()).unwrap();
            pending::<()>().await;
        })
    });
    polled.recv().unwrap();
    break_it.store(true, Ordering::SeqCst);
    drop(event_loop.submit(async {}));
    assert!(matches!(task.result(), Err(Error::Closed)));
    assert!(matches!(caller.join().unwrap(), Err(Error::Closed)));
    assert_eq!(drops.threads(), [thread]);
    assert!(event_loop.is_closed());
    assert!(matches!(event_loop.submit(async {}).result(), Err(Error::Closed)));
    drop(event_loop);
}

/// Runs this very test in a process of its own, with `BRIDGE_TESTS_CHILD` set, and sees it exit well.
fn exits_well(test: &str) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env("BRIDGE_TESTS_CHILD", "1")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if started.elapsed() > HANGS => {
                child.kill().unwrap();
                panic!("the process does not end");
            }
            None => thread::sleep(Duration::from_millis(2)),
        }
    };
    assert!(status.success(), "{status}");
}

fn is_child() -> bool {
    std::env::var_os("BRIDGE_TESTS_CHILD").is_some()
}

/// Leaves `handle`'s loop with tasks and with blocked callers.
fn process_has_work_and_callers(handle: &'static Handle) {
    drop(handle.submit(async {
        loop {
            tokio::task::yield_now().await;
        }
    }));
    drop(idle_task(handle, &Drops::new()));
    for _ in 0..4 {
        let (sender, polled) = mpsc::channel();
        thread::spawn(move || {
            handle.block_on(async move {
                sender.send(()).unwrap();
                pending::<()>().await;
            })
        });
        polled.recv().unwrap();
    }
}

#[test]
fn a_process_can_end_while_the_global_loop_has_work_and_callers() {
    if !is_child() {
        return exits_well("a_process_can_end_while_the_global_loop_has_work_and_callers");
    }
    process_has_work_and_callers(bridge::global());
}

#[test]
fn a_process_can_end_while_the_shared_loop_has_work_and_callers() {
    if !is_child() {
        return exits_well("a_process_can_end_while_the_shared_loop_has_work_and_callers");
    }
    process_has_work_and_callers(bridge::shared());
}

/// Leaves `handle`'s loop inside one poll.
fn process_is_inside_a_long_poll(handle: &'static Handle) {
    static KEPT: OnceLock<BlockedThread> = OnceLock::new();
    KEPT.set(block_thread(handle)).unwrap();
    drop(handle.submit(async {}));
}

#[test]
fn a_process_can_end_while_the_global_loop_is_inside_a_long_poll() {
    if !is_child() {
        return exits_well("a_process_can_end_while_the_global_loop_is_inside_a_long_poll");
    }
    process_is_inside_a_long_poll(bridge::global());
}

#[test]
fn a_process_can_end_while_the_shared_loop_is_inside_a_long_poll() {
    if !is_child() {
        return exits_well("a_process_can_end_while_the_shared_loop_is_inside_a_long_poll");
    }
    process_is_inside_a_long_poll(bridge::shared());
}

#[test]
fn the_global_loop_is_one_and_the_same_and_open() {
    let threads: Vec<_> = (0..4).map(|_| thread::spawn(|| thread_of(bridge::global()))).collect();
    let here = thread_of(bridge::global());
    assert!(threads.into_iter().all(|thread| thread.join().unwrap() == here));
    assert!(!bridge::global().is_closed());
}

#[test]
fn a_call_onto_a_closed_loop_is_closed_also_where_it_would_close_a_cycle() {
    let (one, two) = (EventLoop::new().unwrap(), EventLoop::new().unwrap());
    let [first, second] = [&one, &two].map(|event_loop| event_loop.handle().clone());
    let (go_on, may_go_on) = oneshot::channel::<()>();
    let (waits, waiting) = mpsc::channel();
    let calls = {
        let second = second.clone();
        first.submit(async move {
            may_go_on.await.unwrap();
            second.block_on(async {})
        })
    };
    // The thread of `two` waits for `one`, and `two` is to finish that.
    let waits_for_one = second.submit(async move {
        waits.send(()).unwrap();
        first.block_on(pending::<()>())
    });
    waiting.recv().unwrap();
    let ends = thread::spawn(move || two.shutdown());
    wait_until(|| second.is_closed());
    go_on.send(()).unwrap();
    let result = calls.result().unwrap();
    assert!(matches!(result, Err(Error::Closed)), "{result:?}");
    drop(one);
    ends.join().unwrap().unwrap();
    assert!(matches!(waits_for_one.result(), Ok(Err(Error::Closed))));
}
