//! External tokio runtimes, of both flavours, through `Handle::from`: scoped calls are polled on the calling thread, inside
//! the runtime's context; what is submitted is a task of the runtime.

mod common;

use std::future::{pending, poll_fn};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll};
use std::thread::{self, ThreadId};
use std::time::Duration;

use bridge::{Error, EventLoop, Handle, SharedLoop};
use bridge_tests::kinds::{Kind, on_each, on_each_pair};
use bridge_tests::{Drops, HANGS, Log, OnDrop, block_thread, wait_until};
use common::{SETTLE, deadlock, idle_task, thread_of_tasks};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder as TokioBuilder, Id, Runtime};
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tokio::time::{Sleep, sleep};

/// How a runtime is ended.
type Shutdown = fn(Runtime);

const WAYS: [(&str, Shutdown); 3] = [
    ("drop", drop),
    ("shutdown_background", |runtime| runtime.shutdown_background()),
    ("shutdown_timeout", |runtime| runtime.shutdown_timeout(HANGS)),
];

/// An external runtime that is driven, and how to end it.
struct External {
    handle: Handle,
    id: Id,
    /// That of a current-thread runtime, which polls all tasks.
    driver: Option<ThreadId>,
    end: Box<dyn FnOnce(Shutdown) + Send>,
}

fn multi_thread() -> External {
    let runtime = TokioBuilder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (handle, id) = (Handle::from(&runtime), runtime.handle().id());
    External { handle, id, driver: None, end: Box::new(move |shutdown| shutdown(runtime)) }
}

fn current_thread() -> External {
    let runtime = undriven();
    let (handle, id) = (Handle::from(runtime.handle()), runtime.handle().id());
    let (stop, stopped) = oneshot::channel::<Shutdown>();
    let driver = thread::spawn(move || {
        let shutdown = runtime.block_on(stopped).unwrap();
        shutdown(runtime);
    });
    let thread = driver.thread().id();
    let end = Box::new(move |shutdown| {
        stop.send(shutdown).unwrap();
        driver.join().unwrap();
    });
    External { handle, id, driver: Some(thread), end }
}

const BOTH: [fn() -> External; 2] = [multi_thread, current_thread];

/// Runs `test` on a runtime of each flavour with each way to end it.
#[track_caller]
fn on_each_way_to_end(test: impl Fn(External, Shutdown) + Sync) {
    for flavour in BOTH {
        for (name, way) in WAYS {
            println!("ended by {name}");
            test(flavour(), way);
        }
    }
}

/// A current-thread runtime that nobody drives yet.
fn undriven() -> Runtime {
    TokioBuilder::new_current_thread().enable_all().build().unwrap()
}

fn one_worker() -> Runtime {
    TokioBuilder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// This thread, and the runtime whose context it is in.
fn place() -> (ThreadId, Option<Id>) {
    let context = tokio::runtime::Handle::try_current().ok();
    (thread::current().id(), context.map(|context| context.id()))
}

// Where futures run.

#[test]
fn a_call_is_polled_and_dropped_on_the_calling_thread_inside_the_runtimes_context() {
    for flavour in BOTH {
        let External { handle, id, end, .. } = flavour();
        let places = Log::new();
        let mut lines = vec![String::from("one")];
        handle
            .block_on(async {
                let _guard = OnDrop::new(|| places.push(place()));
                places.push(place());
                yield_now().await;
                places.push(place());
                sleep(Duration::from_millis(2)).await;
                places.push(place());
                lines.push(String::from("two"));
            })
            .unwrap();
        assert_eq!(lines, ["one", "two"]);
        assert_eq!(places.take(), [(thread::current().id(), Some(id)); 4]);
        end(drop);
    }
}

#[test]
fn a_ready_call_returns_while_the_runtime_is_inside_a_long_poll() {
    let External { handle, end, .. } = current_thread();
    let blocked_thread = block_thread(&handle);
    assert_eq!(handle.block_on(async { 1 }).unwrap(), 1);
    blocked_thread.release();
    end(drop);
}

#[test]
fn a_submitted_task_is_one_of_the_runtime() {
    for flavour in BOTH {
        let External { handle, id, driver, end } = flavour();
        let (polled_on, context) = handle.submit(async { place() }).result().unwrap();
        assert_eq!(context, Some(id));
        assert_ne!(polled_on, thread::current().id());
        assert!(driver.is_none_or(|driver| driver == polled_on));
        end(drop);
    }
}

#[test]
fn what_a_call_spawns_is_a_task_of_the_runtime() {
    for flavour in BOTH {
        let External { handle, id, driver, end } = flavour();
        let (polled_on, context) = handle.block_on(async { tokio::spawn(async { place() }).await }).unwrap().unwrap();
        assert_eq!(context, Some(id));
        assert_ne!(polled_on, thread::current().id());
        assert!(driver.is_none_or(|driver| driver == polled_on));
        end(drop);
    }
}

#[test]
fn sockets_of_a_call_and_of_a_task_work() {
    for flavour in BOTH {
        let External { handle, end, .. } = flavour();
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
}

#[test]
fn many_threads_may_call_onto_one_runtime() {
    for flavour in BOTH {
        let External { handle, end, .. } = flavour();
        thread::scope(|scope| {
            for thread in 0..8_usize {
                let handle = &handle;
                scope.spawn(move || {
                    for call in 0..100 {
                        let here = (thread, call);
                        let there = handle.block_on(async {
                            yield_now().await;
                            &here
                        });
                        assert_eq!(*there.unwrap(), here);
                    }
                });
            }
        });
        end(drop);
    }
}

#[test]
fn a_panic_reaches_the_caller_as_it_was_and_the_runtime_goes_on() {
    for flavour in BOTH {
        let External { handle, end, .. } = flavour();
        let call = || handle.block_on(async { panic_any(3_u8) });
        let payload = catch_unwind(AssertUnwindSafe(call)).unwrap_err();
        assert_eq!(*payload.downcast::<u8>().unwrap(), 3);
        assert_eq!(handle.block_on(async { 1 }).unwrap(), 1);
        end(drop);
    }
}

#[test]
fn a_call_that_times_out_has_dropped_its_future_on_the_calling_thread_inside_the_runtimes_context() {
    for flavour in BOTH {
        let External { handle, id, end, .. } = flavour();
        let places = Log::new();
        let timeout = Duration::from_millis(20);
        let result = handle.with_timeout(timeout).block_on(async {
            let _guard = OnDrop::new(|| places.push(place()));
            pending::<()>().await;
        });
        assert!(matches!(result, Err(Error::TimedOut(of)) if of == timeout));
        assert_eq!(places.take(), [(thread::current().id(), Some(id))]);
        end(drop);
    }
}

#[test]
fn a_task_can_be_cancelled_before_and_after_its_first_poll() {
    let External { handle, driver, end, .. } = current_thread();
    let drops = Drops::new();
    let idle = idle_task(&handle, &drops);
    assert!(idle.cancel() && idle.cancel());
    assert!(matches!(idle.result(), Err(Error::Cancelled)));
    assert_eq!(drops.threads(), [driver.unwrap()]);

    let blocked_thread = block_thread(&handle);
    let task = handle.submit(async { unreachable!("it is cancelled") });
    assert!(task.cancel() && task.is_done());
    let result: Result<(), _> = task.result();
    assert!(matches!(result, Err(Error::Cancelled)));
    blocked_thread.release();
    assert_eq!(handle.submit(async { 1 }).result().unwrap(), 1);
    end(drop);
}

#[test]
fn submissions_of_one_thread_start_in_order_on_a_current_thread_runtime() {
    let External { handle, end, .. } = current_thread();
    let log = Log::new();
    let blocked_thread = block_thread(&handle);
    let submit = |i| {
        let log = log.clone();
        handle.submit(async move { log.push(i) })
    };
    let tasks: Vec<_> = (0..100).map(submit).collect();
    blocked_thread.release();
    tasks.into_iter().for_each(|task| task.result().unwrap());
    assert_eq!(log.take(), (0..100).collect::<Vec<_>>());
    end(drop);
}

#[test]
fn a_handle_from_the_runtime_of_an_event_loop_is_that_loops() {
    let event_loop = EventLoop::new().unwrap();
    let through_tokio = event_loop.block_on(async { Handle::from(tokio::runtime::Handle::current()) });
    let through_tokio = through_tokio.unwrap();
    // Both ways lead through one queue, in order, and shutdown finishes what came by either.
    let log = Log::new();
    let blocked_thread = block_thread(&event_loop);
    let submit = |i| {
        let log = log.clone();
        let to = if i % 2 == 0 { &through_tokio } else { event_loop.handle() };
        to.submit(async move {
            log.push(i);
            sleep(Duration::from_millis(10)).await;
        })
    };
    let tasks: Vec<_> = (0..20).map(submit).collect();
    blocked_thread.release();
    event_loop.shutdown().unwrap();
    tasks.into_iter().for_each(|task| task.result().unwrap());
    assert_eq!(log.take(), (0..20).collect::<Vec<_>>());
    assert!(through_tokio.is_closed());
}

#[test]
fn a_handle_from_the_runtime_of_a_shared_loop_is_that_loops() {
    let shared = SharedLoop::new().unwrap();
    let through_tokio = shared.block_on(async { Handle::from(tokio::runtime::Handle::current()) }).unwrap();
    let task = through_tokio.submit(sleep_inside(Duration::from_millis(20)));
    // A shared loop finishes what it was given; an external runtime would not.
    shared.shutdown().unwrap();
    task.result().unwrap();
    assert!(through_tokio.is_closed());
}

async fn sleep_inside(time: Duration) {
    sleep(time).await;
}

#[test]
fn two_runtimes_are_two_loops() {
    let (one, two) = (current_thread(), current_thread());
    assert_eq!(thread_of_tasks(&one.handle), one.driver.unwrap());
    assert_eq!(thread_of_tasks(&two.handle), two.driver.unwrap());
    (one.end)(drop);
    assert!(one.handle.is_closed() && !two.handle.is_closed());
    assert_eq!(two.handle.block_on(async { 2 }).unwrap(), 2);
    (two.end)(drop);
}

// Who calls: threads of external runtimes, and of event loops and shared loops for what holds on all.

/// Answers with what it is sent, each connection to its end.
fn echo_server() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            thread::spawn(move || std::io::copy(&mut connection.try_clone().unwrap(), &mut connection));
        }
    });
    address
}

/// Everything that a future waits for: turns, more than tokio's budget has; a timer; a socket; a task; a channel.
async fn waits_for_everything(address: SocketAddr) -> usize {
    for _ in 0..300 {
        yield_now().await;
    }
    sleep(Duration::from_millis(1)).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut answer = [0; 4];
    stream.write_all(b"echo").await.unwrap();
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"echo");
    let (send, mut receive) = tokio::sync::mpsc::channel(1);
    let sends = tokio::spawn(async move {
        for number in 0..300_usize {
            send.send(number).await.unwrap();
        }
    });
    let mut received = 0;
    while receive.recv().await.is_some() {
        received += 1;
    }
    sends.await.unwrap();
    received
}

/// Calls onto loops of all kinds. `from` runs what it is given on the thread in question.
#[track_caller]
fn may_call_from(from: impl Fn(Box<dyn FnOnce() + Send>) + Sync) {
    let address = echo_server();
    on_each(Kind::ALL, move |on| {
        let handle = on.handle().clone();
        let (sender, receiver) = mpsc::channel();
        from(Box::new(move || {
            let borrowed = String::from("on the caller's stack");
            let calls = (0..3).map(|_| {
                handle.block_on(async {
                    let received = waits_for_everything(address).await;
                    (received, borrowed.len())
                })
            });
            sender.send(calls.collect::<Result<Vec<_>, _>>()).unwrap();
        }));
        assert_eq!(receiver.recv().unwrap().unwrap(), [(300, 21); 3]);
    });
}

#[test]
fn a_plain_thread_may_call() {
    may_call_from(|call| call());
}

#[test]
fn threads_of_a_pool_may_call_at_once() {
    may_call_from(|call| {
        // As a pool of rayon's: threads that take closures out of a queue.
        let (send, jobs) = mpsc::channel::<Box<dyn FnOnce() + Send>>();
        let pool = thread::spawn(move || jobs.into_iter().for_each(|job| job()));
        send.send(call).unwrap();
        drop(send);
        pool.join().unwrap();
    });
}

#[test]
fn a_blocking_thread_of_another_runtime_may_call() {
    may_call_from(|call| {
        let runtime = one_worker();
        runtime.block_on(runtime.spawn_blocking(call)).unwrap();
    });
}

#[test]
fn a_thread_inside_block_on_of_a_multi_thread_runtime_may_call() {
    may_call_from(|call| one_worker().block_on(async { call() }));
}

#[test]
fn a_thread_inside_block_on_of_a_current_thread_runtime_may_call() {
    may_call_from(|call| undriven().block_on(async { call() }));
}

#[test]
fn a_task_of_a_current_thread_runtime_may_call() {
    may_call_from(|call| {
        let runtime = undriven();
        runtime.block_on(runtime.spawn(async { call() })).unwrap();
    });
}

#[test]
fn a_worker_of_another_runtime_may_call() {
    may_call_from(|call| {
        let runtime = one_worker();
        runtime.block_on(runtime.spawn(async { call() })).unwrap();
    });
}

#[test]
fn an_event_loops_thread_may_call() {
    may_call_from(|call| {
        let event_loop = EventLoop::new().unwrap();
        event_loop.block_on(async { call() }).unwrap();
    });
}

#[test]
fn the_thread_that_polls_a_task_of_a_shared_loop_may_call() {
    may_call_from(|call| {
        let shared = SharedLoop::new().unwrap();
        shared.submit(async { call() }).result().unwrap();
    });
}

#[test]
fn a_call_may_call_onto_another_loop() {
    may_call_from(|call| {
        let External { handle, end, .. } = current_thread();
        handle.block_on(async { call() }).unwrap();
        end(drop);
    });
}

#[test]
fn a_local_set_may_call() {
    may_call_from(|call| {
        let set = tokio::task::LocalSet::new();
        set.block_on(&undriven(), async { tokio::task::spawn_local(async { call() }).await.unwrap() });
    });
}

#[test]
fn a_call_inside_a_call_onto_the_same_runtime_works_at_any_depth() {
    fn nested(handle: &Handle, depth: usize) -> usize {
        let inner = handle.block_on(async {
            yield_now().await;
            let inner = if depth > 0 { nested(handle, depth - 1) } else { 0 };
            sleep(Duration::from_millis(1)).await;
            inner
        });
        inner.unwrap() + 1
    }
    for flavour in BOTH {
        let External { handle, end, .. } = flavour();
        assert_eq!(nested(&handle, 20), 21);
        end(drop);
    }
}

#[test]
fn the_main_thread_a_worker_and_a_blocking_thread_of_a_multi_thread_runtime_may_call_onto_it() {
    let address = echo_server();
    let runtime = one_worker();
    let call = move || Handle::current().block_on(waits_for_everything(address));
    assert_eq!(runtime.block_on(async { call() }).unwrap(), 300);
    assert_eq!(runtime.block_on(runtime.spawn(async move { call() })).unwrap().unwrap(), 300);
    assert_eq!(runtime.block_on(runtime.spawn_blocking(call)).unwrap().unwrap(), 300);
}

#[test]
fn a_blocking_thread_of_a_current_thread_runtime_may_call_onto_it() {
    let address = echo_server();
    let runtime = undriven();
    let call = move || Handle::current().block_on(waits_for_everything(address));
    assert_eq!(runtime.block_on(runtime.spawn_blocking(call)).unwrap().unwrap(), 300);
}

#[test]
fn a_worker_that_calls_onto_its_own_runtime_lets_the_other_tasks_go_on() {
    let runtime = one_worker();
    let (give, given) = oneshot::channel();
    let (sender, on_the_worker) = mpsc::channel();
    let call = runtime.spawn(async move {
        sender.send(()).unwrap();
        let here = thread::current().id();
        Handle::current().block_on(async { (given.await.unwrap(), thread::current().id() == here) })
    });
    on_the_worker.recv().unwrap();
    // The one worker is blocked, and this needs a worker.
    runtime.spawn(async move { give.send(9).unwrap() });
    assert_eq!(runtime.block_on(call).unwrap().unwrap(), (9, true));
}

#[test]
fn the_thread_inside_block_on_of_the_very_current_thread_runtime_would_deadlock() {
    let runtime = undriven();
    let polled = AtomicBool::new(false);
    let asked = runtime.block_on(async {
        Handle::current().block_on(async {
            polled.store(true, Ordering::SeqCst);
        })
    });
    deadlock(asked);
    assert!(!polled.load(Ordering::SeqCst), "what is refused is not run");
}

#[test]
fn a_loop_ends_while_a_worker_that_called_onto_it_works_on() {
    on_each(Kind::ALL, |on| {
        let runtime = one_worker();
        let handle = on.handle().clone();
        let call = runtime.spawn(async move { handle.block_on(sleep_inside(Duration::from_millis(1))) });
        runtime.block_on(call).unwrap().unwrap();
        let handle = on.handle().clone();
        drop(on);
        assert!(handle.is_closed());
        assert_eq!(runtime.block_on(runtime.spawn(async { 1 })).unwrap(), 1);
    });
}

#[test]
fn a_call_of_a_loops_thread_that_a_shutdown_finds_in_its_first_poll_is_finished() {
    let (shared, event_loop) = (SharedLoop::new().unwrap(), EventLoop::new().unwrap());
    let handle = shared.handle().clone();
    let (sender, polled) = mpsc::channel();
    let call = event_loop.submit(async move {
        handle.block_on(async {
            sender.send(()).unwrap();
            wait_until(|| handle.is_closed());
            // The thread is to wait, and the loop goes on with the future.
            sleep(Duration::from_millis(1)).await;
            7
        })
    });
    polled.recv().unwrap();
    shared.shutdown().unwrap();
    assert_eq!(call.result().unwrap().unwrap(), 7);
}

// A worker that has entered another runtime's context by hand. Where it blocks, tokio has a thread of the entered runtime go on
// as the worker, so that the worker's own runtime is to end first.

#[test]
fn a_worker_that_entered_another_runtimes_context_may_call_onto_that_one() {
    for flavour in BOTH {
        let External { handle, end, .. } = flavour();
        let runtime = one_worker();
        let entered = handle.block_on(async { tokio::runtime::Handle::current() }).unwrap();
        let asked = runtime.spawn(async move {
            let _entered = entered.enter();
            let ready = handle.block_on(async { 1 });
            let pending = handle.block_on(async {
                sleep(Duration::from_millis(1)).await;
                2
            });
            (ready, pending, handle.submit(async { 3 }).result())
        });
        let asked = runtime.block_on(asked).unwrap();
        assert!(matches!(asked, (Ok(1), Ok(2), Ok(3))), "{asked:?}");
        drop(runtime);
        end(drop);
    }
}

#[test]
fn a_worker_that_entered_another_runtimes_context_lets_its_own_runtimes_tasks_go_on_while_it_waits() {
    on_each(Kind::ALL, |on| {
        for flavour in BOTH {
            let External { handle: other, end, .. } = flavour();
            let runtime = one_worker();
            let entered = other.block_on(async { tokio::runtime::Handle::current() }).unwrap();
            type Way = fn(&Handle, oneshot::Receiver<u32>) -> Result<u32, Error>;
            let ways: [Way; 2] = [
                |handle, given| handle.block_on(async { given.await.unwrap() }),
                |handle, given| handle.submit(async { given.await.unwrap() }).result(),
            ];
            for way in ways {
                let (handle, entered) = (on.handle().clone(), entered.clone());
                let (give, given) = oneshot::channel();
                let (sender, on_the_worker) = mpsc::channel();
                let call = runtime.spawn(async move {
                    let _entered = entered.enter();
                    sender.send(()).unwrap();
                    way(&handle, given)
                });
                on_the_worker.recv().unwrap();
                runtime.spawn(async move { give.send(9).unwrap() });
                assert_eq!(runtime.block_on(call).unwrap().unwrap(), 9);
            }
            drop(runtime);
            end(drop);
        }
    });
}

#[test]
fn a_loops_thread_that_entered_a_runtimes_context_may_call_onto_that_one() {
    for flavour in BOTH {
        let External { handle, end, .. } = flavour();
        let entered = handle.block_on(async { tokio::runtime::Handle::current() }).unwrap();
        let event_loop = EventLoop::new().unwrap();
        let asked = event_loop.block_on(async {
            let _entered = entered.enter();
            handle.block_on(async {
                sleep(Duration::from_millis(1)).await;
                2
            })
        });
        assert_eq!(asked.unwrap().unwrap(), 2);
        end(drop);
    }
}

#[test]
fn the_thread_of_a_current_thread_runtime_that_entered_a_multi_thread_one_waits_without_a_panic() {
    let External { handle, end, .. } = multi_thread();
    let entered = handle.block_on(async { tokio::runtime::Handle::current() }).unwrap();
    let event_loop = EventLoop::new().unwrap();
    let asked = undriven().block_on(async {
        let _entered = entered.enter();
        let there = handle.block_on(async {
            sleep(Duration::from_millis(1)).await;
            1
        });
        (there, event_loop.block_on(async { 2 }), event_loop.submit(async { 3 }).result())
    });
    assert!(matches!(asked, (Ok(1), Ok(2), Ok(3))), "{asked:?}");
    end(drop);
}

// Two threads inside `block_on` of one current-thread runtime.

/// One thread drives the runtime; another is inside its `block_on` as well and there does `waits`, which needs the runtime to
/// be driven; the first leaves. `waits` ends, or is refused.
#[track_caller]
fn ends_when_the_driver_leaves(waits: fn(&Handle) -> Result<(), Error>) {
    let runtime = Arc::new(undriven());
    let (leave, left) = oneshot::channel::<()>();
    let (sender, drives) = mpsc::channel();
    let drive = Arc::clone(&runtime);
    let driver = thread::spawn(move || {
        drive.block_on(async {
            yield_now().await;
            sender.send(()).unwrap();
            left.await.unwrap();
        });
    });
    drives.recv().unwrap();
    let (sender, inside) = mpsc::channel();
    let waiter = thread::spawn(move || {
        runtime.block_on(async {
            sender.send(()).unwrap();
            waits(&Handle::current())
        })
    });
    inside.recv().unwrap();
    // Without it the waiter may find that the driver has left.
    thread::sleep(SETTLE);
    leave.send(()).unwrap();
    driver.join().unwrap();
    let ended = waiter.join().unwrap();
    assert!(matches!(ended, Ok(()) | Err(Error::WouldDeadlock(_))), "{ended:?}");
}

#[test]
fn a_call_inside_block_on_ends_when_the_other_thread_that_drove_the_runtime_leaves() {
    ends_when_the_driver_leaves(|handle| handle.block_on(sleep_inside(Duration::from_millis(100))));
}

#[test]
fn a_call_that_waits_for_a_task_of_the_runtime_ends_when_the_other_thread_that_drove_it_leaves() {
    ends_when_the_driver_leaves(|handle| {
        handle.block_on(async { tokio::spawn(sleep_inside(Duration::from_millis(100))).await.unwrap() })
    });
}

#[test]
fn a_result_inside_block_on_ends_when_the_other_thread_that_drove_the_runtime_leaves() {
    ends_when_the_driver_leaves(|handle| handle.submit(sleep_inside(Duration::from_millis(100))).result());
}

#[test]
fn a_call_onto_a_loop_that_waits_for_the_runtime_ends_when_the_other_thread_that_drove_it_leaves() {
    ends_when_the_driver_leaves(|handle| {
        let event_loop = EventLoop::new().unwrap();
        event_loop
            .block_on(async { handle.submit(sleep_inside(Duration::from_millis(100))).result() })
            .and_then(|ended| ended)
    });
}

// A runtime that nobody drives.

#[test]
fn a_ready_call_onto_a_runtime_that_nobody_drives_returns_its_value() {
    let runtime = undriven();
    assert_eq!(Handle::from(&runtime).block_on(async { 1 }).unwrap(), 1);
}

#[test]
fn a_pending_call_onto_a_runtime_that_nobody_drives_times_out_and_has_dropped_its_future() {
    let runtime = undriven();
    let handle = Handle::from(&runtime);
    assert!(!handle.is_closed());
    let drops = Drops::new();
    let result = handle.with_timeout(Duration::from_millis(20)).block_on(async {
        let _guard = drops.guard();
        sleep(Duration::ZERO).await;
        unreachable!("nobody drives the timer");
    });
    assert!(matches!(result, Err::<(), _>(Error::TimedOut(_))));
    assert_eq!(drops.threads(), [thread::current().id()]);
}

#[test]
fn a_call_onto_a_runtime_that_nobody_drives_goes_on_when_somebody_does() {
    let runtime = undriven();
    let handle = Handle::from(&runtime);
    let (sender, polled) = oneshot::channel();
    let call = thread::spawn(move || {
        handle.block_on(async {
            sender.send(()).unwrap();
            sleep(Duration::from_millis(1)).await;
            tokio::spawn(async { 7 }).await.unwrap()
        })
    });
    polled.blocking_recv().unwrap();
    while !call.is_finished() {
        runtime.block_on(sleep_inside(Duration::from_millis(1)));
    }
    assert_eq!(call.join().unwrap().unwrap(), 7);
}

#[test]
fn a_task_of_a_runtime_that_nobody_drives_is_cancelled_before_its_first_poll_and_the_others_run_later() {
    let runtime = undriven();
    let handle = Handle::from(&runtime);
    let cancelled = handle.submit(async { unreachable!("it is cancelled") });
    assert!(cancelled.cancel() && cancelled.is_done());
    let late = handle.submit(async { 4 });
    runtime.block_on(yield_now());
    let cancelled: Result<(), _> = cancelled.result();
    assert!(matches!(cancelled, Err(Error::Cancelled)));
    assert_eq!(late.result().unwrap(), 4, "what was not cancelled runs when somebody drives");
}

#[test]
fn one_task_watches_for_the_end_of_a_runtime_whatever_is_asked_of_its_handles() {
    let runtime = undriven();
    let handle = Handle::from(&runtime);
    assert_eq!(runtime.metrics().num_alive_tasks(), 0, "a handle that nobody uses costs nothing");
    for _ in 0..100 {
        assert!(!handle.is_closed() && !handle.clone().is_closed() && !Handle::from(&runtime).is_closed());
        handle.block_on(async {}).unwrap();
    }
    assert_eq!(runtime.metrics().num_alive_tasks(), 1);
    runtime.block_on(yield_now());
    assert_eq!(runtime.metrics().num_alive_tasks(), 1, "it goes when the runtime does");
    assert!(!handle.is_closed());
    drop(runtime);
    assert!(handle.is_closed() && handle.is_closed());
}

// A runtime that is shut down.

/// A call that waits, and sends when its future has been polled and is pending.
type Waits = fn(Handle, oneshot::Sender<()>) -> Result<(), Error>;

/// The future, which sends when it has been polled and is pending.
async fn then_pending(sender: oneshot::Sender<()>, future: impl Future) {
    let mut future = std::pin::pin!(future);
    let mut sender = Some(sender);
    poll_fn(|cx| {
        let polled = future.as_mut().poll(cx);
        sender.take().into_iter().for_each(|sender| sender.send(()).unwrap());
        polled.map(|_| ())
    })
    .await;
}

const WAITS: [(&str, Waits); 6] = [
    ("nothing", |handle, sender| handle.block_on(then_pending(sender, pending::<()>()))),
    ("a timer", |handle, sender| handle.block_on(async { then_pending(sender, sleep(HANGS * 10)).await })),
    ("a socket", |handle, sender| {
        handle.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            then_pending(sender, listener.accept()).await;
        })
    }),
    ("a task of the runtime", |handle, sender| {
        handle.block_on(async {
            let task = tokio::spawn(pending::<()>());
            then_pending(sender, task).await;
            // The task was cancelled, which a future may see before the call is closed.
            pending::<()>().await;
        })
    }),
    ("a task that was submitted", |handle, sender| handle.submit(then_pending(sender, pending::<()>())).result()),
    ("a call inside the call", |handle, sender| {
        let inner = handle.clone();
        handle.block_on(async move { inner.block_on(then_pending(sender, pending::<()>())) }).and_then(|inner| inner)
    }),
];

#[test]
fn a_shutdown_ends_every_waiting_call_with_closed() {
    on_each_way_to_end(|External { handle, end, .. }, way| {
        let callers = WAITS.map(|(what, waits)| {
            let handle = handle.clone();
            let (sender, is_pending) = oneshot::channel();
            let caller = thread::spawn(move || waits(handle, sender));
            is_pending.blocking_recv().unwrap();
            (what, caller)
        });
        end(way);
        for (what, caller) in callers {
            let ended = caller.join().unwrap();
            assert!(matches!(ended, Err(Error::Closed)), "it waited for {what}: {ended:?}");
        }
    });
}

#[test]
fn a_call_that_a_shutdown_ends_has_dropped_its_future_on_its_own_thread_inside_the_runtimes_context() {
    on_each_way_to_end(|External { handle, id, end, .. }, way| {
        let places = Log::new();
        let entries = places.clone();
        let (sender, is_pending) = oneshot::channel();
        let caller = thread::spawn(move || {
            let result = handle.block_on(async {
                let _guard = OnDrop::new(|| entries.push(place()));
                then_pending(sender, pending::<()>()).await;
            });
            assert!(matches!(result, Err(Error::Closed)), "{result:?}");
            (entries.take(), thread::current().id())
        });
        is_pending.blocking_recv().unwrap();
        end(way);
        let (dropped, thread) = caller.join().unwrap();
        assert_eq!(dropped, [(thread, Some(id))]);
    });
}

#[test]
fn a_shutdown_ends_many_calls_at_once() {
    on_each_way_to_end(|External { handle, end, .. }, way| {
        let callers: Vec<_> = (0..32_usize)
            .map(|caller| {
                let handle = handle.clone();
                let (_, waits) = WAITS[caller % WAITS.len()];
                let (sender, is_pending) = oneshot::channel();
                let caller = thread::spawn(move || waits(handle, sender));
                (is_pending, caller)
            })
            .collect();
        let callers: Vec<_> = callers
            .into_iter()
            .map(|(is_pending, caller)| {
                is_pending.blocking_recv().unwrap();
                caller
            })
            .collect();
        end(way);
        for caller in callers {
            let ended = caller.join().unwrap();
            assert!(matches!(ended, Err(Error::Closed)), "{ended:?}");
        }
    });
}

#[test]
fn a_runtime_that_is_dropped_closes_submitted_tasks_and_those_who_wait_for_them() {
    for flavour in BOTH {
        let External { handle, end, .. } = flavour();
        let drops = Drops::new();
        let waited = idle_task(&handle, &drops);
        let awaited = idle_task(&handle, &drops);
        let waiter = thread::spawn(move || waited.result());
        let awaiter = thread::spawn(move || bridge::run(awaited));
        end(drop);
        assert!(matches!(waiter.join().unwrap(), Err(Error::Closed)));
        assert!(matches!(awaiter.join().unwrap(), Err(Error::Closed)));
        assert_eq!(drops.count(), 2);
    }
}

#[test]
fn a_runtime_that_is_shut_down_in_another_way_closes_submitted_tasks() {
    on_each_way_to_end(|External { handle, end, .. }, way| {
        let drops = Drops::new();
        let task = idle_task(&handle, &drops);
        end(way);
        assert!(matches!(task.result(), Err(Error::Closed)));
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn what_a_runtime_has_not_polled_when_it_is_dropped_is_closed() {
    let runtime = undriven();
    let handle = Handle::from(&runtime);
    let drops = Drops::new();
    let guard = drops.guard();
    let task = handle.submit(async move { drop(guard) });
    drop(runtime);
    assert!(matches!(task.result(), Err(Error::Closed)));
    assert_eq!(drops.count(), 1);
}

#[test]
fn a_call_onto_a_runtime_that_nobody_drives_ends_with_closed_when_it_is_dropped() {
    let runtime = undriven();
    let handle = Handle::from(&runtime);
    let (sender, is_pending) = oneshot::channel();
    let caller = thread::spawn(move || handle.block_on(then_pending(sender, pending::<()>())));
    is_pending.blocking_recv().unwrap();
    drop(runtime);
    assert!(matches!(caller.join().unwrap(), Err(Error::Closed)));
}

#[test]
fn a_runtime_that_has_been_shut_down_is_closed_and_refuses_work_at_once() {
    on_each_way_to_end(|External { handle, end, .. }, way| {
        assert!(!handle.is_closed());
        end(way);
        let drops = Drops::new();
        let guard = drops.guard();
        let mut task = handle.submit(async move { drop(guard) });
        wait_until(|| task.is_done());
        assert_eq!(drops.count(), 1);
        assert!(matches!(task.result_timeout(Duration::ZERO), Err(Error::Closed)));
        wait_until(|| handle.is_closed());
        assert!(matches!(handle.block_on(async { unreachable!("it is refused") }), Err::<(), _>(Error::Closed)));
        assert!(matches!(handle.call_soon(|| ()), Err(Error::Closed)));
    });
}

#[test]
fn the_first_call_onto_a_runtime_that_has_been_shut_down_is_closed() {
    for runtime in [undriven(), one_worker()] {
        let handle = Handle::from(&runtime);
        drop(runtime);
        assert!(matches!(handle.block_on(async { unreachable!("it is refused") }), Err::<(), _>(Error::Closed)));
    }
}

#[test]
fn a_destructor_may_submit_and_block_while_a_runtime_shuts_down() {
    on_each_way_to_end(|External { handle, end, .. }, way| {
        let (sender, receiver) = mpsc::channel();
        let (started, is_started) = oneshot::channel();
        let here = handle.clone();
        let task = handle.submit(async move {
            let _guard = OnDrop::new(move || {
                let submitted = here.submit(async {}).result_timeout(HANGS * 2);
                let ready = here.block_on(async { 1 });
                let waits = here.block_on(pending::<()>());
                let on_timer = here.block_on(async { sleep(HANGS * 10).await });
                sender.send((submitted, ready, waits, on_timer)).unwrap();
            });
            then_pending(started, pending::<()>()).await;
        });
        // A task that was submitted later, and has ended, would not say so: it may have been taken by another worker.
        is_started.blocking_recv().unwrap();
        end(way);
        assert!(matches!(task.result(), Err(Error::Closed)));
        let (submitted, ready, waits, on_timer) = receiver.recv().unwrap();
        assert!(matches!(submitted, Err(Error::Closed)), "{submitted:?}");
        // It needs nothing of the runtime.
        assert!(matches!(ready, Ok(1) | Err(Error::Closed)), "{ready:?}");
        // The thread that ends a current-thread runtime is one that drives it.
        for waits in [waits, on_timer] {
            assert!(matches!(waits, Err(Error::Closed | Error::WouldDeadlock(_))), "{waits:?}");
        }
    });
}

#[test]
fn a_worker_that_waits_in_a_call_onto_its_own_runtime_is_ended_by_a_shutdown() {
    for (name, way) in WAYS {
        for (what, waits) in WAITS {
            println!("{name} while it waits for {what}");
            let runtime = one_worker();
            let (sender, is_pending) = oneshot::channel();
            let (sender_ended, ended) = mpsc::channel();
            let handle = Handle::from(&runtime);
            runtime.spawn(async move { sender_ended.send(waits(handle, sender)).unwrap() });
            is_pending.blocking_recv().unwrap();
            way(runtime);
            let ended = ended.recv().unwrap();
            assert!(matches!(ended, Err(Error::Closed)), "{name} while it waits for {what}: {ended:?}");
        }
    }
}

/// Calls onto a runtime by several threads, until each gets `Closed`, while it is shut down. `call` returns what the call did.
#[track_caller]
fn race_the_shutdown(call: impl Fn(&Handle) -> Result<(), Error> + Clone + Send + 'static) {
    for flavour in BOTH {
        for (name, way) in WAYS {
            let call = call.clone();
            for round in 0..20 {
                let External { handle, end, .. } = flavour();
                let calls = Arc::new(AtomicUsize::new(0));
                let callers: Vec<_> = (0..3)
                    .map(|_| {
                        let (handle, calls, call) = (handle.clone(), Arc::clone(&calls), call.clone());
                        thread::spawn(move || {
                            loop {
                                match call(&handle) {
                                    Ok(()) => calls.fetch_add(1, Ordering::SeqCst),
                                    Err(Error::Closed) => return,
                                    Err(other) => panic!("{name}, round {round}: {other:?}"),
                                };
                            }
                        })
                    })
                    .collect();
                wait_until(|| calls.load(Ordering::SeqCst) > 10 + round);
                end(way);
                callers.into_iter().for_each(|caller| caller.join().unwrap());
                assert!(handle.is_closed(), "{name}, round {round}");
            }
        }
    }
}

#[test]
fn calls_that_race_the_shutdown_of_a_runtime_are_resolved_either_way() {
    race_the_shutdown(|handle| {
        let drops = Drops::new();
        let guard = drops.guard();
        let result = handle.block_on(async {
            let _guard = guard;
            yield_now().await;
        });
        assert_eq!(drops.count(), 1);
        result
    });
}

#[test]
fn no_panic_of_tokios_comes_out_of_calls_whose_timers_race_the_shutdown() {
    race_the_shutdown(|handle| handle.block_on(async { sleep(Duration::from_micros(100)).await }));
}

#[test]
fn no_panic_of_tokios_comes_out_of_calls_whose_sockets_race_the_shutdown() {
    let address = echo_server();
    race_the_shutdown(move |handle| {
        handle.block_on(async {
            // An error of the socket is the future's own value.
            if let Ok(mut stream) = TcpStream::connect(address).await {
                let _ = stream.write_all(b"echo").await;
                let _ = stream.read_exact(&mut [0; 4]).await;
            }
        })
    });
}

#[test]
fn no_panic_of_tokios_comes_out_of_calls_whose_tasks_race_the_shutdown() {
    race_the_shutdown(|handle| {
        handle.block_on(async {
            // So is the end of a task.
            drop(tokio::spawn(yield_now()).await);
        })
    });
}

#[test]
fn a_call_that_uses_a_timer_after_its_runtime_has_shut_down_is_closed() {
    on_each_way_to_end(|External { handle, end, .. }, way| {
        let ((sender, polled), (go, gone)) = (mpsc::channel(), mpsc::channel::<()>());
        let caller = thread::spawn(move || {
            handle.block_on(async move {
                sender.send(()).unwrap();
                // In one long poll while the runtime ends.
                gone.recv().unwrap();
                sleep(Duration::from_millis(1)).await;
            })
        });
        polled.recv().unwrap();
        end(way);
        go.send(()).unwrap();
        // tokio panics there.
        let ended = caller.join().unwrap();
        assert!(matches!(ended, Err(Error::Closed)), "{ended:?}");
    });
}

/// Sleeps, and panics in its destructor, also where the sleep panics.
struct PanicsWhenDropped<F: FnOnce()> {
    sleep: Option<Pin<Box<Sleep>>>,
    _guard: OnDrop<F>,
}

impl<F: FnOnce() + Unpin> Future for PanicsWhenDropped<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.sleep.get_or_insert_with(|| Box::pin(sleep(Duration::from_micros(50)))).as_mut().poll(cx)
    }
}

#[test]
fn a_destructors_panic_comes_out_of_a_call_whose_timer_the_shutdown_ends() {
    race_the_shutdown(|handle| {
        let future = PanicsWhenDropped { sleep: None, _guard: OnDrop::new(|| resume_unwind(Box::new(7_u8))) };
        match catch_unwind(AssertUnwindSafe(|| handle.block_on(future))) {
            Ok(ended) => panic!("its destructor has panicked: {ended:?}"),
            Err(payload) => assert_eq!(payload.downcast_ref::<u8>(), Some(&7)),
        }
        if handle.is_closed() { Err(Error::Closed) } else { Ok(()) }
    });
}

#[test]
fn submissions_that_race_the_shutdown_of_a_runtime_are_resolved_either_way() {
    race_the_shutdown(|handle| handle.submit(yield_now()).result());
}

#[test]
fn calls_of_workers_that_race_the_shutdown_of_their_own_runtime_are_resolved_either_way() {
    for (name, way) in WAYS {
        for round in 0..20 {
            let runtime = TokioBuilder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            let calls = Arc::new(AtomicUsize::new(0));
            let ended: Vec<mpsc::Receiver<()>> = (0..3)
                .map(|_| {
                    let (sender, ended) = mpsc::channel();
                    let (handle, calls) = (Handle::from(&runtime), Arc::clone(&calls));
                    runtime.spawn(async move {
                        // Dropped when the loop below is left, or with the task.
                        let _sender = sender;
                        loop {
                            match handle.block_on(sleep_inside(Duration::from_micros(100))) {
                                Ok(()) => calls.fetch_add(1, Ordering::SeqCst),
                                Err(Error::Closed) => return,
                                Err(other) => panic!("{name}, round {round}: {other:?}"),
                            };
                        }
                    });
                    ended
                })
                .collect();
            wait_until(|| calls.load(Ordering::SeqCst) > 5);
            way(runtime);
            ended.into_iter().for_each(|ended| assert!(ended.recv().is_err()));
        }
    }
}

// Cancelling tasks and waiting for many are as everywhere; what an external runtime's tasks do beside those of other loops:

#[test]
fn a_call_onto_a_runtime_may_wait_for_tasks_of_every_kind_of_loop() {
    on_each_pair(Kind::EXTERNAL, Kind::ALL, |on, other| {
        let (task, there) = (other.submit(sleep_inside(Duration::from_millis(1))), other.handle().clone());
        let ended = on.block_on(async {
            task.await.unwrap();
            there.block_on(yield_now()).unwrap();
            there.submit(async { 5 }).result()
        });
        assert_eq!(ended.unwrap().unwrap(), 5);
    });
}
