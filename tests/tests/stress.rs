//! What programs do to loops beside calling them, at random and at once, from many threads: forks, entered contexts,
//! iterators that are leaked, threads and polls that are abandoned, loops that are closed underneath or shut down in their own
//! context, threads that become a loop, runtimes that two threads drive. Whatever it is, nothing hangs.
//!
//! `STRESS_SECONDS` (3) and `STRESS_THREADS` (6) bound it; `STRESS_SEED` repeats the choices of a run, though not its timing.
#![cfg(unix)]

use std::fmt::Debug;
use std::future::{pending, poll_fn};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use bridge::ReturnWhen::AllCompleted;
use bridge::{Canceller, Error, Facade as _, Handle, threadsafe};
use bridge_tests::kinds::{AnyLoop, Kind};
use bridge_tests::load::{Random, any_seed, setting};
use bridge_tests::process::{in_a_child, in_a_child_with_threads};
use bridge_tests::{HANGS, watchdog};
use tokio::runtime::{Builder, Handle as TokioHandle};
use tokio::task::{spawn_blocking, yield_now};
use tokio::time::sleep;

/// The timeout of a shutdown.
const SHORT: Duration = Duration::from_millis(5);

/// Much longer than any step takes on a busy machine.
const LATE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug)]
enum Act {
    Call,
    CallInAContext,
    CallFromATask,
    CallFromAWorker,
    Fork,
    StartLoopsInAChild,
    RunALoop,
    ShutDownInItsContext,
    LeakAnIterator,
    AbandonABlockingThread,
    AbandonALongPoll,
    CallFromTwoInBlockOn,
    CloseUnderCallers,
    CancelACaller,
}

const ACTS: [Act; 14] = [
    Act::Call,
    Act::CallInAContext,
    Act::CallFromATask,
    Act::CallFromAWorker,
    Act::Fork,
    Act::StartLoopsInAChild,
    Act::RunALoop,
    Act::ShutDownInItsContext,
    Act::LeakAnIterator,
    Act::AbandonABlockingThread,
    Act::AbandonALongPoll,
    Act::CallFromTwoInBlockOn,
    Act::CloseUnderCallers,
    Act::CancelACaller,
];

/// What a facade is made of, to see its calls and drops beside all else.
struct Counter(u64);

// A facade has what is `pub`.
#[allow(unreachable_pub)]
#[threadsafe(facade = self::blocking)]
impl Counter {
    pub async fn add(&mut self, more: u64) -> Result<u64, Error> {
        yield_now().await;
        self.0 += more;
        Ok(self.0)
    }

    pub async fn close(self) {
        yield_now().await;
    }
}

mod blocking {
    bridge::facade! {
        pub(super) struct Counter(super::Counter): Drop(close);
    }
}

fn any_kind(random: &mut Random) -> Kind {
    Kind::ALL[random.index(Kind::ALL.len())]
}

fn any_with_an_owner(random: &mut Random) -> Kind {
    Kind::LOOPS[random.index(Kind::LOOPS.len())]
}

/// Calls of each kind, with their values. A call that hangs is one that times out.
fn calls(handle: &Handle, time: Duration) {
    let handle = handle.with_timeout(LATE);
    assert_eq!(handle.block_on(async { 1 }).unwrap(), 1);
    handle.block_on(async { sleep(time).await }).unwrap();
    assert_eq!(handle.submit(async { 2 }).result_timeout(LATE).unwrap(), 2);
    let tasks = [handle.submit(async move { sleep(time).await }), handle.submit(async {})];
    let waited = bridge::wait(tasks, AllCompleted, Some(LATE));
    assert_eq!((waited.done.len(), waited.pending.len()), (2, 0));
    let ended = bridge::as_completed((0..3).map(|number| handle.submit(async move { number })));
    assert_eq!(ended.map(|(_, result)| result.unwrap()).sum::<i32>(), 3);
    assert_eq!(handle.iter(futures::stream::iter(0..3)).count(), 3);
    let mut counter = blocking::Counter::wrap(Counter(1), &handle);
    assert_eq!(counter.add(2).unwrap(), 3);
}

fn is_closed<T: Debug>(result: Result<T, Error>) -> bool {
    let closed = matches!(result, Err(Error::Closed));
    assert!(closed, "{result:?}");
    closed
}

fn call_in_a_context(random: &mut Random, kind: Kind, time: Duration) {
    let (on, other) = (AnyLoop::start(kind), AnyLoop::start(any_kind(random)));
    if random.one_in(2) {
        let _context = other.enter();
        calls(&on, time);
        calls(&other, time);
    } else {
        let tokio = other.submit(async { TokioHandle::current() }).result().unwrap();
        let _context = tokio.enter();
        calls(&on, time);
        calls(&other, time);
    }
    // One of the two ends first.
    drop(if random.one_in(2) { on } else { other });
}

fn call_from_a_task(random: &mut Random, kind: Kind, time: Duration) {
    let (on, other) = (AnyLoop::start(kind), AnyLoop::start(any_kind(random)));
    let handle = on.handle().clone();
    other.submit(async move { calls(&handle, time) }).result_timeout(LATE).unwrap();
}

fn call_from_a_worker(kind: Kind, time: Duration) {
    let on = AnyLoop::start(kind);
    let entered = AnyLoop::start(Kind::MultiThread);
    let context = entered.submit(async { TokioHandle::current() }).result().unwrap();
    let handle = on.handle().clone();
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let call = runtime.spawn(async move {
        let _context = context.enter();
        calls(&handle, time);
        // It ends before this worker does, whose tasks have nothing to do with it. tokio lets no worker drop a runtime.
        thread::spawn(|| drop(entered)).join().unwrap();
    });
    runtime.block_on(call).unwrap();
}

fn fork(kind: Kind, time: Duration) {
    let on = AnyLoop::start(kind);
    calls(&on, time);
    let stop = Canceller::new();
    let handle = on.with_canceller(&stop);
    // In use at the fork, by the loop or by a caller.
    let mut held = Some((
        bridge::as_completed((0..100).map(|_| on.submit(yield_now()))),
        on.iter(futures::stream::iter(0..100)).buffered(10),
        blocking::Counter::wrap(Counter(1), &handle),
        on.submit(pending::<()>()),
    ));
    let caller = {
        let (handle, mut yields) = (handle.clone(), 100);
        thread::spawn(move || {
            handle.block_on(poll_fn(|cx| {
                cx.waker().wake_by_ref();
                yields -= 1;
                if yields == 0 { Poll::Ready(()) } else { Poll::Pending }
            }))
        })
    };
    // The child starts no thread: a lock of std's may be held at the fork, by a thread that is being started.
    in_a_child(LATE, || {
        let task = on.submit(async {});
        let is_right = is_closed(on.block_on(async {})) && !task.cancel() && is_closed(task.result()) && on.is_closed();
        let (mut ended, mut items, mut counter, mut never) = held.take().unwrap();
        let is_right = is_right && is_closed(ended.next_timeout(LATE)) && is_closed(never.result_timeout(LATE));
        let is_right = is_right && is_closed(items.next_timeout(LATE)) && is_closed(counter.add(1));
        drop((ended, items, counter, never));
        stop.cancel();
        is_right && matches!(handle.block_on(async {}), Err(Error::Cancelled))
    });
    assert!(caller.join().unwrap().is_ok());
    let (ended, items, mut counter, never) = held.take().unwrap();
    assert_eq!((ended.count(), items.count(), counter.add(1).unwrap()), (100, 100, 2));
    assert!(never.cancel());
    calls(&on, time);
}

/// A fork of a process that has used the loops of the process, of which the child has its own.
fn start_loops_in_a_child(kind: Kind, time: Duration) {
    calls(bridge::shared(), time);
    calls(bridge::global(), time);
    let held = AnyLoop::start(kind);
    // In a child that can start no threads, there is nothing to see.
    let _started = in_a_child_with_threads(LATE, || {
        calls(&AnyLoop::start(kind), time);
        calls(bridge::shared(), time);
        calls(bridge::global(), time);
        bridge::run(async move { sleep(time).await });
        is_closed(held.block_on(async {}))
    });
    calls(&held, time);
}

/// A thread is a loop for a while. It waits for a `spawn_blocking` thread at its end, or for a time alone.
fn run_a_loop(random: &mut Random, kind: Kind, time: Duration) {
    let on = AnyLoop::start(kind);
    let handle = on.handle().clone();
    let abandons = random.one_in(2);
    let (release, released) = mpsc::channel::<()>();
    let (sender, handles) = mpsc::channel();
    let main = async move {
        let own = Handle::current();
        sender.send(own.clone()).unwrap();
        spawn_blocking(move || calls(&handle, time)).await.unwrap();
        spawn_blocking(move || {
            if abandons {
                assert!(released.recv().is_err(), "nothing is sent");
            }
        });
        spawn_blocking(move || calls(&own, time)).await.unwrap();
    };
    let runs = thread::spawn(move || if abandons { bridge::run_timeout(main, SHORT) } else { bridge::run(main) });
    let loop_of_thread = handles.recv_timeout(LATE).unwrap();
    let ended = loop_of_thread.with_timeout(LATE).block_on(async move { sleep(time).await });
    assert!(matches!(ended, Ok(()) | Err(Error::Closed)), "{ended:?}");
    runs.join().unwrap();
    drop(release);
    assert!(is_closed(loop_of_thread.block_on(async {})));
}

fn shut_down_in_its_context(random: &mut Random, time: Duration) {
    let on = AnyLoop::start(any_with_an_owner(random));
    let handle = on.handle().clone();
    let tokio = handle.submit(async { TokioHandle::current() }).result().unwrap();
    let mut task = handle.submit(async move { sleep(time).await });
    let by_tokio = random.one_in(2);
    let (_by_us, _by_tokio) = (handle.enter(), by_tokio.then(|| tokio.enter()));
    match random.below(3) {
        0 => on.shutdown(None).unwrap(),
        1 => {
            let ended = on.shutdown(Some(SHORT));
            assert!(matches!(ended, Ok(()) | Err(Error::TimedOut(_))), "{ended:?}");
        }
        _ => drop(on),
    }
    let ended = task.result_timeout(LATE);
    assert!(matches!(ended, Ok(()) | Err(Error::Closed)), "{ended:?}");
    assert!(is_closed(handle.block_on(async {})));
}

fn leak_an_iterator(random: &mut Random) {
    let on = AnyLoop::start(any_with_an_owner(random));
    let mut numbers = on.iter(futures::stream::iter(0..3));
    if random.one_in(2) {
        assert_eq!(numbers.next(), Some(0));
    }
    if random.one_in(16) {
        // By another thread, which asks no more.
        thread::spawn(move || mem::forget((numbers.next(), numbers))).join().unwrap();
        on.shutdown(None).unwrap();
        return;
    }
    mem::forget(numbers);
    let ended = on.shutdown(Some(SHORT));
    assert!(matches!(ended, Ok(()) | Err(Error::TimedOut(_))), "{ended:?}");
}

/// Ends a loop on which something is stuck.
fn abandon(on: AnyLoop, random: &mut Random) {
    if random.one_in(2) {
        let ended = on.shutdown(Some(SHORT));
        assert!(matches!(ended, Err(Error::TimedOut(_))), "{ended:?}");
    } else {
        on.shutdown_background();
    }
}

fn abandon_a_long_poll(random: &mut Random) {
    let on = AnyLoop::start(any_with_an_owner(random));
    let (release, released) = mpsc::channel::<()>();
    let (sender, stuck) = mpsc::channel();
    let mut task = on.submit(async move {
        sender.send(()).unwrap();
        assert!(released.recv().is_err(), "nothing is sent");
        pending::<()>().await;
    });
    stuck.recv_timeout(LATE).unwrap();
    abandon(on, random);
    drop(release);
    assert!(is_closed(task.result_timeout(LATE)));
}

/// One of two threads drives the runtime, and leaves at some time. Who then waits for it inside `block_on` cannot go on.
fn call_from_two_in_block_on(random: &mut Random, time: Duration) {
    let runtime = Arc::new(Builder::new_current_thread().enable_all().build().unwrap());
    let other = random.micros(2_000);
    let threads = [time, other].map(|time| {
        let runtime = Arc::clone(&runtime);
        thread::spawn(move || {
            let handle = Handle::from(&*runtime).with_timeout(LATE);
            runtime.block_on(async {
                sleep(time).await;
                [handle.block_on(sleep(time)), handle.submit(sleep(time)).result()]
            })
        })
    });
    for thread in threads {
        for ended in thread.join().unwrap() {
            assert!(matches!(ended, Ok(()) | Err(Error::WouldDeadlock(_))), "{ended:?}");
        }
    }
}

fn abandon_a_blocking_thread(random: &mut Random) {
    let on = AnyLoop::start(any_with_an_owner(random));
    let (release, released) = mpsc::channel::<()>();
    let (sender, stuck) = mpsc::channel();
    let mut task = on.submit(async move {
        let blocks = move || {
            sender.send(()).unwrap();
            assert!(released.recv().is_err(), "nothing is sent");
        };
        spawn_blocking(blocks).await.unwrap();
    });
    stuck.recv_timeout(LATE).unwrap();
    abandon(on, random);
    assert!(is_closed(task.result_timeout(LATE)));
    drop(release);
}

fn close_under_callers(random: &mut Random) {
    let on = AnyLoop::start(any_with_an_owner(random));
    // Each asks for the loop's runtime once more, from inside its call.
    let waits = |handle: Handle| async move {
        drop(handle.enter());
        pending::<()>().await;
    };
    let caller = |handle: Handle| thread::spawn(move || handle.block_on(waits(handle.clone())));
    let callers: Vec<_> = (0..3).map(|_| caller(on.with_timeout(LATE))).collect();
    thread::sleep(random.micros(500));
    on.close();
    assert!(callers.into_iter().all(|caller| is_closed(caller.join().unwrap())));
}

fn cancel_a_caller(random: &mut Random, kind: Kind) {
    let on = AnyLoop::start(kind);
    let stop = Canceller::new();
    let handle = on.with_timeout(LATE).with_canceller(&stop);
    let caller = thread::spawn(move || handle.block_on(pending::<()>()));
    thread::sleep(random.micros(500));
    stop.cancel();
    let ended = caller.join().unwrap();
    assert!(matches!(ended, Err(Error::Cancelled)), "{ended:?}");
}

impl Act {
    fn run(self, random: &mut Random) {
        let (kind, time) = (any_kind(random), random.micros(2_000));
        match self {
            Act::Call => calls(&AnyLoop::start(kind), time),
            Act::CallInAContext => call_in_a_context(random, kind, time),
            Act::CallFromATask => call_from_a_task(random, kind, time),
            Act::CallFromAWorker => call_from_a_worker(kind, time),
            Act::Fork => fork(kind, time),
            Act::StartLoopsInAChild => start_loops_in_a_child(kind, time),
            Act::RunALoop => run_a_loop(random, kind, time),
            Act::ShutDownInItsContext => shut_down_in_its_context(random, time),
            Act::LeakAnIterator => leak_an_iterator(random),
            Act::AbandonABlockingThread => abandon_a_blocking_thread(random),
            Act::AbandonALongPoll => abandon_a_long_poll(random),
            Act::CallFromTwoInBlockOn => call_from_two_in_block_on(random, time),
            Act::CloseUnderCallers => close_under_callers(random),
            Act::CancelACaller => cancel_a_caller(random, kind),
        }
    }
}

#[test]
fn nothing_hangs_whatever_is_done_beside_the_calls() {
    let time = Duration::from_secs(setting("STRESS_SECONDS", 3));
    let threads: u64 = setting("STRESS_THREADS", 6);
    let seed = setting("STRESS_SEED", any_seed());
    println!("STRESS_SEED={seed}");
    watchdog(time + 2 * HANGS, move || {
        let until = Instant::now() + time;
        let threads: Vec<_> = (0..threads)
            .map(|number| {
                thread::spawn(move || {
                    let mut random = Random::new(seed.wrapping_add(number));
                    let mut acts = 0;
                    while Instant::now() < until {
                        let act = ACTS[random.index(ACTS.len())];
                        let ran = catch_unwind(AssertUnwindSafe(|| act.run(&mut random)));
                        assert!(ran.is_ok(), "{act:?}, the {acts}th of thread {number}");
                        acts += 1;
                    }
                    acts
                })
            })
            .collect();
        let acts: u64 = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        println!("{acts} acts");
        assert!(acts > 0);
    });
}
