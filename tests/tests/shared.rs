//! `SharedLoop` and `shared()`: who polls, who drives, how that passes on, and how the loop ends.
//!
//! Whether a caller drives, or the loop's own thread does, depends on who comes first. A test of what a driving caller does
//! tries until it has driven.

mod common;

use std::cell::RefCell;
use std::future::{pending, poll_fn, ready};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::task::Poll;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use bridge::ReturnWhen::AllCompleted;
use bridge::{Error, EventLoop, Handle, LocalHandle, SharedLoop, Task};
use bridge_tests::kinds::{AnyLoop, Kind, is_pending, on_each, on_each_pair};
#[cfg(unix)]
use bridge_tests::process::cpu_time;
use bridge_tests::{Drops, HANGS, OnDrop, block_thread, wait_until};
use common::{SETTLE, deadlock, idle_task};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder as TokioBuilder, Handle as TokioHandle, Runtime};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

const MOMENT: Duration = Duration::from_millis(1);

fn here() -> ThreadId {
    thread::current().id()
}

/// A test of a shared loop alone.
#[track_caller]
fn on_shared(test: impl Fn(AnyLoop) + Sync) {
    on_each([Kind::SharedLoop], test);
}

/// Asserts that `call` is true once in many tries.
#[track_caller]
fn once(mut call: impl FnMut() -> bool) {
    assert!((0..2000).any(|_| call()), "not once");
}

/// Has this thread drive the loop, by calls that follow each other closely. The loop's own thread has left it then.
fn take_over(handle: &Handle) {
    let drives = async || {
        // Not done before this thread asks for its turn.
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        here()
    };
    once(|| handle.block_on(async { tokio::spawn(drives()).await.unwrap() }).unwrap() == here());
}

/// A thread that waits in a call onto the loop.
struct Caller {
    thread: thread::JoinHandle<()>,
    leave: oneshot::Sender<()>,
}

impl Caller {
    /// One that drives, as it has just before.
    fn drives(handle: &Handle) -> Caller {
        Caller::start(handle, take_over)
    }

    /// One that comes while another drives.
    fn parks(handle: &Handle) -> Caller {
        Caller::start(handle, |_| ())
    }

    fn start(handle: &Handle, first: fn(&Handle)) -> Caller {
        let (leave, left) = oneshot::channel();
        let (sender, waits) = mpsc::channel();
        let handle = handle.clone();
        let thread = thread::spawn(move || {
            first(&handle);
            let waits = async {
                sender.send(()).unwrap();
                left.await.unwrap();
            };
            handle.block_on(waits).unwrap();
        });
        waits.recv().unwrap();
        Caller { thread, leave }
    }

    fn id(&self) -> ThreadId {
        self.thread.thread().id()
    }

    fn leave(self) {
        self.leave.send(()).unwrap();
        self.thread.join().unwrap();
    }
}

/// A task that sends which thread polls it, again and again.
fn ticker(handle: &Handle) -> (Task<()>, mpsc::Receiver<ThreadId>) {
    let (sender, ticks) = mpsc::channel();
    let task = handle.submit(async move {
        while sender.send(here()).is_ok() {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
    });
    (task, ticks)
}

/// Waits for a tick that is later than this call.
fn tick(ticks: &mpsc::Receiver<ThreadId>) -> ThreadId {
    while ticks.try_recv().is_ok() {}
    ticks.recv().unwrap()
}

/// Sends `byte` over a socket to a task of the same loop, which sends it back. Gives the threads that polled that task.
async fn echo(byte: u8) -> io::Result<(u8, Vec<ThreadId>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(async move {
        let mut threads = vec![here()];
        let (mut socket, _) = listener.accept().await?;
        threads.push(here());
        let byte = socket.read_u8().await?;
        threads.push(here());
        socket.write_u8(byte).await?;
        io::Result::Ok(threads)
    });
    let mut socket = TcpStream::connect(address).await?;
    socket.write_u8(byte).await?;
    Ok((socket.read_u8().await?, server.await.unwrap()?))
}

// Who polls.

#[test]
fn a_call_that_is_ready_wakes_no_thread() {
    let wakes = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&wakes);
    let (sender, parks) = mpsc::channel();
    let on = AnyLoop::configured(Kind::SharedLoop, |tokio| {
        tokio.on_thread_park(move || _ = sender.send(()));
        tokio.on_thread_unpark(move || _ = count.fetch_add(1, Ordering::SeqCst));
    });
    parks.recv().unwrap();
    (0..1000).for_each(|i| assert_eq!(on.block_on(async { i }).unwrap(), i));
    thread::sleep(SETTLE);
    assert_eq!(wakes.load(Ordering::SeqCst), 0, "the own thread slept all the time");
}

#[test]
fn a_call_starts_while_another_thread_is_inside_a_poll_of_the_loop() {
    on_shared(|on| {
        let blocked = on.block_threads();
        assert_eq!(on.block_on(async { here() }).unwrap(), here());
        on.block_on(tokio::task::yield_now()).unwrap();
        drop(blocked);
    });
}

#[test]
fn inside_a_call_the_current_loop_is_the_shared_one_also_on_an_event_loops_thread() {
    on_each_pair([Kind::SharedLoop], Kind::ALL, |shared, other| {
        let handle = shared.handle().clone();
        let seen = move || {
            let inside = async {
                let first = (format!("{:?}", Handle::current()), LocalHandle::try_current().is_none());
                tokio::task::yield_now().await;
                (first, (format!("{:?}", Handle::current()), LocalHandle::try_current().is_none()))
            };
            (handle.block_on(inside).unwrap(), format!("{:?}", Handle::current()))
        };
        let own = (format!("{:?}", shared.handle()), true);
        let (inside, after) = other.submit(async move { seen() }).result().unwrap();
        assert_eq!(inside, (own.clone(), own));
        assert_eq!(after, format!("{:?}", other.handle()), "the call has left its context");
    });
}

#[test]
fn the_process_wide_shared_loop_is_one_and_the_same_and_open() {
    let id = || bridge::shared().block_on(async { TokioHandle::current().id() }).unwrap();
    let threads: Vec<_> = (0..4).map(|_| thread::spawn(id)).collect();
    let first = id();
    assert!(threads.into_iter().all(|thread| thread.join().unwrap() == first));
    assert!(!bridge::shared().is_closed());
    let nap = async { tokio::time::sleep(MOMENT).await };
    bridge::shared().with_timeout(HANGS).block_on(nap).unwrap();
    assert_eq!(bridge::shared().submit(async { 7 }).result().unwrap(), 7);
}

// Who drives.

#[test]
fn a_call_that_is_pending_drives_the_loops_sockets() {
    on_shared(|on| {
        once(|| {
            let (byte, threads) = on.block_on(echo(7)).unwrap().unwrap();
            assert_eq!(byte, 7);
            threads.iter().all(|thread| *thread == here())
        });
    });
}

#[test]
fn a_call_that_is_pending_drives_the_loops_timers_and_tasks() {
    on_shared(|on| {
        once(|| {
            let spawned = async {
                let task = tokio::spawn(async {
                    let first = here();
                    tokio::time::sleep(MOMENT).await;
                    [first, here()]
                });
                tokio::time::sleep(MOMENT).await;
                task.await.unwrap()
            };
            on.block_on(spawned).unwrap() == [here(); 2]
        });
    });
}

/// How a thread may wait for tasks of one shared loop.
type Waits = fn(&Handle, Task<ThreadId>) -> ThreadId;

#[test]
fn whoever_waits_for_a_task_drives() {
    let ways: [(&str, Waits); 5] = [
        ("result", |_, task| task.result().unwrap()),
        ("result_timeout", |_, mut task| task.result_timeout(HANGS).unwrap()),
        ("wait", |_, task| bridge::wait([task], AllCompleted, None).done.pop().unwrap().result().unwrap()),
        ("as_completed", |_, task| bridge::as_completed([task]).next().unwrap().1.unwrap()),
        ("Iter::next", |handle, task| {
            let stream = futures::stream::once(async {
                let thread = task.await.unwrap();
                tokio::task::yield_now().await;
                if thread == here() { thread } else { tokio::task::spawn_blocking(here).await.unwrap() }
            });
            handle.iter(Box::pin(stream)).next().unwrap()
        }),
    ];
    for (way, waits) in ways {
        println!("by {way}");
        on_shared(move |on| {
            once(|| {
                let task = on.submit(async {
                    tokio::spawn(async {}).await.unwrap();
                    here()
                });
                waits(&on, task) == here()
            });
        });
    }
}

#[test]
fn a_second_caller_parks_while_the_first_drives_and_drives_when_that_leaves() {
    on_shared(|on| {
        let (task, ticks) = ticker(&on);
        once(|| {
            let first = Caller::drives(&on);
            let drives = tick(&ticks) == first.id();
            let second = Caller::parks(&on);
            let (first_id, second_id) = (first.id(), second.id());
            let stays = drives && (0..10).all(|_| tick(&ticks) == first_id);
            first.leave();
            let passed_on = (0..5).any(|_| tick(&ticks) == second_id);
            second.leave();
            stays && passed_on
        });
        drop(ticks);
        task.result().unwrap();
    });
}

#[test]
fn a_caller_that_parks_returns_at_its_own_wake_while_another_drives() {
    on_shared(|on| {
        let driver = Caller::drives(&on);
        for i in 0..100 {
            let (sender, receiver) = oneshot::channel();
            let (wait, waits) = mpsc::channel();
            let handle = on.handle().clone();
            let parks = thread::spawn(move || {
                handle.block_on(async move {
                    wait.send(()).unwrap();
                    receiver.await.unwrap()
                })
            });
            waits.recv().unwrap();
            sender.send(i).unwrap();
            assert_eq!(parks.join().unwrap().unwrap(), i);
        }
        driver.leave();
    });
}

#[test]
fn what_is_submitted_starts_while_a_caller_drives() {
    on_shared(|on| {
        let driver = Caller::drives(&on);
        for i in 0..100 {
            let (sender, receiver) = mpsc::channel();
            on.call_soon(move || sender.send(i).unwrap()).unwrap();
            assert_eq!(receiver.recv().unwrap(), i);
        }
        driver.leave();
    });
}

#[test]
fn what_is_submitted_while_nobody_drives_starts_at_once() {
    on_shared(|on| {
        let took = (0..100).map(|_| {
            take_over(&on);
            let (sender, receiver) = mpsc::channel();
            let start = Instant::now();
            on.call_soon(move || sender.send(start.elapsed()).unwrap()).unwrap();
            receiver.recv().unwrap()
        });
        let shortest = took.min().unwrap();
        // Were it not called, the own thread would look after its nap, of a millisecond or two.
        assert!(shortest < MOMENT / 2, "{shortest:?}");
    });
}

/// A task that answers each request with the thread that it runs on.
fn answering_task(on: &Handle) -> UnboundedSender<oneshot::Sender<ThreadId>> {
    let (sender, mut receiver) = unbounded_channel::<oneshot::Sender<ThreadId>>();
    drop(on.submit(async move {
        while let Some(reply) = receiver.recv().await {
            let _ = reply.send(here());
        }
    }));
    sender
}

#[test]
fn a_task_that_a_call_wakes_is_left_to_that_call_if_it_goes_on_to_wait() {
    const TIMES: usize = 100;
    on_shared(|on| {
        let asked = answering_task(&on);
        let polled = (0..TIMES).map(|_| {
            take_over(&on);
            let (reply, answer) = oneshot::channel();
            let asks = async {
                asked.send(reply).unwrap();
                // Time for the loop's own thread to take the task, were it called.
                let start = Instant::now();
                while start.elapsed() < MOMENT / 2 {}
                answer.await.unwrap()
            };
            on.block_on(asks).unwrap()
        });
        let here = polled.filter(|thread| *thread == here()).count();
        // Of a thread that is kept off its processor for a millisecond, the own thread takes over.
        assert!(here > TIMES / 2, "{here} of {TIMES}");
    });
}

#[test]
fn a_task_that_a_call_wakes_at_its_end_starts_at_once() {
    on_shared(|on| {
        let asked = answering_task(&on);
        for drives in [false, true] {
            let took = (0..100).map(|_| {
                take_over(&on);
                let (reply, answer) = oneshot::channel();
                let asks = async {
                    if drives {
                        tokio::spawn(tokio::task::yield_now()).await.unwrap();
                    }
                    asked.send(reply).unwrap();
                    Instant::now()
                };
                let start = on.block_on(asks).unwrap();
                answer.blocking_recv().unwrap();
                start.elapsed()
            });
            let shortest = took.min().unwrap();
            // As above: were it not called, the own thread would look after its nap.
            assert!(shortest < MOMENT / 2, "{shortest:?}, after driving: {drives}");
        }
    });
}

/// Two tasks of the loop that wake each other so many times.
fn ping_pong(on: &Handle, times: usize) -> Task<()> {
    let (sender, mut receiver) = unbounded_channel::<UnboundedSender<()>>();
    drop(on.submit(async move {
        while let Some(reply) = receiver.recv().await {
            let _ = reply.send(());
        }
    }));
    on.submit(async move {
        let (reply, mut replies) = unbounded_channel();
        for _ in 0..times {
            sender.send(reply.clone()).unwrap();
            replies.recv().await.unwrap();
        }
    })
}

#[test]
fn what_calls_leave_undone_goes_on_between_them() {
    const TIMES: usize = 20_000;
    on_shared(|on| {
        let asked = answering_task(&on);
        let takes = |between: &dyn Fn()| {
            let start = Instant::now();
            let task = ping_pong(&on, TIMES);
            while !task.is_done() {
                between();
                // Less than the time after which the own thread takes a loop that nobody drives.
                thread::sleep(MOMENT / 3);
            }
            start.elapsed()
        };
        let alone = takes(&|| ());
        let with_calls = takes(&|| {
            let (reply, answer) = oneshot::channel();
            let asks = async {
                asked.send(reply).unwrap();
                answer.await.unwrap()
            };
            on.block_on(asks).unwrap();
        });
        assert!(with_calls < alone * 8, "{with_calls:?} for {alone:?}");
    });
}

#[test]
fn a_driver_leaves_within_a_tick_of_its_own_wake() {
    /// tokio polls 61 tasks between two looks at what drives it.
    const TICK: usize = 61 + 64;
    /// More than that, and not so many that a round takes as long as the pause after which calls do not follow each other.
    const CROWD: usize = 250;
    on_shared(|on| {
        let (turns, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (crowd, end) = (Arc::clone(&turns), Arc::clone(&over));
        let spawn = async move {
            for _ in 0..CROWD {
                let (turns, over) = (Arc::clone(&crowd), Arc::clone(&end));
                tokio::spawn(poll_fn(move |cx| {
                    turns.fetch_add(1, Ordering::Relaxed);
                    cx.waker().wake_by_ref();
                    if over.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }
                }));
            }
        };
        on.submit(spawn).result().unwrap();
        let mut least = usize::MAX;
        once(|| {
            let (sender, receiver) = oneshot::channel();
            let count = Arc::clone(&turns);
            let others = on.block_on(async {
                tokio::spawn(async move {
                    tokio::task::yield_now().await;
                    sender.send((here(), count.load(Ordering::Relaxed))).unwrap();
                });
                let (thread, then) = receiver.await.unwrap();
                (thread == here()).then(|| turns.load(Ordering::Relaxed) - then)
            });
            least = least.min(others.unwrap().unwrap_or(usize::MAX));
            least <= TICK
        });
        over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_task_that_yields_in_the_poll_in_which_the_driver_leaves_goes_on() {
    on_shared(|on| {
        for _ in 0..200 {
            let (sender, receiver) = oneshot::channel();
            let (finish, finished) = mpsc::channel();
            drop(on.submit(async move {
                // It wakes the caller, which drives, and so ends its turn.
                sender.send(()).unwrap();
                tokio::task::yield_now().await;
                finish.send(()).unwrap();
            }));
            on.block_on(receiver).unwrap().unwrap();
            finished.recv().unwrap();
        }
    });
}

// Callers that are inside something else.

/// Calls of every kind, which need the loop for nothing, for a yield, a timer, a task, a socket.
fn calls(handle: &Handle) {
    assert_eq!(handle.block_on(async { 1 }).unwrap(), 1);
    let yields = async {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        2
    };
    assert_eq!(handle.block_on(yields).unwrap(), 2);
    handle.block_on(async { tokio::time::sleep(MOMENT).await }).unwrap();
    assert_eq!(handle.block_on(async { tokio::spawn(async { 3 }).await.unwrap() }).unwrap(), 3);
    assert_eq!(handle.block_on(echo(4)).unwrap().unwrap().0, 4);
    let task = handle.submit(async {
        tokio::time::sleep(MOMENT).await;
        5
    });
    assert_eq!(task.result().unwrap(), 5);
    let timed_out = handle.with_timeout(MOMENT).block_on(pending::<()>());
    assert!(matches!(timed_out, Err(Error::TimedOut(_))), "{timed_out:?}");
}

fn current_thread() -> Runtime {
    TokioBuilder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread(workers: usize) -> Runtime {
    TokioBuilder::new_multi_thread().worker_threads(workers).enable_all().build().unwrap()
}

#[test]
fn a_caller_inside_the_block_on_of_a_runtime_gets_its_answers() {
    on_each(Kind::ALL, |on| {
        current_thread().block_on(async { calls(&on) });
        multi_thread(1).block_on(async { calls(&on) });
    });
}

#[test]
fn a_caller_inside_a_task_of_a_runtime_gets_its_answers() {
    on_each_pair(Kind::ALL, Kind::ALL, |on, other| {
        let handle = on.handle().clone();
        other.submit(async move { calls(&handle) }).result().unwrap();
        let handle = on.handle().clone();
        other.block_on(async move { tokio::spawn(async move { calls(&handle) }).await.unwrap() }).unwrap();
    });
}

#[test]
fn a_caller_inside_a_call_onto_another_loop_gets_its_answers() {
    on_each_pair(Kind::ALL, Kind::ALL, |on, other| {
        other.block_on(async { calls(&on) }).unwrap();
        let after_a_wait = async {
            tokio::time::sleep(MOMENT).await;
            calls(&on);
        };
        other.block_on(after_a_wait).unwrap();
    });
}

#[test]
fn a_caller_on_a_spawn_blocking_thread_gets_its_answers() {
    on_each_pair(Kind::ALL, Kind::ALL, |on, other| {
        for host in [on.handle(), other.handle()] {
            let handle = on.handle().clone();
            host.block_on(async { tokio::task::spawn_blocking(move || calls(&handle)).await.unwrap() }).unwrap();
        }
    });
}

#[test]
fn a_caller_in_a_local_set_gets_its_answers() {
    on_each(Kind::ALL, |on| {
        let (local, handle) = (tokio::task::LocalSet::new(), on.handle().clone());
        local.block_on(&current_thread(), async move {
            tokio::task::spawn_local(async move { calls(&handle) }).await.unwrap()
        });
    });
}

#[test]
fn a_caller_in_a_thread_locals_destructor_gets_its_answers() {
    type Last = OnDrop<Box<dyn FnOnce()>>;
    thread_local! {
        static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
    }
    on_each(Kind::ALL, |on| {
        // Installed before the crate has thread-locals of its own on that thread, and after.
        for calls_first in [false, true] {
            let (handle, first) = (on.handle().clone(), on.handle().clone());
            let (sender, receiver) = mpsc::channel();
            let last: Box<dyn FnOnce() + Send> = Box::new(move || {
                calls(&handle);
                sender.send(()).unwrap();
            });
            let thread = thread::spawn(move || {
                if calls_first {
                    calls(&first);
                }
                LAST.with(|cell| cell.replace(Some(OnDrop::new(last as Box<dyn FnOnce()>))));
                if !calls_first {
                    calls(&first);
                }
            });
            thread.join().unwrap();
            receiver.recv().unwrap();
        }
    });
}

#[test]
fn inside_another_runtime_the_loops_own_thread_drives_at_once() {
    on_shared(|on| {
        let own = on.threads()[0];
        for runtime in [current_thread(), multi_thread(1)] {
            let took = (0..100).map(|_| {
                take_over(&on);
                let start = Instant::now();
                let spawned = async { tokio::spawn(async { here() }).await.unwrap() };
                let thread = runtime.block_on(async { on.block_on(spawned) });
                assert_eq!(thread.unwrap(), own, "tokio lets this thread drive nothing");
                start.elapsed()
            });
            let shortest = took.min().unwrap();
            // Were it not called, it would look after its nap, of a millisecond or two.
            assert!(shortest < MOMENT / 2, "{shortest:?}");
        }
    });
}

#[test]
fn a_worker_that_calls_drives_and_lets_its_runtimes_other_tasks_go_on() {
    on_shared(|on| {
        let on = Arc::new(on);
        let runtime = multi_thread(1);
        let calls = |handle: Arc<AnyLoop>| async move {
            let (sender, receiver) = oneshot::channel();
            let other = tokio::spawn(async move { sender.send(()).unwrap() });
            let drove = handle.block_on(async {
                // A task of the only worker's.
                receiver.await.unwrap();
                let thread = tokio::spawn(async {
                    tokio::time::sleep(MOMENT).await;
                    here()
                });
                thread.await.unwrap() == here()
            });
            other.await.unwrap();
            drove.unwrap()
        };
        once(|| runtime.block_on(async { tokio::spawn(calls(Arc::clone(&on))).await.unwrap() }));
    });
}

// Nested.

#[test]
fn nested_calls_work_at_any_depth() {
    fn nested(handle: &Handle, depth: usize) -> usize {
        let inner = async {
            tokio::task::yield_now().await;
            let spawned = tokio::spawn(async { tokio::time::sleep(Duration::from_micros(100)).await });
            let inner = if depth == 0 { 0 } else { nested(handle, depth - 1) };
            spawned.await.unwrap();
            let after = handle.submit(async { 1 }).result().unwrap();
            inner + after
        };
        handle.block_on(inner).unwrap()
    }
    on_each([Kind::SharedLoop, Kind::MultiThread, Kind::CurrentThread], |on| {
        assert_eq!(nested(&on, 10), 11);
        thread::scope(|scope| (0..4).for_each(|_| _ = scope.spawn(|| assert_eq!(nested(&on, 10), 11))));
    });
}

#[test]
fn nested_calls_of_two_loops_by_turns_work() {
    fn nested(one: &Handle, other: &Handle, depth: usize) -> usize {
        let inner = async {
            tokio::time::sleep(Duration::from_micros(100)).await;
            if depth == 0 { 0 } else { 1 + nested(other, one, depth - 1) }
        };
        one.block_on(inner).unwrap()
    }
    const HERE: [Kind; 3] = [Kind::SharedLoop, Kind::MultiThread, Kind::CurrentThread];
    on_each_pair(HERE, HERE, |one, other| assert_eq!(nested(&one, &other, 6), 6));
}

#[test]
fn a_task_that_blocks_on_its_own_loop_would_deadlock_at_once() {
    on_each(Kind::ONE_DRIVER, |on| {
        let asks = || async {
            let own = Handle::current();
            deadlock(own.block_on(async {}));
            deadlock(own.with_timeout(HANGS).block_on(pending::<()>()));
            deadlock(own.submit(pending::<()>()).result());
        };
        // Polled by the loop's own thread, and by a caller that drives.
        let (sender, receiver) = mpsc::channel();
        let detached = asks();
        drop(on.submit(async move {
            detached.await;
            sender.send(()).unwrap();
        }));
        receiver.recv().unwrap();
        for _ in 0..20 {
            on.submit(asks()).result().unwrap();
            on.block_on(async { tokio::spawn(asks()).await.unwrap() }).unwrap();
        }
    });
}

// When nobody calls.

#[test]
fn background_tasks_go_on_while_nobody_calls() {
    on_shared(|on| {
        let (sender, receiver) = mpsc::channel();
        on.block_on(async move {
            tokio::spawn(async move {
                let mut interval = tokio::time::interval(MOMENT);
                while sender.send(here()).is_ok() {
                    interval.tick().await;
                }
            });
        })
        .unwrap();
        let ticks: Vec<_> = receiver.iter().take(20).collect();
        drop(receiver);
        assert_eq!(ticks[10..], [on.threads()[0]; 10]);
    });
}

#[test]
fn a_background_task_is_hardly_late_after_a_burst_of_calls() {
    on_shared(|on| {
        let mut late: Vec<Duration> = (0..30)
            .map(|i| {
                let (sender, receiver) = mpsc::channel();
                // Due after the burst, when nobody drives.
                let due = Instant::now() + MOMENT * 5;
                drop(on.submit(async move {
                    tokio::time::sleep_until(due.into()).await;
                    sender.send(Instant::now()).unwrap();
                }));
                while Instant::now() < due - MOMENT / 2 {
                    on.block_on(async { tokio::spawn(async {}).await.unwrap() }).unwrap();
                    assert_eq!(on.block_on(async { i }).unwrap(), i);
                }
                receiver.recv().unwrap().saturating_duration_since(due)
            })
            .collect();
        late.sort_unstable();
        // A timer of tokio's is late by up to a millisecond itself, and a busy machine by more.
        assert!(late[15] < Duration::from_millis(20), "{late:?}");
    });
}

#[test]
#[cfg(unix)]
fn the_own_thread_uses_no_cpu_while_the_loop_is_idle_or_a_caller_drives_for_long() {
    const LONG: Duration = Duration::from_millis(400);
    on_shared(|on| {
        let used = |by: &dyn Fn()| {
            take_over(&on);
            let before = on.on_threads(cpu_time)[0];
            by();
            on.on_threads(cpu_time)[0] - before
        };
        let idle = used(&|| thread::sleep(LONG));
        assert!(idle < LONG / 20, "{idle:?}");
        let beside = used(&|| {
            take_over(&on);
            on.block_on(async { tokio::time::sleep(LONG).await }).unwrap();
        });
        assert!(beside < LONG / 20, "{beside:?}");
    });
}

// Timeouts.

#[test]
fn timeouts_are_exact_while_a_task_is_stuck_in_a_poll_on_another_callers_thread() {
    const TIMEOUT: Duration = Duration::from_millis(50);
    on_shared(|on| {
        // A caller that drives, and polls the task; or else the loop's own thread does, which must make no difference.
        let driver = Caller::drives(&on);
        let mut never = idle_task(&on, &Drops::new());
        let stuck = block_thread(&on);
        let start = Instant::now();
        assert!(matches!(on.with_timeout(TIMEOUT).block_on(pending::<()>()), Err(Error::TimedOut(_))));
        assert!(matches!(never.result_timeout(TIMEOUT), Err(Error::TimedOut(_))));
        let took = start.elapsed();
        assert!(took >= TIMEOUT * 2 && took < TIMEOUT * 20, "{took:?}");
        stuck.release();
        driver.leave();
    });
}

#[test]
fn the_timeout_of_a_caller_that_drives_is_exact() {
    const TIMEOUT: Duration = Duration::from_millis(20);
    // A runtime without timers, too.
    for timers in [true, false] {
        let shared = SharedLoop::builder().configure(move |tokio| {
            if !timers {
                *tokio = TokioBuilder::new_current_thread();
            }
        });
        let shared = shared.build_shared().unwrap();
        let took = (0..10).map(|_| {
            take_over(&shared);
            let start = Instant::now();
            assert!(matches!(shared.with_timeout(TIMEOUT).block_on(pending::<()>()), Err(Error::TimedOut(_))));
            start.elapsed()
        });
        let mut took: Vec<_> = took.collect();
        took.sort_unstable();
        assert!(took[0] >= TIMEOUT && took[5] < TIMEOUT * 3, "{took:?}");
    }
}

// The end.

/// Threads that wait in calls onto the loop, one of which may drive; and one that is inside a runtime, and parks. Each gives
/// how its call ended, and whether the future was dropped on its own thread.
fn waiting_callers(on: &AnyLoop) -> Vec<thread::JoinHandle<(Result<(), Error>, bool)>> {
    let call = |handle: &Handle, sender: mpsc::Sender<()>| {
        let drops = Drops::new();
        let result = handle.block_on(async {
            let _guard = drops.guard();
            sender.send(()).unwrap();
            tokio::time::sleep(HANGS).await;
        });
        (result, drops.threads() == [here()])
    };
    let callers = (0..4).map(|i| {
        let (handle, (sender, polled)) = (on.handle().clone(), mpsc::channel());
        let caller = thread::spawn(move || match i {
            0 => multi_thread(1).block_on(async { call(&handle, sender) }),
            _ => call(&handle, sender),
        });
        polled.recv().unwrap();
        caller
    });
    callers.collect()
}

#[test]
fn the_loops_end_gives_each_waiting_caller_closed_after_its_future_was_dropped_on_its_own_thread() {
    let ends: [fn(AnyLoop); 2] = [drop, |on| {
        let ended = on.shutdown(Some(Duration::from_millis(10)));
        assert!(matches!(ended, Err(Error::TimedOut(_)) | Ok(())), "{ended:?}");
    }];
    for end in ends {
        on_each([Kind::SharedLoop], move |on| {
            let callers = waiting_callers(&on);
            end(on);
            for caller in callers {
                let (result, is_here) = caller.join().unwrap();
                assert!(matches!(result, Err(Error::Closed)), "{result:?}");
                assert!(is_here);
            }
        });
    }
}

#[test]
fn a_shutdown_that_cuts_a_call_short_returns_timed_out() {
    on_shared(|on| {
        let callers = waiting_callers(&on);
        let ended = on.shutdown(Some(Duration::from_millis(10)));
        assert!(matches!(ended, Err(Error::TimedOut(_))), "{ended:?}");
        drop(callers);
    });
}

#[test]
fn shutdown_lets_calls_that_are_under_way_finish() {
    on_shared(|on| {
        let callers: Vec<_> = (0..4)
            .map(|i| {
                let (handle, (sender, polled)) = (on.handle().clone(), mpsc::channel());
                let caller = thread::spawn(move || {
                    handle.block_on(async move {
                        sender.send(()).unwrap();
                        tokio::time::sleep(MOMENT * 30).await;
                        tokio::spawn(async move { i }).await.unwrap()
                    })
                });
                polled.recv().unwrap();
                caller
            })
            .collect();
        let handle = on.handle().clone();
        on.shutdown(None).unwrap();
        assert!(matches!(handle.block_on(async {}), Err(Error::Closed)));
        for (i, caller) in callers.into_iter().enumerate() {
            assert_eq!(caller.join().unwrap().unwrap(), i);
        }
    });
}

#[test]
fn a_loop_may_be_dropped_inside_a_call_onto_it() {
    for pending_first in [false, true] {
        on_shared(move |on| {
            let (handle, other) = (on.handle().clone(), idle_task(&on, &Drops::new()));
            let call = async {
                if pending_first {
                    tokio::time::sleep(MOMENT).await;
                }
                drop(on);
                1
            };
            assert!(matches!(handle.block_on(call), Ok(1) | Err(Error::Closed)));
            assert!(matches!(other.result(), Err(Error::Closed)));
            assert!(matches!(handle.block_on(async {}), Err(Error::Closed)));
        });
    }
}

#[test]
fn a_shutdown_inside_a_call_onto_the_loop_would_deadlock() {
    for timeout in [None, Some(HANGS)] {
        on_shared(move |on| {
            let (handle, other) = (on.handle().clone(), idle_task(&on, &Drops::new()));
            deadlock(handle.block_on(async { on.shutdown(timeout) }).unwrap());
            assert!(matches!(other.result(), Err(Error::Closed)), "it goes as by drop");
        });
    }
}

#[test]
fn a_call_that_closes_a_cycle_while_the_loop_finishes_would_deadlock() {
    on_shared(|on| {
        let (handle, event_loop) = (on.handle().clone(), EventLoop::new().unwrap());
        let (inside, is_inside) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel();
        let shared = handle.clone();
        let task = handle.submit(async move {
            event_loop.block_on(async {
                let mut first = Some((inside, may_go_on));
                shared.block_on(poll_fn(move |_| {
                    if let Some((inside, may_go_on)) = first.take() {
                        inside.send(()).unwrap();
                        may_go_on.recv().unwrap();
                    }
                    Poll::<()>::Pending
                }))
            })
        });
        is_inside.recv().unwrap();
        let ends = thread::spawn(move || on.shutdown(None));
        wait_until(|| handle.is_closed());
        go_on.send(()).unwrap();
        let result = task.result().unwrap().unwrap();
        assert!(matches!(result, Err(Error::WouldDeadlock(_))), "{result:?}");
        ends.join().unwrap().unwrap();
    });
}

#[test]
fn a_loop_ends_while_other_threads_enter_its_context() {
    for round in 0..200 {
        let shared = SharedLoop::new().unwrap();
        let (goes_on, entered) = (AtomicBool::new(true), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..2 {
                let (handle, goes_on, entered) = (shared.handle().clone(), &goes_on, &entered);
                scope.spawn(move || {
                    while goes_on.load(Ordering::Relaxed) {
                        drop(handle.enter());
                        entered.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            wait_until(|| entered.load(Ordering::Relaxed) > 100);
            if round % 2 == 0 {
                shared.shutdown().unwrap()
            } else {
                drop(shared)
            }
            goes_on.store(false, Ordering::Relaxed);
        });
    }
}

#[test]
fn a_loop_may_be_dropped_with_any_context_entered() {
    on_shared(|on| {
        let own = on.block_on(async { TokioHandle::current() }).unwrap();
        let (left, handle) = (idle_task(&on, &Drops::new()), on.handle().clone());
        let _entered = own.enter();
        drop(on);
        assert!(matches!(left.result(), Err(Error::Closed)));
        assert!(handle.is_closed());
    });
    on_each_pair([Kind::SharedLoop], Kind::ALL, |on, other| {
        let context = other.block_on(async { TokioHandle::current() }).unwrap();
        let left = idle_task(&on, &Drops::new());
        let _entered = context.enter();
        drop(on);
        assert!(left.is_done(), "the drop has waited for the end");
        assert!(matches!(left.result(), Err(Error::Closed)));
    });
}

#[test]
fn a_loop_may_be_dropped_inside_a_call_onto_another_loop() {
    on_each_pair([Kind::SharedLoop], Kind::ALL, |on, other| {
        let left = idle_task(&on, &Drops::new());
        let is_done = async {
            drop(on);
            left.is_done()
        };
        assert!(other.block_on(is_done).unwrap(), "the drop has waited for the end");
    });
}

#[test]
fn two_threads_may_call_while_a_third_drops_the_loop() {
    for round in 0..100 {
        let on = SharedLoop::new().unwrap();
        let start = Arc::new(Barrier::new(3));
        let callers: Vec<_> = (0..2)
            .map(|_| {
                let (handle, start) = (on.handle().clone(), Arc::clone(&start));
                thread::spawn(move || {
                    start.wait();
                    let results = (0..50).map(|i| {
                        handle.block_on(async move {
                            match i % 3 {
                                0 => {}
                                1 => tokio::task::yield_now().await,
                                _ => tokio::time::sleep(Duration::ZERO).await,
                            }
                        })
                    });
                    results.filter_map(Result::err).all(|error| matches!(error, Error::Closed))
                })
            })
            .collect();
        start.wait();
        (0..round * 200).for_each(|_| std::hint::spin_loop());
        drop(on);
        assert!(callers.into_iter().all(|caller| caller.join().unwrap()));
    }
}

// All at once.

/// One of ten things that a thread does with a loop.
fn do_one(handle: &Handle, kind: usize, i: usize) {
    match kind {
        0 => assert_eq!(handle.block_on(async { i }).unwrap(), i),
        1 => handle.block_on(tokio::task::yield_now()).unwrap(),
        2 => handle.block_on(async { tokio::time::sleep(Duration::from_micros(i as u64 % 2000)).await }).unwrap(),
        3 => assert_eq!(handle.block_on(echo(i as u8)).unwrap().unwrap().0, i as u8),
        4 => assert_eq!(handle.submit(async move { i }).result().unwrap(), i),
        5 => {
            let tasks = (0..4).map(|n| {
                handle.submit(async move {
                    tokio::task::yield_now().await;
                    n
                })
            });
            let tasks: Vec<_> = tasks.collect();
            assert_eq!(bridge::as_completed(tasks).map(|(_, n)| n.unwrap()).sum::<usize>(), 6);
        }
        6 => {
            let nested = async {
                let inner = handle.block_on(async {
                    tokio::task::yield_now().await;
                    i
                });
                tokio::spawn(async move { inner.unwrap() }).await.unwrap()
            };
            assert_eq!(handle.block_on(nested).unwrap(), i);
        }
        7 => {
            let hasty = handle.with_timeout(Duration::from_micros(i as u64 % 500 + 1));
            assert!(matches!(hasty.block_on(pending::<()>()), Err(Error::TimedOut(_))));
        }
        8 => {
            let mut task = handle.submit(pending::<()>());
            let waited = task.result_timeout(Duration::from_micros(i as u64 % 300));
            assert!(matches!(waited, Err(Error::TimedOut(_))));
            task.cancel();
            assert!(matches!(task.result(), Err(Error::Cancelled)));
        }
        _ => {
            let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                handle.block_on(async { std::panic::resume_unwind(Box::new(i)) })
            }));
            assert_eq!(panicked.map(|r: Result<(), _>| r.is_ok()).unwrap_err().downcast_ref(), Some(&i));
        }
    }
}

#[test]
fn whatever_many_threads_do_with_one_loop_every_call_resolves() {
    const TIME: Duration = Duration::from_millis(1500);
    on_each([Kind::SharedLoop, Kind::MultiThread, Kind::CurrentThread], |on| {
        let made = AtomicUsize::new(0);
        let start = Instant::now();
        thread::scope(|scope| {
            for thread in 0..8_usize {
                let (handle, made) = (on.handle(), &made);
                scope.spawn(move || {
                    let mut seed = thread as u64 + 1;
                    while start.elapsed() < TIME {
                        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                        let random = (seed >> 33) as usize;
                        do_one(handle, random % 10, random / 10);
                        made.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        println!("{} calls", made.into_inner());
        on.block_on(ready(())).unwrap();
    });
}

#[test]
fn a_shared_loop_and_an_event_loop_may_call_each_other_from_many_threads() {
    let (shared, event_loop) = (SharedLoop::new().unwrap(), EventLoop::new().unwrap());
    thread::scope(|scope| {
        for _ in 0..4 {
            let (shared, event_loop) = (shared.handle(), event_loop.handle());
            scope.spawn(move || {
                for i in 0..200 {
                    // The event loop's thread polls the call onto the shared loop once, and then waits for it.
                    let call = async {
                        shared.block_on(async move {
                            tokio::task::yield_now().await;
                            i
                        })
                    };
                    assert_eq!(event_loop.block_on(call).unwrap().unwrap(), i);
                    let call = async { event_loop.block_on(async move { i }) };
                    assert_eq!(shared.block_on(call).unwrap().unwrap(), i);
                }
            });
        }
    });
}

#[test]
fn a_task_stays_pending_and_is_cancelled_while_callers_come_and_go() {
    on_shared(|on| {
        let drops = Drops::new();
        let task = idle_task(&on, &drops);
        (0..100).for_each(|_| on.block_on(async { tokio::spawn(async {}).await.unwrap() }).unwrap());
        assert!(is_pending(&task));
        assert!(task.cancel());
        wait_until(|| drops.count() == 1);
        assert!(matches!(task.result(), Err(Error::Cancelled)));
    });
}

#[test]
fn the_next_shared_loops_are_given_out_in_turn_and_are_those_of_the_process() {
    let id = |on: &Handle| on.block_on(async { TokioHandle::current().id() }).unwrap();
    let turn: Vec<_> = (0..32).map(|_| id(bridge::next_shared())).collect();
    assert!(turn.contains(&id(bridge::shared())));
    assert!(turn.iter().enumerate().all(|(index, id)| !turn[..index].contains(id)), "{turn:?}");
    let next: Vec<_> = (0..32).map(|_| id(bridge::try_next_shared().unwrap())).collect();
    assert_eq!(next, turn);
}
