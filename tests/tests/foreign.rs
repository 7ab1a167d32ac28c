//! Tokio runtimes of somebody else's, of both flavours, through `Handle::from`.

mod common;

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, ThreadId};
use std::time::Duration;

use bridge::{Error, EventLoop, Handle};
use bridge_tests::{Drops, HANGS, Log, OnDrop, Wedge, wait_until, watchdog};
use common::{idle_task, thread_of};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder as TokioBuilder, Runtime};
use tokio::sync::oneshot;

/// How a runtime is ended.
type Shutdown = fn(Runtime);

/// A runtime that runs, and how to end it.
struct Foreign {
    handle: Handle,
    threads: Option<ThreadId>,
    end: Box<dyn FnOnce(Shutdown) + Send>,
}

fn multi_thread() -> Foreign {
    let runtime = TokioBuilder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let handle = Handle::from(&runtime);
    Foreign { handle, threads: None, end: Box::new(move |shutdown| shutdown(runtime)) }
}

fn current_thread() -> Foreign {
    let runtime = TokioBuilder::new_current_thread().enable_all().build().unwrap();
    let handle = Handle::from(runtime.handle().clone());
    let (stop, stopped) = oneshot::channel::<Shutdown>();
    let driver = thread::spawn(move || {
        let shutdown = runtime.block_on(stopped).unwrap();
        shutdown(runtime);
    });
    let threads = Some(driver.thread().id());
    let end = Box::new(move |shutdown| {
        stop.send(shutdown).unwrap();
        driver.join().unwrap();
    });
    Foreign { handle, threads, end }
}

const BOTH: [fn() -> Foreign; 2] = [multi_thread, current_thread];

// Calls.

#[test]
fn a_future_runs_on_the_foreign_runtime_and_borrows_from_the_caller() {
    watchdog(HANGS, || {
        for flavour in BOTH {
            let Foreign { handle, threads, end } = flavour();
            let mut lines = vec![String::from("one")];
            let polled_on = handle.block_on(async {
                tokio::time::sleep(Duration::from_millis(2)).await;
                lines.push(String::from("two"));
                thread::current().id()
            });
            let polled_on = polled_on.unwrap();
            assert_eq!(lines, ["one", "two"]);
            assert_ne!(polled_on, thread::current().id());
            assert!(threads.is_none_or(|driver| driver == polled_on));
            assert_eq!(handle.submit(async { tokio::spawn(async { 3 }).await.unwrap() }).result().unwrap(), 3);
            end(drop);
        }
    });
}

#[test]
fn sockets_work_on_the_foreign_runtime() {
    watchdog(HANGS, || {
        for flavour in BOTH {
            let Foreign { handle, end, .. } = flavour();
            let listener = handle.block_on(TcpListener::bind("127.0.0.1:0")).unwrap().unwrap();
            let address = listener.local_addr().unwrap();
            let echo = handle.submit(async move {
                let (mut stream, _) = listener.accept().await?;
                let (mut read, mut write) = stream.split();
                tokio::io::copy(&mut read, &mut write).await
            });
            let mut answer = Vec::new();
            let call = handle.block_on(async {
                let mut stream = TcpStream::connect(address).await?;
                stream.write_all(b"over there").await?;
                stream.shutdown().await?;
                stream.read_to_end(&mut answer).await
            });
            assert_eq!(call.unwrap().unwrap(), 10);
            assert_eq!(answer, b"over there");
            assert_eq!(echo.result().unwrap().unwrap(), 10);
            end(drop);
        }
    });
}

#[test]
fn many_threads_may_call_onto_one_foreign_runtime() {
    watchdog(HANGS, || {
        for flavour in BOTH {
            let Foreign { handle, end, .. } = flavour();
            thread::scope(|scope| {
                for thread in 0..8_usize {
                    let handle = &handle;
                    scope.spawn(move || {
                        for call in 0..100 {
                            let here = (thread, call);
                            let there = handle.block_on(async {
                                tokio::task::yield_now().await;
                                &here
                            });
                            assert_eq!(*there.unwrap(), here);
                        }
                    });
                }
            });
            end(drop);
        }
    });
}

#[test]
fn a_panic_reaches_the_caller_as_it_was_and_the_foreign_runtime_goes_on() {
    watchdog(HANGS, || {
        for flavour in BOTH {
            let Foreign { handle, end, .. } = flavour();
            let call = || handle.block_on(async { panic_any(3_u8) });
            let payload = catch_unwind(AssertUnwindSafe(call)).unwrap_err();
            assert_eq!(*payload.downcast::<u8>().unwrap(), 3);
            assert_eq!(handle.block_on(async { 1 }).unwrap(), 1);
            end(drop);
        }
    });
}

#[test]
fn a_call_that_times_out_has_dropped_its_future_on_the_foreign_runtime() {
    watchdog(HANGS, || {
        for flavour in BOTH {
            let Foreign { handle, threads, end } = flavour();
            let log = Log::new();
            let mut limit = Duration::from_millis(20);
            // A limit that ran out before the first poll was too short, and the call was withdrawn.
            let (thread, in_context) = loop {
                let result = handle.with_timeout(limit).block_on(async {
                    let _guard = OnDrop::new(|| {
                        log.push((thread::current().id(), tokio::runtime::Handle::try_current().is_ok()));
                    });
                    pending::<()>().await;
                });
                assert!(matches!(result, Err(Error::TimedOut(of)) if of == limit));
                match log.take()[..] {
                    [dropped] => break dropped,
                    _ => limit *= 2,
                }
            };
            assert!(in_context && thread != thread::current().id());
            assert!(threads.is_none_or(|driver| driver == thread));
            end(drop);
        }
    });
}

#[test]
fn a_task_on_a_foreign_runtime_can_be_cancelled_before_and_after_its_first_poll() {
    watchdog(HANGS, || {
        let Foreign { handle, threads, end } = current_thread();
        let drops = Drops::new();
        let idle = idle_task(&handle, &drops);
        assert!(idle.cancel() && idle.cancel());
        assert!(matches!(idle.result(), Err(Error::Cancelled)));
        assert_eq!(drops.threads(), [threads.unwrap()]);

        let wedge = Wedge::on(|job| handle.call_soon(job).unwrap());
        let task = handle.submit(async { unreachable!("it is withdrawn") });
        assert!(task.cancel() && task.is_done());
        let result: Result<(), _> = task.result();
        assert!(matches!(result, Err(Error::Cancelled)));
        wedge.release();
        assert_eq!(handle.block_on(async { 1 }).unwrap(), 1);
        end(drop);
    });
}

#[test]
fn submissions_of_one_thread_start_in_order_on_a_current_thread_runtime() {
    watchdog(HANGS, || {
        let Foreign { handle, end, .. } = current_thread();
        let log = Log::new();
        let wedge = Wedge::on(|job| handle.call_soon(job).unwrap());
        let submit = |i| {
            let log = log.clone();
            handle.submit(async move { log.push(i) })
        };
        let tasks: Vec<_> = (0..100).map(submit).collect();
        wedge.release();
        tasks.into_iter().for_each(|task| task.result().unwrap());
        assert_eq!(log.take(), (0..100).collect::<Vec<_>>());
        end(drop);
    });
}

#[test]
fn a_handle_from_the_runtime_of_a_loop_of_ours_is_that_loops() {
    watchdog(HANGS, || {
        let event_loop = EventLoop::new().unwrap();
        let through_tokio = event_loop.block_on(async { Handle::from(tokio::runtime::Handle::current()) });
        let through_tokio = through_tokio.unwrap();
        // Both ways lead through one queue, in order, and shutdown finishes what came by either.
        let log = Log::new();
        let wedge = Wedge::on(|job| event_loop.call_soon(job).unwrap());
        let submit = |i| {
            let log = log.clone();
            let to = if i % 2 == 0 { &through_tokio } else { event_loop.handle() };
            to.submit(async move {
                log.push(i);
                tokio::time::sleep(Duration::from_millis(10)).await;
            })
        };
        let tasks: Vec<_> = (0..20).map(submit).collect();
        wedge.release();
        event_loop.shutdown().unwrap();
        tasks.into_iter().for_each(|task| task.result().unwrap());
        assert_eq!(log.take(), (0..20).collect::<Vec<_>>());
        assert!(through_tokio.is_closed());
    });
}

// A runtime that nobody drives.

#[test]
fn a_call_onto_a_runtime_that_nobody_drives_is_withdrawn_at_its_limit_and_never_runs() {
    watchdog(HANGS, || {
        let runtime = TokioBuilder::new_current_thread().enable_all().build().unwrap();
        let handle = Handle::from(&runtime);
        assert!(!handle.is_closed());
        let drops = Drops::new();
        let polled = AtomicBool::new(false);
        let result = handle.with_timeout(Duration::from_millis(20)).block_on(async {
            let _guard = drops.guard();
            polled.store(true, Ordering::SeqCst);
        });
        assert!(matches!(result, Err(Error::TimedOut(_))));
        assert_eq!(drops.count(), 0, "there was no poll that made one");
        let cancelled = handle.submit(async { unreachable!("it is withdrawn") });
        assert!(cancelled.cancel() && cancelled.is_done());
        let late = handle.submit(async { 4 });
        runtime.block_on(async { tokio::task::yield_now().await });
        assert!(!polled.load(Ordering::SeqCst));
        let cancelled: Result<(), _> = cancelled.result();
        assert!(matches!(cancelled, Err(Error::Cancelled)));
        assert_eq!(late.result().unwrap(), 4, "what was not withdrawn runs when somebody drives");
    });
}

// A runtime that is shut down.

#[test]
fn a_foreign_runtime_that_is_dropped_closes_our_tasks_and_those_who_wait_for_them() {
    watchdog(HANGS, || {
        for flavour in BOTH {
            let Foreign { handle, end, .. } = flavour();
            let drops = Drops::new();
            let waited = idle_task(&handle, &drops);
            let awaited = idle_task(&handle, &drops);
            let (caller, waiting) = (handle.clone(), drops.clone());
            let (tell, polled) = mpsc::channel();
            let caller = thread::spawn(move || {
                let mut here = 0;
                let result = caller.block_on(async {
                    let _guard = waiting.guard();
                    here += 1;
                    tell.send(()).unwrap();
                    pending::<()>().await;
                });
                (result, here, waiting.count())
            });
            polled.recv().unwrap();
            let waiter = thread::spawn(move || waited.result());
            let awaiter = thread::spawn(move || bridge::run(awaited));
            end(drop);
            let (result, here, dropped) = caller.join().unwrap();
            assert!(matches!(result, Err(Error::Closed)));
            assert_eq!(here, 1);
            assert!(dropped >= 1, "its own future is gone");
            assert!(matches!(waiter.join().unwrap(), Err(Error::Closed)));
            assert!(matches!(awaiter.join().unwrap(), Err(Error::Closed)));
            assert_eq!(drops.count(), 3);
        }
    });
}

#[test]
fn a_foreign_runtime_that_is_shut_down_in_another_way_closes_our_tasks() {
    watchdog(HANGS, || {
        let ways: [Shutdown; 2] = [|runtime| runtime.shutdown_timeout(HANGS), |runtime| runtime.shutdown_background()];
        for (flavour, way) in BOTH.into_iter().flat_map(|flavour| ways.map(|way| (flavour, way))) {
            let Foreign { handle, end, .. } = flavour();
            let drops = Drops::new();
            let task = idle_task(&handle, &drops);
            end(way);
            assert!(matches!(task.result(), Err(Error::Closed)));
            assert_eq!(drops.count(), 1);
        }
    });
}

#[test]
fn what_a_foreign_runtime_has_not_polled_when_it_is_dropped_is_closed() {
    watchdog(HANGS, || {
        let runtime = TokioBuilder::new_current_thread().enable_all().build().unwrap();
        let handle = Handle::from(&runtime);
        let drops = Drops::new();
        let guard = drops.guard();
        let task = handle.submit(async move { drop(guard) });
        let caller = thread::spawn(move || handle.block_on(async {}));
        drop(runtime);
        assert!(matches!(task.result(), Err(Error::Closed)));
        assert_eq!(drops.count(), 1);
        assert!(matches!(caller.join().unwrap(), Err(Error::Closed)));
    });
}

#[test]
fn a_runtime_that_nobody_drives_is_asked_whether_it_is_closed_by_one_task() {
    watchdog(HANGS, || {
        let runtime = TokioBuilder::new_current_thread().build().unwrap();
        let handle = Handle::from(&runtime);
        for _ in 0..100 {
            assert!(!handle.is_closed() && !handle.clone().is_closed());
        }
        assert_eq!(runtime.metrics().num_alive_tasks(), 1);
        runtime.block_on(tokio::task::yield_now());
        assert_eq!(runtime.metrics().num_alive_tasks(), 0);
        assert!(!handle.is_closed());
        drop(runtime);
        assert!(handle.is_closed() && handle.is_closed());
    });
}

#[test]
fn a_foreign_runtime_that_has_been_shut_down_is_closed_and_refuses_work_at_once() {
    watchdog(HANGS, || {
        for flavour in BOTH {
            let Foreign { handle, end, .. } = flavour();
            assert!(!handle.is_closed());
            end(drop);
            assert!(handle.is_closed());
            let drops = Drops::new();
            let guard = drops.guard();
            let mut task = handle.submit(async move { drop(guard) });
            assert!(task.is_done());
            assert_eq!(drops.count(), 1);
            assert!(matches!(task.result_timeout(Duration::ZERO), Err(Error::Closed)));
            assert!(matches!(handle.block_on(async {}), Err(Error::Closed)));
            assert!(matches!(handle.call_soon(|| ()), Err(Error::Closed)));
        }
    });
}

#[test]
fn a_destructor_may_submit_and_block_while_a_foreign_runtime_shuts_down() {
    watchdog(HANGS, || {
        for flavour in BOTH {
            let Foreign { handle, end, .. } = flavour();
            let log = Log::new();
            let (entries, here) = (log.clone(), handle.clone());
            let task = handle.submit(async move {
                let _guard = OnDrop::new(move || {
                    let mut submitted = here.submit(async {});
                    entries.push(submitted.result_timeout(HANGS).is_err());
                    entries.push(here.block_on(async {}).is_err());
                });
                pending::<()>().await;
            });
            handle.block_on(async {}).unwrap();
            end(drop);
            assert!(matches!(task.result(), Err(Error::Closed)));
            assert_eq!(log.take(), [true, true]);
        }
    });
}

#[test]
fn calls_that_race_the_shutdown_of_a_foreign_runtime_are_resolved_either_way() {
    watchdog(HANGS, || {
        for round in 0..40 {
            let Foreign { handle, end, .. } = BOTH[round % 2]();
            let drops = Drops::new();
            let stop = Arc::new(AtomicBool::new(false));
            let callers: Vec<_> = (0..3)
                .map(|_| {
                    let (handle, drops, stop) = (handle.clone(), drops.clone(), Arc::clone(&stop));
                    thread::spawn(move || {
                        let mut calls = 0;
                        while !stop.load(Ordering::SeqCst) {
                            let guard = drops.guard();
                            let result = handle.block_on(async {
                                let _guard = guard;
                                tokio::task::yield_now().await;
                            });
                            calls += 1;
                            match result {
                                Ok(()) => {}
                                Err(Error::Closed) => break,
                                Err(other) => panic!("{other:?}"),
                            }
                        }
                        calls
                    })
                })
                .collect();
            wait_until(|| drops.count() > 10);
            end(drop);
            // Whoever calls now is refused, so this is only for a loop that is not.
            let refused = handle.block_on(async {});
            stop.store(true, Ordering::SeqCst);
            let calls: usize = callers.into_iter().map(|caller| caller.join().unwrap()).sum();
            assert!(matches!(refused, Err(Error::Closed)), "round {round}");
            assert_eq!(drops.count(), calls, "round {round}");
        }
    });
}

#[test]
fn two_foreign_runtimes_are_two_loops() {
    watchdog(HANGS, || {
        let (one, two) = (current_thread(), current_thread());
        assert_eq!(thread_of(&one.handle), one.threads.unwrap());
        assert_eq!(thread_of(&two.handle), two.threads.unwrap());
        (one.end)(drop);
        assert!(one.handle.is_closed() && !two.handle.is_closed());
        assert_eq!(two.handle.block_on(async { 2 }).unwrap(), 2);
        (two.end)(drop);
    });
}
