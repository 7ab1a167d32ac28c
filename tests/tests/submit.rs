//! Submitting from threads, and what comes back: `submit`, `submit_local`, `call_soon`, `Task`.

use std::cell::Cell;
use std::future::{pending, poll_fn, ready};
use std::io::{ErrorKind, Read, Write};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use bridge::{AsCompleted, Builder, CancelOnDrop, Canceller, Deadlock, Error, EventLoop, Handle};
use bridge::{Iter, LocalHandle, Panic, ReturnWhen, SharedLoop, Task, Waited};
use bridge_tests::kinds::{AnyLoop, Kind, for_each, on_each, on_each_pair};
use bridge_tests::{Drops, Log, OnDrop, event_loop, wait_until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;

fn thread_of(handle: &Handle) -> ThreadId {
    handle.block_on(async { thread::current().id() }).unwrap()
}

fn current_thread_runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

// The reference program: an async main and a thread, which blocks on a task that it has submitted.

/// What the program printed, each line with the time since its start.
type Report = Vec<(&'static str, Duration)>;

/// A second of the reference program. What the thread does is half of one off, so that no two lines are due at once.
const UNIT: Duration = Duration::from_millis(100);

fn reference_program() -> Report {
    let start = Instant::now();
    let lines = Log::new();
    let say = {
        let lines = lines.clone();
        move |line| lines.push((line, start.elapsed()))
    };
    let program = say.clone();
    bridge::run(async move {
        program("asyncio running");
        let handle = Handle::current();
        let report = program.clone();
        let task = tokio::spawn(async move {
            let ticks = [">task at 0", ">task at 1", ">task at 2", ">task at 3", ">task at 4"];
            for (unit, tick) in (0..).zip(ticks) {
                tokio::time::sleep_until((start + UNIT * unit).into()).await;
                report(tick);
            }
        });
        let report = program.clone();
        let thread = thread::spawn(move || {
            report("thread running");
            thread::sleep((UNIT * 3 / 2).saturating_sub(start.elapsed()));
            let say = report.clone();
            let task2 = handle.submit(async move {
                say(">>task2 running");
                tokio::time::sleep(UNIT * 2).await;
                say(">>task2 done");
            });
            task2.result().unwrap();
            report("thread done");
        });
        task.await.unwrap();
        // Here the reference program relies on the clock: the thread was done a second ago.
        tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap();
        program("asyncio done");
    });
    lines.take()
}

/// The lines with the unit in which each is due, in order.
const REFERENCE: [(&str, f64); 11] = [
    ("asyncio running", 0.0),
    ("thread running", 0.0),
    (">task at 0", 0.0),
    (">task at 1", 1.0),
    (">>task2 running", 1.5),
    (">task at 2", 2.0),
    (">task at 3", 3.0),
    (">>task2 done", 3.5),
    ("thread done", 3.5),
    (">task at 4", 4.0),
    ("asyncio done", 4.0),
];

fn only(report: &Report, of: &[&str]) -> Vec<&'static str> {
    report.iter().map(|(line, _)| *line).filter(|line| of.contains(line)).collect()
}

#[test]
fn the_reference_program_prints_its_lines_in_order() {
    let due = |line: &str| UNIT.mul_f64(REFERENCE.iter().find(|(text, _)| *text == line).unwrap().1);
    // A machine that is too busy for half a unit's punctuality gets another try.
    for _ in 0..20 {
        let report = reference_program();
        assert_eq!(report.len(), REFERENCE.len(), "{report:?}");
        for lines in [
            &["asyncio running", ">task at 0", ">task at 1", ">task at 2", ">task at 3", ">task at 4"][..],
            &["thread running", ">>task2 running", ">>task2 done", "thread done"],
            &["asyncio running", "thread running", "asyncio done"],
        ] {
            assert_eq!(only(&report, lines), lines);
        }
        for (line, at) in &report {
            assert!(*at >= due(line), "`{line}` is early: {report:?}");
        }
        if report.iter().all(|(line, at)| *at < due(line) + UNIT / 2) {
            // At the start three threads' lines are due at once; from then on the order is one.
            let lines: Vec<_> = report[3..].iter().map(|(line, _)| *line).collect();
            assert_eq!(lines, REFERENCE[3..].iter().map(|(line, _)| *line).collect::<Vec<_>>());
            return;
        }
    }
    panic!("in twenty tries the program was never punctual to half a unit");
}

#[test]
fn the_loops_main_future_goes_on_while_a_thread_blocks_on_a_result() {
    let (value, ticks) = bridge::run(async {
        let handle = Handle::current();
        let (ask, mut asked) = tokio::sync::mpsc::channel::<oneshot::Sender<u32>>(1);
        // The thread's future and the main one need each other for every step.
        let thread = thread::spawn(move || {
            let task = handle.submit(async move {
                let mut sum = 0;
                for _ in 0..10 {
                    let (answer, answered) = oneshot::channel();
                    ask.send(answer).await.unwrap();
                    sum += answered.await.unwrap();
                }
                sum
            });
            task.result().unwrap()
        });
        let mut ticks = 0;
        while let Some(answer) = asked.recv().await {
            ticks += 1;
            answer.send(ticks).unwrap();
        }
        (tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap(), ticks)
    });
    assert_eq!((value, ticks), (55, 10));
}

// Where and when the first poll is.

#[test]
fn submit_returns_while_the_loop_is_busy() {
    on_each(Kind::ALL, |on| {
        let blocked = on.block_threads();
        let polled = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&polled);
        let task = on.submit(async move { seen.store(true, Ordering::SeqCst) });
        assert!(!polled.load(Ordering::SeqCst), "polled by the submitter");
        drop(blocked);
        task.result().unwrap();
        assert!(polled.load(Ordering::SeqCst));
    });
}

#[test]
fn the_first_poll_is_on_the_loops_thread() {
    on_each(Kind::ALL, |on| {
        let threads = on.threads();
        assert!(!threads.contains(&thread::current().id()));
        // This thread does not wait for the loop, and so does not drive a shared one.
        let (sender, receiver) = mpsc::channel();
        let sender_too = sender.clone();
        drop(on.submit(async move { sender.send(thread::current().id()).unwrap() }));
        assert!(threads.contains(&receiver.recv().unwrap()));
        if let Some(local) = on.local() {
            drop(local.submit_local(move || async move { sender_too.send(thread::current().id()).unwrap() }));
            assert!(threads.contains(&receiver.recv().unwrap()));
        }
    });
}

/// Whether a future that is submitted to the current loop, from a task of that loop, is polled inside `submit`.
async fn is_polled_inside_submit() -> bool {
    let polled = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&polled);
    let task = Handle::current().submit(async move { seen.store(true, Ordering::SeqCst) });
    let inside = polled.load(Ordering::SeqCst);
    task.await.unwrap();
    assert!(polled.load(Ordering::SeqCst));
    inside
}

#[test]
fn submitting_on_the_loops_own_thread_does_not_poll_inside_submit() {
    // A second worker would be free to poll it meanwhile.
    on_each(Kind::ONE_DRIVER, |on| assert!(!on.submit(is_polled_inside_submit()).result().unwrap()));
    assert!(!bridge::run(is_polled_inside_submit()));
}

#[test]
fn submitting_on_an_external_runtimes_own_thread_does_not_poll_inside_submit() {
    assert!(!current_thread_runtime().block_on(is_polled_inside_submit()));
}

#[test]
fn submit_local_on_the_loops_own_thread_does_not_make_the_future_inside() {
    let event_loop = event_loop();
    let inside = event_loop.block_on(async {
        let made = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&made);
        let task = LocalHandle::current().submit_local(move || {
            seen.store(true, Ordering::SeqCst);
            ready(())
        });
        let inside = made.load(Ordering::SeqCst);
        task.await.unwrap();
        inside
    });
    assert!(!inside.unwrap());
}

#[test]
fn submissions_of_one_thread_start_in_order() {
    on_each(Kind::ONE_DRIVER, |on| {
        let started = Log::new();
        let blocked = on.block_threads();
        // Of every kind, and far more than a loop starts in one tick.
        let mut tasks = Vec::new();
        for i in 0..500 {
            let started = started.clone();
            match i % 3 {
                0 => tasks.push(on.submit(async move {
                    started.push(i);
                    tokio::task::yield_now().await;
                })),
                1 => on.call_soon(move || started.push(i)).unwrap(),
                _ => match on.local() {
                    Some(local) => tasks.push(local.submit_local(move || {
                        started.push(i);
                        ready(())
                    })),
                    None => tasks.push(on.submit(async move { started.push(i) })),
                },
            }
        }
        assert_eq!(started.snapshot(), []);
        drop(blocked);
        tasks.into_iter().for_each(|task| task.result().unwrap());
        assert_eq!(started.take(), (0..500).collect::<Vec<_>>());
    });
}

#[test]
fn each_threads_submissions_start_in_order_while_others_submit() {
    on_each(Kind::ONE_DRIVER, |on| {
        let started = Log::new();
        let together = Barrier::new(4);
        thread::scope(|scope| {
            for thread in 0..4 {
                let (handle, started, together) = (on.handle(), &started, &together);
                scope.spawn(move || {
                    together.wait();
                    for i in 0..500 {
                        let started = started.clone();
                        drop(handle.submit(async move { started.push((thread, i)) }));
                    }
                });
            }
        });
        on.settle();
        let started = started.take();
        for thread in 0..4 {
            let own: Vec<_> = started.iter().filter(|(of, _)| *of == thread).map(|(_, i)| *i).collect();
            assert_eq!(own, (0..500).collect::<Vec<_>>(), "thread {thread}");
        }
    });
}

#[test]
fn submissions_on_the_loops_own_thread_start_in_order() {
    on_each(Kind::ONE_DRIVER, |on| {
        let started = on.submit(async {
            let started = Log::new();
            let submit = |i| {
                let started = started.clone();
                Handle::current().submit(async move { started.push(i) })
            };
            for task in (0..200).map(submit).collect::<Vec<_>>() {
                task.await.unwrap();
            }
            started.take()
        });
        assert_eq!(started.result().unwrap(), (0..200).collect::<Vec<_>>());
    });
}

#[test]
fn submissions_to_a_current_thread_runtime_start_in_order() {
    let runtime = current_thread_runtime();
    let handle = Handle::from(&runtime);
    let started = Log::new();
    let submit = |i| {
        let started = started.clone();
        handle.submit(async move { started.push(i) })
    };
    let tasks: Vec<_> = (0..200).map(submit).collect();
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert_eq!(started.take(), (0..200).collect::<Vec<_>>());
}

// A loop that sleeps, and one that does not.

/// A loop that sends when a thread of it is about to park.
fn loop_that_reports_when_it_parks(kind: Kind) -> (AnyLoop, mpsc::Receiver<()>) {
    let (sender, parks) = mpsc::channel();
    let on = AnyLoop::configured(kind, |tokio| {
        tokio.on_thread_park(move || {
            // Nobody listens to the last ones.
            let _ = sender.send(());
        });
    });
    (on, parks)
}

#[test]
fn an_idle_loop_starts_a_submission() {
    for_each(Kind::ALL, |kind| {
        let (on, parks) = loop_that_reports_when_it_parks(kind);
        for i in 0..100 {
            parks.recv().unwrap();
            assert_eq!(on.submit(ready(i)).result().unwrap(), i);
        }
    });
}

#[test]
fn an_idle_loop_starts_a_scoped_call() {
    // On other kinds of loop a call may need nothing of the loop, which then sleeps on.
    let (on, parks) = loop_that_reports_when_it_parks(Kind::EventLoop);
    for i in 0..100 {
        parks.recv().unwrap();
        assert_eq!(on.block_on(async { &i }).unwrap(), &i);
        assert_eq!(on.local().unwrap().block_on_local(|| ready(i)).unwrap(), i);
    }
}

#[test]
fn an_idle_loop_starts_a_submission_promptly() {
    on_each(Kind::ALL, |on| {
        let took = |i| {
            // Time to fall asleep; without it, less is tested.
            thread::sleep(Duration::from_millis(20));
            let start = Instant::now();
            on.submit(ready(i)).result().unwrap();
            start.elapsed()
        };
        // A busy machine is late now and then, one that only looks from time to time by and large.
        let shortest = (0..20).map(took).min().unwrap();
        assert!(shortest < Duration::from_millis(10), "{shortest:?}");
    });
}

#[test]
fn a_loop_whose_tasks_only_wait_for_others_starts_a_submission() {
    for_each(Kind::ALL, |kind| {
        let (on, parks) = loop_that_reports_when_it_parks(kind);
        let (sender, receiver) = oneshot::channel();
        let waiting = on.submit(receiver);
        parks.recv().unwrap();
        on.submit(async move { sender.send(1).unwrap() }).result().unwrap();
        assert_eq!(waiting.result().unwrap(), Ok(1));
    });
}

#[test]
fn a_hundred_sleepers_take_the_time_of_one() {
    on_each(Kind::ALL, |on| {
        let nap = Duration::from_millis(200);
        let start = Instant::now();
        let tasks: Vec<_> = (0..100).map(|_| on.submit(async move { tokio::time::sleep(nap).await })).collect();
        tasks.into_iter().for_each(|task| task.result().unwrap());
        let took = start.elapsed();
        assert!(took >= nap, "{took:?}");
        assert!(took < nap * 50, "one after the other would be {:?}; took {took:?}", nap * 100);
    });
}

#[test]
fn a_blocked_loop_does_not_stop_the_result_of_a_done_task() {
    on_each(Kind::ALL, |on| {
        let mut asked = on.submit(ready(1));
        let waited = on.submit(ready(2));
        let awaited = on.submit(ready(3));
        on.submit(ready(())).result().unwrap();
        let blocked = on.block_threads();
        assert_eq!(asked.result_timeout(Duration::ZERO).unwrap(), 1);
        assert_eq!(waited.result().unwrap(), 2);
        assert_eq!(current_thread_runtime().block_on(awaited).unwrap(), 3);
        drop(blocked);
    });
}

#[test]
fn a_blocked_loop_takes_any_number_of_submissions() {
    on_each(Kind::ALL, |on| {
        let blocked = on.block_threads();
        let ran = Arc::new(AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        let ran = Arc::clone(&ran);
                        drop(on.submit(async move { ran.fetch_add(1, Ordering::Relaxed) }));
                    }
                });
            }
        });
        assert_eq!(ran.load(Ordering::Relaxed), 0);
        drop(blocked);
        wait_until(|| ran.load(Ordering::Relaxed) == 40_000);
    });
}

#[test]
fn a_burst_of_submissions_does_not_starve_the_loops_timers() {
    on_each(Kind::ALL, |on| {
        // Every one submits the next, so that the queue is never empty while the timer is awaited.
        fn again(handle: Handle, stop: Arc<AtomicBool>) {
            if !stop.load(Ordering::SeqCst) {
                let next = handle.clone();
                let _ = handle.call_soon(move || again(next, stop));
            }
        }
        let stop = Arc::new(AtomicBool::new(false));
        for _ in 0..200 {
            again(Handle::clone(&on), Arc::clone(&stop));
        }
        on.block_on(async { tokio::time::sleep(Duration::from_millis(5)).await }).unwrap();
        stop.store(true, Ordering::SeqCst);
    });
}

// Where it goes on.

#[test]
fn a_future_resumes_on_the_loops_thread_after_every_await() {
    on_each(Kind::ONE_THREAD, |on| {
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        let echo = thread::spawn(move || {
            let (mut socket, _) = server.accept().unwrap();
            let mut byte = [0];
            socket.read_exact(&mut byte).unwrap();
            socket.write_all(&byte).unwrap();
        });
        let there = on.threads()[0];
        let threads = on.submit(async move {
            let mut threads = vec![("start", thread::current().id())];
            let mut now = |after| threads.push((after, thread::current().id()));
            tokio::task::yield_now().await;
            now("yield_now");
            tokio::time::sleep(Duration::from_millis(2)).await;
            now("sleep");
            let (sender, receiver) = oneshot::channel();
            let other = thread::spawn(move || sender.send(()));
            receiver.await.unwrap();
            now("a thread's message");
            other.join().unwrap().unwrap();
            let other = tokio::task::spawn_blocking(|| thread::current().id()).await.unwrap();
            assert_ne!(other, thread::current().id());
            now("spawn_blocking");
            tokio::spawn(async {}).await.unwrap();
            now("spawn");
            let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
            now("connect");
            socket.write_all(b"x").await.unwrap();
            socket.read_exact(&mut [0]).await.unwrap();
            now("read");
            threads
        });
        for (after, thread) in threads.result().unwrap() {
            assert_eq!(thread, there, "after {after}");
        }
        echo.join().unwrap();
    });
}

#[test]
fn two_loops_are_two_threads() {
    on_each_pair(Kind::ALL, Kind::ALL, |one, other| {
        let threads = other.threads();
        assert!(!threads.contains(&thread::current().id()));
        assert!(one.threads().iter().all(|thread| *thread != thread::current().id() && !threads.contains(thread)));
        let blocked = one.block_threads();
        assert_eq!(other.submit(ready(1)).result().unwrap(), 1, "one loop's poll does not hold the other up");
        drop(blocked);
    });
}

#[test]
fn the_threads_name_is_the_builders() {
    for_each(Kind::LOOPS, |kind| {
        let names = AnyLoop::named(kind, "reader").on_threads(|| thread::current().name().map(String::from));
        assert_eq!(names, [Some(String::from("reader"))]);
    });
}

#[test]
fn a_thread_that_was_given_no_name_has_a_unique_one() {
    let name = |handle: &Handle| {
        let (sender, receiver) = mpsc::channel();
        handle.call_soon(move || sender.send(thread::current().name().map(String::from)).unwrap()).unwrap();
        receiver.recv().unwrap().unwrap()
    };
    let (events, shared) = ([(); 2].map(|()| event_loop()), [(); 2].map(|()| SharedLoop::new().unwrap()));
    let mut names = vec![name(&events[0]), name(&events[1]), name(&shared[0]), name(&shared[1])];
    assert!(names.iter().all(|name| !name.is_empty()));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 4, "{names:?}");
}

#[test]
fn run_makes_the_calling_thread_the_loop() {
    let (main, submitted) = bridge::run(async {
        let task = Handle::current().submit(async { thread::current().id() });
        (thread::current().id(), task.await.unwrap())
    });
    assert_eq!(main, thread::current().id());
    assert_eq!(submitted, thread::current().id());
}

#[test]
fn the_global_loop_is_one_and_the_same() {
    let here = thread_of(bridge::global());
    let there = thread::spawn(|| thread_of(bridge::global())).join().unwrap();
    assert_eq!(here, there);
    assert_ne!(here, thread::current().id());
}

// What comes back.

#[test]
fn the_value_comes_back_to_each_of_many_threads() {
    on_each(Kind::ALL, |on| {
        thread::scope(|scope| {
            for thread in 0..8_u64 {
                let handle = on.handle();
                scope.spawn(move || {
                    for i in 0..200 {
                        let value = thread * 1_000 + i;
                        let task = handle.submit(async move {
                            tokio::task::yield_now().await;
                            [value; 16]
                        });
                        assert_eq!(task.result().unwrap(), [value; 16]);
                    }
                });
            }
        });
    });
}

#[test]
fn an_err_of_the_future_is_its_value() {
    on_each(Kind::ALL, |on| {
        // Not to be taken for the bridge's own, even if it is of that type.
        let inner = on.submit(ready(Err::<(), _>(Error::TimedOut(Duration::ZERO)))).result();
        assert!(matches!(inner, Ok(Err(Error::TimedOut(_)))));
        let inner = on.block_on(ready(Err::<(), _>(Error::Cancelled)));
        assert!(matches!(inner, Ok(Err(Error::Cancelled))));
    });
}

#[test]
fn a_panic_while_the_future_is_made_is_the_tasks() {
    let event_loop = event_loop();
    let task = event_loop.submit_local(|| -> std::future::Ready<()> { panic!("not made") });
    let Err(Error::Panicked(panic)) = task.result() else { panic!("it cannot have been made") };
    assert_eq!(panic.into_payload().downcast_ref(), Some(&"not made"));
    assert_eq!(event_loop.block_on(ready(1)).unwrap(), 1, "the loop serves the next call");
}

#[test]
fn a_done_task_can_be_read_on_the_loops_thread() {
    on_each(Kind::ALL, |on| {
        let value = on.submit(async {
            let mut task = Handle::current().submit(ready(1));
            while !task.is_done() {
                tokio::task::yield_now().await;
            }
            let first = task.result_timeout(Duration::MAX).unwrap();
            let task = Handle::current().submit(ready(2));
            while !task.is_done() {
                tokio::task::yield_now().await;
            }
            first + task.result().unwrap()
        });
        assert_eq!(value.result().unwrap(), 3);
    });
}

#[test]
fn is_done_turns_true_once() {
    on_each(Kind::ALL, |on| {
        let (sender, receiver) = oneshot::channel::<()>();
        let mut task = on.submit(receiver);
        assert!(!task.is_done());
        sender.send(()).unwrap();
        wait_until(|| task.is_done());
        task.result_timeout(Duration::ZERO).unwrap().unwrap();
        assert!(task.is_done() && !task.is_cancelled());
    });
}

#[test]
fn a_task_is_not_done_before_its_future_is_dropped() {
    on_each(Kind::ALL, |on| {
        let (enter, entered) = mpsc::channel();
        let (leave, left) = mpsc::channel::<()>();
        let slow = OnDrop::new(move || {
            enter.send(()).unwrap();
            let _ = left.recv();
        });
        // What the future captured outlives its last poll: it goes when the future is dropped.
        let mut task = on.submit(poll_fn(move |_| {
            let _captured = &slow;
            Poll::Ready(1)
        }));
        entered.recv().unwrap();
        assert!(!task.is_done());
        assert!(format!("{task:?}").contains("running"), "{task:?}");
        assert!(matches!(task.result_timeout(Duration::from_millis(10)), Err(Error::TimedOut(_))));
        let woken = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&woken));
        assert!(pin!(&mut task).poll(&mut Context::from_waker(&waker)).is_pending());
        assert_eq!(woken.0.load(Ordering::SeqCst), 0);
        drop(leave);
        wait_until(|| woken.0.load(Ordering::SeqCst) == 1);
        assert!(task.is_done());
        assert_eq!(task.result_timeout(Duration::ZERO).unwrap(), 1);
    });
}

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

// Awaiting a task.

#[test]
fn a_task_can_be_awaited_on_another_loop() {
    on_each_pair(Kind::ALL, Kind::ALL, |one, other| {
        let (sender, receiver) = oneshot::channel();
        let task = one.submit(receiver);
        let awaiting = other.submit(async { (task.await, thread::current().id()) });
        sender.send(5).unwrap();
        let (value, thread) = awaiting.result().unwrap();
        assert_eq!(value.unwrap(), Ok(5));
        assert!(other.polls_tasks_on(thread));
    });
}

#[test]
fn a_task_can_be_awaited_on_an_external_runtime() {
    on_each(Kind::ALL, |on| {
        for runtime in [current_thread_runtime(), tokio::runtime::Runtime::new().unwrap()] {
            let (sender, receiver) = oneshot::channel();
            let task = on.submit(receiver);
            let spawned = runtime.spawn(task);
            runtime.block_on(tokio::task::yield_now());
            sender.send(6).unwrap();
            assert_eq!(runtime.block_on(spawned).unwrap().unwrap(), Ok(6));
        }
    });
}

/// An executor that knows nothing of tokio.
fn drive<F: Future>(future: F) -> F::Output {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn a_task_can_be_awaited_without_any_runtime() {
    on_each(Kind::ALL, |on| {
        let (sender, receiver) = oneshot::channel();
        let task = on.submit(receiver);
        on.call_soon(move || sender.send(7).unwrap()).unwrap();
        assert_eq!(drive(task).unwrap(), Ok(7));
        let task = on.submit(pending::<()>());
        assert!(task.cancel());
        assert!(matches!(drive(task), Err(Error::Cancelled)));
    });
}

#[test]
fn the_last_waker_that_polled_a_task_is_the_one_that_is_woken() {
    on_each(Kind::ALL, |on| {
        let (sender, receiver) = oneshot::channel::<()>();
        let mut task = on.submit(receiver);
        let (first, last) = (Arc::new(Count::default()), Arc::new(Count::default()));
        for count in [&first, &last] {
            let waker = Waker::from(Arc::clone(count));
            assert!(Pin::new(&mut task).poll(&mut Context::from_waker(&waker)).is_pending());
        }
        sender.send(()).unwrap();
        wait_until(|| last.0.load(Ordering::SeqCst) == 1);
        assert_eq!(first.0.load(Ordering::SeqCst), 0);
        task.result().unwrap().unwrap();
    });
}

#[test]
fn a_thread_can_wait_for_a_task_whose_await_was_given_up() {
    on_each(Kind::ALL, |on| {
        let (sender, receiver) = oneshot::channel();
        let mut task = on.submit(receiver);
        let polled = Pin::new(&mut task).poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
        let waiter = thread::spawn(move || task.result());
        sender.send(8).unwrap();
        assert_eq!(waiter.join().unwrap().unwrap(), Ok(8));
    });
}

// Dropping detaches.

#[test]
fn dropping_a_task_lets_its_future_finish() {
    on_each(Kind::ALL, |on| {
        let (sender, receiver) = oneshot::channel::<()>();
        let (finish, finished) = mpsc::channel();
        drop(on.submit(async move {
            receiver.await.unwrap();
            finish.send(()).unwrap();
        }));
        on.submit(ready(())).result().unwrap();
        sender.send(()).unwrap();
        finished.recv().unwrap();
    });
}

#[test]
fn the_output_of_a_dropped_task_is_dropped_on_the_loops_thread() {
    on_each(Kind::ALL, |on| {
        let drops = Drops::new();
        let (sender, receiver) = oneshot::channel::<()>();
        let output = drops.guard();
        drop(on.submit(async move {
            receiver.await.unwrap();
            output
        }));
        sender.send(()).unwrap();
        wait_until(|| drops.count() == 1);
        assert!(on.threads().contains(&drops.threads()[0]));
    });
}

#[test]
fn the_output_of_a_done_task_is_dropped_with_the_task() {
    on_each(Kind::ALL, |on| {
        let drops = Drops::new();
        let output = drops.guard();
        let task = on.submit(async move { output });
        wait_until(|| task.is_done());
        assert_eq!(drops.count(), 0);
        drop(task);
        assert_eq!(drops.threads(), [thread::current().id()]);
    });
}

#[test]
fn dropping_a_future_that_awaits_a_task_lets_the_task_finish() {
    on_each(Kind::ALL, |on| {
        let (sender, receiver) = oneshot::channel::<()>();
        let (finish, finished) = mpsc::channel();
        let task = on.submit(async move {
            receiver.await.unwrap();
            finish.send(()).unwrap();
        });
        let mut awaits = Box::pin(async move { task.await.unwrap() });
        assert!(awaits.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(awaits);
        sender.send(()).unwrap();
        finished.recv().unwrap();
    });
}

// No lock is held while user code runs.

#[test]
fn a_future_may_submit_to_its_loop_while_it_is_polled_or_dropped() {
    on_each(Kind::ALL, |on| {
        let (sender, receiver) = mpsc::channel();
        let submit = move |what: &'static str| {
            let sender = sender.clone();
            drop(Handle::current().submit(async move { sender.send(what).unwrap() }));
        };
        let (polled, dropped) = (submit.clone(), submit);
        on.submit(async move {
            let _guard = OnDrop::new(move || dropped("dropped"));
            polled("polled");
            tokio::task::yield_now().await;
        })
        .result()
        .unwrap();
        let mut events: Vec<_> = receiver.iter().take(2).collect();
        // Of two workers each runs one.
        events.sort_unstable();
        assert_eq!(events, ["dropped", "polled"]);
    });
}

#[test]
fn a_future_that_is_cancelled_before_its_first_poll_may_submit_to_the_same_loop_as_it_is_dropped() {
    on_each(Kind::ALL, |on| {
        let blocked = on.block_threads();
        let (sender, receiver) = mpsc::channel();
        let handle = Handle::clone(&on);
        let submits = OnDrop::new(move || drop(handle.submit(async move { sender.send(()).unwrap() })));
        let task = on.submit(async move { drop(submits) });
        assert!(task.cancel());
        drop(blocked);
        receiver.recv().unwrap();
    });
}

#[test]
fn a_waker_may_submit_to_the_loop_that_wakes_it() {
    struct Submits(Handle, mpsc::Sender<ThreadId>);
    impl Wake for Submits {
        fn wake(self: Arc<Self>) {
            let sender = self.1.clone();
            drop(self.0.submit(async move { sender.send(thread::current().id()).unwrap() }));
        }
    }
    on_each(Kind::ALL, |on| {
        let (sender_thread, receiver_thread) = mpsc::channel();
        let (sender, receiver) = oneshot::channel::<()>();
        let mut task = on.submit(receiver);
        let waker = Waker::from(Arc::new(Submits(Handle::clone(&on), sender_thread)));
        assert!(Pin::new(&mut task).poll(&mut Context::from_waker(&waker)).is_pending());
        sender.send(()).unwrap();
        assert!(on.threads().contains(&receiver_thread.recv().unwrap()));
        assert!(task.is_done(), "done comes before the wake");
    });
}

// Nothing relies on thread tokens.

#[test]
fn a_stray_unpark_ends_no_wait() {
    on_each(Kind::ALL, |on| {
        let (sender, receiver) = oneshot::channel();
        let mut task = on.submit(receiver);
        let waiter = thread::current();
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    waiter.unpark();
                    thread::yield_now();
                }
            });
            let timeout = Duration::from_millis(50);
            let start = Instant::now();
            assert!(matches!(task.result_timeout(timeout), Err(Error::TimedOut(_))));
            assert!(start.elapsed() >= timeout);
            let handle = on.with_timeout(timeout);
            assert!(matches!(handle.block_on(pending::<()>()), Err(Error::TimedOut(_))));
            assert!(start.elapsed() >= timeout * 2);
            sender.send(9).unwrap();
            assert_eq!(task.result().unwrap(), Ok(9));
            for i in 0..100 {
                let value = on.block_on(async {
                    tokio::task::yield_now().await;
                    i
                });
                assert_eq!(value.unwrap(), i);
            }
            stop.store(true, Ordering::SeqCst);
        });
    });
}

#[test]
fn a_future_that_eats_its_threads_token_ends_nothing() {
    /// Takes a token away on whatever thread polls or drops it.
    fn eat() {
        thread::current().unpark();
        thread::park();
        thread::park_timeout(Duration::from_micros(1));
    }
    on_each(Kind::ALL, |on| {
        let eater = || async {
            let _guard = OnDrop::new(eat);
            for _ in 0..3 {
                eat();
                tokio::task::yield_now().await;
            }
        };
        for _ in 0..50 {
            on.submit(eater()).result().unwrap();
            on.block_on(eater()).unwrap();
        }
        // Dropped on this thread, which is about to wait.
        let blocked = on.block_threads();
        let guard = OnDrop::new(eat);
        let mut task = on.submit(async move {
            drop(guard);
            pending::<()>().await;
        });
        let canceller = task.canceller();
        let other = on.submit(ready(10));
        assert!(canceller.cancel());
        assert!(matches!(task.result_timeout(Duration::MAX), Err(Error::Cancelled)));
        drop(blocked);
        assert_eq!(other.result().unwrap(), 10);
    });
}

#[test]
fn a_main_future_that_eats_tokens_still_gets_its_tasks() {
    let value = bridge::run(async {
        let (sender, receiver) = oneshot::channel();
        let handle = Handle::current();
        let thread = thread::spawn(move || handle.submit(async move { sender.send(11) }).result());
        let mut receiver = pin!(receiver);
        let value = poll_fn(|cx| {
            thread::park_timeout(Duration::from_micros(50));
            receiver.as_mut().poll(cx)
        })
        .await;
        thread.join().unwrap().unwrap().unwrap();
        value
    });
    assert_eq!(value, Ok(11));
}

// `call_soon`.

#[test]
fn call_soon_runs_on_the_loops_thread_in_the_loops_context() {
    on_each(Kind::ALL, |on| {
        let (sender, receiver) = mpsc::channel();
        let call = move || sender.send((thread::current().id(), Handle::try_current().is_some())).unwrap();
        on.call_soon(call).unwrap();
        let (thread, has_loop) = receiver.recv().unwrap();
        assert!(on.threads().contains(&thread) && has_loop);
    });
}

#[test]
fn call_soon_returns_before_its_function_has_run() {
    on_each(Kind::ALL, |on| {
        let blocked = on.block_threads();
        let (sender, receiver) = mpsc::channel();
        on.call_soon(move || sender.send(()).unwrap()).unwrap();
        assert!(receiver.try_recv().is_err());
        drop(blocked);
        receiver.recv().unwrap();
    });
}

// What the types are.

#[test]
fn the_debug_of_a_task_shows_its_state_and_asks_nothing_of_t() {
    struct Opaque;
    on_each(Kind::ALL, |on| {
        let blocked = on.block_threads();
        let (sender, receiver) = oneshot::channel::<()>();
        let task = on.submit(async move {
            receiver.await.unwrap();
            Opaque
        });
        let shows = |task: &Task<Opaque>, state: &str| format!("{task:?}").contains(&format!("{state:?}"));
        assert!(shows(&task, "queued"), "{task:?}");
        drop(blocked);
        wait_until(|| shows(&task, "pending"));
        sender.send(()).unwrap();
        wait_until(|| task.is_done());
        assert!(shows(&task, "done"), "{task:?}");
        let task = on.submit(pending::<Opaque>());
        task.cancel();
        wait_until(|| task.is_done());
        assert!(shows(&task, "cancelled"), "{task:?}");
    });
}

/// Fails by not compiling.
#[test]
fn the_debug_of_what_wait_gives_back_asks_nothing_of_t_either() {
    struct Opaque;
    let waited = Waited::<Opaque> { done: Vec::new(), pending: Vec::new() };
    assert_eq!(format!("{waited:?}"), "Waited { done: [], pending: [] }");
}

/// Fails by not compiling.
#[test]
fn all_public_types_are_send_and_t_need_not_be_sync() {
    fn send<T: Send + 'static>() {}
    fn sync<T: Sync>() {}
    send::<Builder>();
    send::<Task<Cell<u8>>>();
    send::<CancelOnDrop<Cell<u8>>>();
    send::<Canceller>();
    send::<Deadlock>();
    send::<Error>();
    send::<EventLoop>();
    send::<Handle>();
    send::<LocalHandle>();
    send::<Panic>();
    send::<SharedLoop>();
    sync::<Canceller>();
    sync::<Error>();
    sync::<EventLoop>();
    sync::<Handle>();
    sync::<LocalHandle>();
    sync::<SharedLoop>();
    fn error<T: std::error::Error>() {}
    error::<Error>();
}

/// Fails by not compiling.
#[test]
fn what_stands_for_many_tasks_or_a_stream_is_send_and_t_need_not_be_sync() {
    fn send<T: Send + 'static>() {}
    send::<AsCompleted<Cell<u8>>>();
    send::<Iter<Cell<u8>>>();
    send::<ReturnWhen>();
    send::<Waited<Cell<u8>>>();
}

/// Fails by not compiling.
#[test]
fn a_panic_may_be_caught_around_all_public_types() {
    fn safe<T: UnwindSafe + RefUnwindSafe>() {}
    safe::<AsCompleted<Cell<u8>>>();
    safe::<CancelOnDrop<Cell<u8>>>();
    safe::<Canceller>();
    safe::<EventLoop>();
    safe::<Handle>();
    safe::<Iter<Cell<u8>>>();
    safe::<LocalHandle>();
    safe::<SharedLoop>();
    safe::<Task<Cell<u8>>>();
    safe::<Waited<Cell<u8>>>();
}

#[test]
fn an_error_becomes_an_io_error_of_a_fitting_kind_and_can_be_taken_out_again() {
    on_each(Kind::ONE_DRIVER, |on| {
        let asks_itself = async { Handle::current().block_on(ready(())) };
        let errors = [
            (on.with_timeout(Duration::ZERO).block_on(ready(())).unwrap_err(), ErrorKind::TimedOut),
            (on.submit(asks_itself).result().unwrap().unwrap_err(), ErrorKind::Deadlock),
            (on.submit(async { panic!("no luck") }).result().map(|(): ()| ()).unwrap_err(), ErrorKind::Other),
        ];
        for (error, kind) in errors {
            let text = error.to_string();
            let error = std::io::Error::from(error);
            assert_eq!((error.kind(), error.to_string()), (kind, text));
            assert!(error.into_inner().unwrap().is::<Error>());
        }
    });
}

#[test]
fn a_result_that_is_not_sync_comes_back_to_another_thread() {
    on_each(Kind::ALL, |on| {
        let task = on.submit(async { Cell::new(1) });
        assert_eq!(thread::spawn(move || task.result()).join().unwrap().unwrap().get(), 1);
    });
}

#[test]
fn a_future_of_submit_local_need_not_be_send() {
    let event_loop = event_loop();
    let task = event_loop.submit_local(|| {
        let shared = Rc::new(Cell::new(1));
        let other = Rc::clone(&shared);
        let spawned = tokio::task::spawn_local(async move { other.set(2) });
        async move {
            spawned.await.unwrap();
            shared.get()
        }
    });
    assert_eq!(task.result().unwrap(), 2);
}

#[test]
fn the_wakers_of_one_task_know_that_they_wake_the_same() {
    on_each(Kind::ALL, |on| {
        let wakers = Log::new();
        let submit = || {
            let (wakers, mut is_first) = (wakers.clone(), true);
            on.submit(poll_fn(move |cx| {
                wakers.push(cx.waker().clone());
                cx.waker().wake_by_ref();
                if std::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) }
            }))
        };
        submit().result().unwrap();
        submit().result().unwrap();
        let [first, again, other, _] = &wakers.take()[..] else { panic!("each is polled twice") };
        assert!(first.will_wake(again) && first.will_wake(&first.clone()));
        assert!(!first.will_wake(other));
    });
}

#[test]
fn a_waker_may_be_used_and_dropped_after_the_end_of_its_loop() {
    on_each(Kind::ALL, |on| {
        let (sender, polled) = mpsc::channel();
        let task = on.submit(poll_fn(move |cx| -> Poll<()> {
            sender.send(cx.waker().clone()).unwrap();
            Poll::Pending
        }));
        let waker = polled.recv().unwrap();
        drop(on);
        assert!(matches!(task.result(), Err(Error::Closed)));
        waker.wake_by_ref();
        thread::spawn(move || waker.wake()).join().unwrap();
        polled.recv().unwrap_err();
    });
}

#[test]
fn a_task_is_polled_once_for_wakes_that_come_before_its_poll() {
    on_each(Kind::ALL, |on| {
        let (sender, polled) = mpsc::channel();
        let polls = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&polls);
        let task = on.submit(poll_fn(move |cx| {
            sender.send(cx.waker().clone()).unwrap();
            if count.fetch_add(1, Ordering::Relaxed) == 1 { Poll::Ready(()) } else { Poll::Pending }
        }));
        let waker = polled.recv().unwrap();
        let blocked = on.block_threads();
        (0..100).for_each(|_| waker.wake_by_ref());
        drop(blocked);
        task.result().unwrap();
        assert_eq!(polls.load(Ordering::Relaxed), 2);
    });
}

#[test]
fn a_task_that_wakes_itself_for_ever_leaves_calls_tasks_and_timers_their_turn() {
    on_each(Kind::ALL, |on| {
        let restless = on.submit(poll_fn(|cx| -> Poll<()> {
            cx.waker().wake_by_ref();
            Poll::Pending
        }));
        on.block_on(async {}).unwrap();
        on.block_on(async { tokio::spawn(async {}).await.unwrap() }).unwrap();
        on.block_on(async { tokio::time::sleep(Duration::from_millis(1)).await }).unwrap();
        on.block_on(tokio::task::yield_now()).unwrap();
        assert!(restless.cancel());
    });
}
