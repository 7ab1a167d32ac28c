//! What a thread drives decides what it may wait for, not which runtime's context it has entered. Every combination of the
//! two, and of what is done there: each gives an answer, and tokio panics nowhere.

use std::fmt::Debug;
use std::future::poll_fn;
use std::panic;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, mpsc};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use bridge::{Error, EventLoop, Handle, ReturnWhen, SharedLoop};
use bridge_tests::kinds::{AnyLoop, Kind, for_each, on_each};
use bridge_tests::{HANGS, Log, OnDrop, wait_until};
use tokio::runtime::{Builder, Handle as TokioHandle, Runtime};
use tokio::task::LocalSet;
use tokio::time::sleep;

/// The texts of all panics of this process.
static PANICS: LazyLock<Log<String>> = LazyLock::new(|| {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        PANICS.push(info.to_string());
        report(info);
    }));
    Log::new()
});

/// One test at a time, so that each knows whose panics these are.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    LazyLock::force(&PANICS);
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    drop(PANICS.take());
    alone
}

const MOMENT: Duration = Duration::from_millis(1);

/// What a thread is when it calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drives {
    Nothing,
    ATaskOf(Kind),
    ACallOf(Kind),
    ABlockingThreadOf(Kind),
    BlockOnOfAMultiThreadRuntime,
    BlockOnOfACurrentThreadRuntime,
    ATaskOfACurrentThreadRuntime,
    ALocalSet,
    Run,
}

const DRIVES: [Drives; 18] = [
    Drives::Nothing,
    Drives::ATaskOf(Kind::EventLoop),
    Drives::ATaskOf(Kind::SharedLoop),
    Drives::ATaskOf(Kind::MultiThread),
    Drives::ATaskOf(Kind::CurrentThread),
    Drives::ACallOf(Kind::EventLoop),
    Drives::ACallOf(Kind::SharedLoop),
    Drives::ACallOf(Kind::MultiThread),
    Drives::ACallOf(Kind::CurrentThread),
    Drives::ABlockingThreadOf(Kind::EventLoop),
    Drives::ABlockingThreadOf(Kind::SharedLoop),
    Drives::ABlockingThreadOf(Kind::MultiThread),
    Drives::ABlockingThreadOf(Kind::CurrentThread),
    Drives::BlockOnOfAMultiThreadRuntime,
    Drives::BlockOnOfACurrentThreadRuntime,
    Drives::ATaskOfACurrentThreadRuntime,
    Drives::ALocalSet,
    Drives::Run,
];

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

impl Drives {
    fn is_a_task_of_one_thread(self) -> bool {
        let tasks = [Drives::ATaskOf(Kind::CurrentThread), Drives::ATaskOfACurrentThreadRuntime, Drives::ALocalSet];
        tasks.contains(&self)
    }

    /// Runs `f` on a thread that is this, and gives its value.
    fn run<R: Send + 'static>(self, f: impl FnOnce() -> R + Send + 'static) -> R {
        match self {
            Drives::Nothing => f(),
            Drives::ATaskOf(kind) => AnyLoop::named(kind, "outer").submit(async { f() }).result().unwrap(),
            Drives::ACallOf(kind) => AnyLoop::named(kind, "outer").block_on(async { f() }).unwrap(),
            Drives::ABlockingThreadOf(kind) => {
                let outer = AnyLoop::named(kind, "outer");
                outer.submit(async { tokio::task::spawn_blocking(f).await.unwrap() }).result().unwrap()
            }
            Drives::BlockOnOfAMultiThreadRuntime => {
                Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap().block_on(async { f() })
            }
            Drives::BlockOnOfACurrentThreadRuntime => current_thread().block_on(async { f() }),
            Drives::ATaskOfACurrentThreadRuntime => {
                let runtime = current_thread();
                let task = runtime.spawn(async { f() });
                runtime.block_on(task).unwrap()
            }
            Drives::ALocalSet => LocalSet::new().block_on(&current_thread(), async { f() }),
            Drives::Run => bridge::run(async { f() }),
        }
    }
}

/// In whose context that thread is besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entered {
    Nothing,
    /// By tokio's `enter`.
    Tokio(Kind),
    /// By `Handle::enter`.
    Handle(Kind),
    /// Of a runtime that nobody drives.
    Undriven,
    /// By tokio's `enter`, of one that has ended.
    Ended(Kind),
}

const ENTERED: [Entered; 14] = [
    Entered::Nothing,
    Entered::Tokio(Kind::EventLoop),
    Entered::Tokio(Kind::SharedLoop),
    Entered::Tokio(Kind::MultiThread),
    Entered::Tokio(Kind::CurrentThread),
    Entered::Handle(Kind::EventLoop),
    Entered::Handle(Kind::SharedLoop),
    Entered::Handle(Kind::MultiThread),
    Entered::Handle(Kind::CurrentThread),
    Entered::Undriven,
    Entered::Ended(Kind::EventLoop),
    Entered::Ended(Kind::SharedLoop),
    Entered::Ended(Kind::MultiThread),
    Entered::Ended(Kind::CurrentThread),
];

fn tokio_handle(on: &Handle) -> TokioHandle {
    on.submit(async { TokioHandle::current() }).result().unwrap()
}

impl Entered {
    fn hides_the_scheduler(self) -> bool {
        matches!(self, Entered::Tokio(_) | Entered::Undriven | Entered::Ended(_))
    }

    fn within<R>(self, f: impl FnOnce() -> R) -> R {
        match self {
            Entered::Nothing => f(),
            Entered::Tokio(kind) => {
                let on = thread::spawn(move || AnyLoop::named(kind, "entered")).join().unwrap();
                let handle = on.handle().clone();
                let tokio = thread::spawn(move || tokio_handle(&handle)).join().unwrap();
                let value = {
                    let _context = tokio.enter();
                    f()
                };
                thread::spawn(move || drop(on)).join().unwrap();
                value
            }
            Entered::Handle(kind) => {
                let on = thread::spawn(move || AnyLoop::named(kind, "entered")).join().unwrap();
                let value = {
                    let _context = on.enter();
                    f()
                };
                thread::spawn(move || drop(on)).join().unwrap();
                value
            }
            Entered::Undriven => {
                let runtime = current_thread();
                let value = {
                    let _context = runtime.enter();
                    f()
                };
                runtime.shutdown_background();
                value
            }
            Entered::Ended(kind) => {
                let start = move || tokio_handle(AnyLoop::named(kind, "ended").handle());
                let ended = thread::spawn(start).join().unwrap();
                let _context = ended.enter();
                f()
            }
        }
    }
}

/// Pending once, and woken by another thread.
async fn pending_once() {
    let mut polled = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut polled, true) {
            return Poll::Ready(());
        }
        let waker = cx.waker().clone();
        thread::spawn(move || waker.wake());
        Poll::Pending
    })
    .await;
}

/// Calls of every kind onto a loop that this thread has nothing to do with: each has its answer.
fn calls_answer(on: &AnyLoop) {
    assert_eq!(on.block_on(async { 1 }).unwrap(), 1);
    on.block_on(pending_once()).unwrap();
    on.block_on(async { sleep(MOMENT).await }).unwrap();
    assert_eq!(on.submit(async { 2 }).result().unwrap(), 2);
    on.submit(async { sleep(MOMENT).await }).result().unwrap();
    let waited = bridge::wait([on.submit(async { sleep(MOMENT).await })], ReturnWhen::AllCompleted, None);
    assert_eq!(waited.done.len(), 1);
    assert_eq!(bridge::as_completed([on.submit(async { sleep(MOMENT).await })]).count(), 1);
    assert_eq!(on.iter(futures::stream::iter(0..2)).count(), 2);
}

#[track_caller]
fn in_every_combination(f: impl Fn(Kind) + Clone + Send + 'static) {
    let _alone = alone();
    for drives in DRIVES {
        let f = f.clone();
        for entered in ENTERED {
            for kind in Kind::ALL {
                println!("{drives:?}, in the context of {entered:?}, onto {kind:?}");
                let f = f.clone();
                drives.run(move || entered.within(|| f(kind)));
                let mut panics = PANICS.take();
                if drives.is_a_task_of_one_thread() && entered.hides_the_scheduler() {
                    // Limitation: nothing distinguishes such a task from one on a worker, so the bridge asks tokio. It
                    // catches the panic by which tokio refuses; the panic hook has reported it by then.
                    panics.retain(|text| !text.contains("can call blocking only when running on the multi-threaded"));
                }
                assert_eq!(panics, [""; 0]);
            }
        }
    }
}

#[test]
fn whatever_a_thread_drives_and_has_entered_its_calls_onto_other_loops_are_answered() {
    in_every_combination(|kind| {
        let on = thread::spawn(move || AnyLoop::start(kind)).join().unwrap();
        calls_answer(&on);
        thread::spawn(move || drop(on)).join().unwrap();
    });
}

#[test]
fn whatever_a_thread_drives_and_has_entered_it_ends_loops_and_waits_for_that() {
    in_every_combination(|kind| {
        if !Kind::LOOPS.contains(&kind) {
            return;
        }
        let start = || {
            let on = AnyLoop::start(kind);
            let (sender, receiver) = mpsc::channel();
            let guard = OnDrop::new(move || sender.send(()).unwrap());
            let last = on.submit(async move {
                let _guard = guard;
                sleep(MOMENT).await;
                7
            });
            (on, last, receiver)
        };
        let (on, last, receiver) = start();
        on.shutdown(None).unwrap();
        receiver.try_recv().unwrap();
        assert_eq!(last.result().unwrap(), 7, "it is finished");
        let (on, last, receiver) = start();
        drop(on);
        receiver.try_recv().unwrap();
        assert!(last.is_done());
    });
}

#[test]
fn a_loop_is_shut_down_in_its_own_context() {
    let _alone = alone();
    for_each(Kind::LOOPS, |kind| {
        for by_handle in [false, true] {
            for timeout in [None, Some(HANGS)] {
                let on = AnyLoop::start(kind);
                let (handle, tokio) = (on.handle().clone(), tokio_handle(&on));
                let last = on.submit(async {
                    sleep(Duration::from_millis(20)).await;
                    7
                });
                if by_handle {
                    let _context = handle.enter();
                    on.shutdown(timeout).unwrap();
                } else {
                    let _context = tokio.enter();
                    on.shutdown(timeout).unwrap();
                }
                assert!(last.is_done());
                assert_eq!(last.result().unwrap(), 7);
            }
        }
        assert_eq!(PANICS.take(), [""; 0]);
    });
}

#[test]
fn a_drop_in_the_context_of_the_loop_waits_for_its_end() {
    let _alone = alone();
    on_each(Kind::LOOPS, |on| {
        let (handle, tokio) = (on.handle().clone(), tokio_handle(&on));
        let (sender, receiver) = mpsc::channel();
        let slow = on.submit(async move {
            let _slow = OnDrop::new(move || {
                thread::sleep(Duration::from_millis(20));
                sender.send(()).unwrap();
            });
            std::future::pending::<()>().await;
        });
        wait_until(|| bridge_tests::kinds::is_pending(&slow));
        {
            let _context = tokio.enter();
            drop(on);
        }
        receiver.try_recv().unwrap();
        assert!(handle.is_closed());
    });
}

/// What a call onto the runtime that this thread drives gives: an answer at once, or a refusal.
#[track_caller]
fn is_refused_or_ready<T: Debug>(answer: Result<T, Error>) {
    assert!(matches!(answer, Ok(_) | Err(Error::WouldDeadlock(_))), "{answer:?}");
}

/// Runs `calls` on a thread that drives a current-thread runtime, in `block_on` and in a task, in each context that it may have
/// entered besides, with a handle to the runtime that it drives.
fn on_a_driver_that_has_entered_another(calls: impl Fn(&Handle) + Clone + Send + 'static) {
    let _alone = alone();
    for entered in ENTERED {
        for is_task in [false, true] {
            println!("in the context of {entered:?}, in a task: {is_task}");
            let runtime = current_thread();
            let (handle, calls) = (Handle::from(&runtime), calls.clone());
            let calls = move || entered.within(|| calls(&handle));
            if is_task {
                let task = runtime.spawn(async move { calls() });
                runtime.block_on(task).unwrap();
            } else {
                runtime.block_on(async { calls() });
            }
            assert_eq!(PANICS.take(), [""; 0]);
        }
    }
}

#[test]
fn a_thread_that_drives_a_current_thread_runtime_and_has_entered_another_is_refused_what_it_would_have_to_do() {
    on_a_driver_that_has_entered_another(|handle| {
        let slept = handle.block_on(async { sleep(MOMENT).await });
        assert!(matches!(slept, Err(Error::WouldDeadlock(_))), "{slept:?}");
        let result = handle.submit(async { sleep(MOMENT).await }).result();
        assert!(matches!(result, Err(Error::WouldDeadlock(_))), "{result:?}");
        is_refused_or_ready(handle.block_on(async { 1 }));
    });
}

#[test]
fn a_cycle_over_an_event_loop_is_an_error_whatever_the_thread_that_drives_a_current_thread_runtime_has_entered() {
    // Whichever of the two waits comes last is refused.
    let refused = |answer: Result<Result<i32, Error>, Error>| {
        assert!(matches!(answer, Err(Error::WouldDeadlock(_)) | Ok(Err(Error::WouldDeadlock(_)))), "{answer:?}");
    };
    on_a_driver_that_has_entered_another(move |here| {
        let event_loop = EventLoop::new().unwrap();
        let back = here.clone();
        refused(event_loop.block_on(async move { back.submit(async { 1 }).result() }));
        let back = here.clone();
        let slept = async move { back.block_on(async { sleep(MOMENT).await }).map(|()| 1) };
        refused(event_loop.submit(slept).result());
        drop(event_loop);
    });
}

#[test]
fn a_worker_that_has_entered_a_runtime_that_has_ended_lets_its_own_runtimes_tasks_go_on() {
    let _alone = alone();
    for_each(Kind::ALL, |kind| {
        for workers in [1, 2] {
            let runtime = Builder::new_multi_thread().worker_threads(workers).enable_all().build().unwrap();
            for _ in 0..10 {
                let called = runtime.spawn(async move {
                    let other = tokio::spawn(async {
                        sleep(MOMENT).await;
                        7
                    });
                    Entered::Ended(kind).within(|| bridge::shared().block_on(other).unwrap().unwrap())
                });
                assert_eq!(runtime.block_on(called).unwrap(), 7);
            }
        }
        assert_eq!(PANICS.take(), [""; 0]);
    });
}

#[test]
fn a_thread_in_the_block_on_of_a_loops_own_tokio_handle_may_wait_for_that_loop() {
    let _alone = alone();
    on_each(Kind::LOOPS, |on| {
        let (handle, tokio) = (on.handle().clone(), tokio_handle(&on));
        tokio.block_on(async { calls_answer(&on) });
        let called = on.block_on(async {
            let blocks = move || TokioHandle::current().block_on(async { handle.block_on(pending_once()) });
            tokio::task::spawn_blocking(blocks).await.unwrap()
        });
        called.unwrap().unwrap();
        Runtime::new().unwrap().block_on(async {
            let _context = tokio.enter();
            let last = on.submit(async {
                sleep(MOMENT).await;
                7
            });
            on.shutdown(None).unwrap();
            assert_eq!(last.result().unwrap(), 7);
        });
    });
}

#[test]
fn a_worker_that_entered_a_busy_current_thread_runtime_has_its_answers_from_it() {
    let _alone = alone();
    on_each([Kind::CurrentThread], |on| {
        let on = Arc::new(on);
        // Never parked for long.
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let busy = on.submit(async move {
            let mut stopped = std::pin::pin!(stopped);
            while poll_fn(|cx| Poll::Ready(stopped.as_mut().poll(cx).is_pending())).await {
                tokio::task::yield_now().await;
            }
        });
        let entered = tokio_handle(&on);
        for workers in [1, 2] {
            let runtime = Builder::new_multi_thread().worker_threads(workers).enable_all().build().unwrap();
            for _ in 0..10 {
                let (on, entered) = (Arc::clone(&on), entered.clone());
                let called = runtime.spawn(async move {
                    let _context = entered.enter();
                    calls_answer(&on);
                });
                runtime.block_on(called).unwrap();
            }
        }
        stop.send(()).unwrap();
        busy.result().unwrap();
        assert_eq!(PANICS.take(), [""; 0]);
    });
}

#[test]
fn a_loop_of_another_threads_may_be_shut_down_on_a_blocking_thread_that_has_entered_it() {
    let _alone = alone();
    let runtime = current_thread();
    let shared = SharedLoop::new().unwrap();
    let event_loop = EventLoop::new().unwrap();
    let ended = runtime.block_on(async {
        tokio::task::spawn_blocking(move || {
            let (one, other) = (Handle::from(&event_loop), Handle::from(&shared));
            let _one = one.enter();
            let _other = other.enter();
            (event_loop.shutdown(), shared.shutdown())
        })
        .await
        .unwrap()
    });
    assert!(matches!(ended, (Ok(()), Ok(()))), "{ended:?}");
}

#[test]
fn a_worker_that_waits_gives_its_tasks_to_threads_of_its_own_runtime_whichever_it_has_entered() {
    const CALLS: usize = 2_000;
    let _alone = alone();
    let threads = Arc::new(AtomicUsize::new(0));
    let started = Arc::clone(&threads);
    let entered = Builder::new_multi_thread()
        .worker_threads(1)
        .on_thread_start(move || {
            started.fetch_add(1, Ordering::SeqCst);
        })
        .build()
        .unwrap();
    let outer = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let event_loop = EventLoop::new().unwrap();
    let (handle, context) = (event_loop.handle().clone(), entered.handle().clone());
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        // Their tasks come into the queue of `entered`, and go, all the time.
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    if entered.metrics().global_queue_depth() < 8 {
                        drop(entered.spawn(async {}));
                    }
                }
            });
        }
        // A task each: a worker that has given its tasks away has none to give.
        for _ in 0..CALLS {
            let (handle, context) = (handle.clone(), context.clone());
            let call = outer.spawn(async move {
                let _context = context.enter();
                handle.block_on(tokio::task::yield_now()).unwrap();
            });
            outer.block_on(call).unwrap();
        }
        stop.store(true, Ordering::SeqCst);
    });
    assert_eq!(threads.load(Ordering::SeqCst), 1, "threads of the runtime that was entered");
}

#[test]
fn a_worker_that_waits_in_the_context_of_a_runtime_that_has_shut_down_keeps_its_tasks() {
    let _alone = alone();
    let entered = Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let context = entered.handle().clone();
    entered.shutdown_timeout(HANGS);
    let outer = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let event_loop = EventLoop::new().unwrap();
    let handle = event_loop.handle().clone();
    let (start, started) = tokio::sync::oneshot::channel();
    let call = outer.spawn(async move {
        let other = tokio::spawn(async move { start.send(()).unwrap() });
        {
            let _context = context.enter();
            handle.block_on(async { started.await.unwrap() }).unwrap();
        }
        other.await.unwrap();
    });
    outer.block_on(call).unwrap();
}

#[test]
fn a_worker_that_waits_gives_its_tasks_to_threads_of_its_own_runtime_however_busy_that_is() {
    const CALLS: usize = 500;
    let _alone = alone();
    let own = Builder::new_multi_thread().worker_threads(2).thread_name("own").enable_all().build().unwrap();
    let event_loop = EventLoop::new().unwrap();
    let stop = AtomicBool::new(false);
    let strangers = Arc::new(AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    if own.metrics().global_queue_depth() < 8 {
                        drop(own.spawn(async {}));
                    }
                }
            });
        }
        for _ in 0..CALLS {
            let (handle, strangers) = (event_loop.handle().clone(), Arc::clone(&strangers));
            let call = own.spawn(async move {
                if thread::current().name() != Some("own") {
                    strangers.fetch_add(1, Ordering::SeqCst);
                }
                handle.block_on(tokio::task::yield_now()).unwrap();
            });
            own.block_on(call).unwrap();
        }
        stop.store(true, Ordering::SeqCst);
    });
    assert_eq!(strangers.load(Ordering::SeqCst), 0, "tasks on threads of another runtime");
}
