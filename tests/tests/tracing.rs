//! The feature `tracing`: the caller's span follows its future, and what no caller would hear of is logged.
//!
//! `cargo test -p bridge-tests --features tracing --test tracing`
#![cfg(feature = "tracing")]

mod common;

use std::cell::{Cell, RefCell};
use std::fmt::{self, Write as _};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use bridge::__private::facade::{Held, On, drop_with};
use bridge::{Error, EventLoop, Handle, SharedLoop, Task, threadsafe};
use bridge_tests::kinds::{AnyLoop, Kind, for_each, is_pending, on_each};
use bridge_tests::{Log, OnDrop, block_thread, wait_until};
use tracing::field::{Field, Visit};
use tracing::span::Id;
use tracing::subscriber::with_default;
use tracing::{Event, Level, Span, Subscriber};
use tracing_subscriber::layer::{Context as LayerContext, Layer, SubscriberExt as _};
use tracing_subscriber::registry;

/// The events: level, and all fields as text.
static EVENTS: LazyLock<Log<(Level, String)>> = LazyLock::new(|| {
    let subscriber = registry().with(Recorder);
    tracing::subscriber::set_global_default(subscriber).unwrap();
    Log::new()
});

struct Recorder;

impl<S: Subscriber> Layer<S> for Recorder {
    fn on_event(&self, event: &Event<'_>, _: LayerContext<'_, S>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        EVENTS.push((*event.metadata().level(), text.0));
    }

    fn on_enter(&self, _: &Id, _: LayerContext<'_, S>) {
        ON_ENTER.get()();
    }

    fn on_close(&self, _: Id, _: LayerContext<'_, S>) {
        ON_CLOSE.replace(|| ())();
    }
}

thread_local! {
    /// What this thread does in the subscriber when a span is entered.
    static ON_ENTER: Cell<fn()> = const { Cell::new(|| ()) };
    /// And when one is closed, the first time.
    static ON_CLOSE: Cell<fn()> = const { Cell::new(|| ()) };
}

/// Does something, once, at the first event.
struct Once<F>(Mutex<Option<F>>);

impl<S: Subscriber, F: FnOnce() + Send + 'static> Layer<S> for Once<F> {
    fn on_event(&self, _: &Event<'_>, _: LayerContext<'_, S>) {
        // Not under the lock.
        let first = self.0.lock().unwrap().take();
        first.into_iter().for_each(|first| first());
    }
}

/// Runs `f`; the first event on this thread meanwhile makes the subscriber call `first` there.
fn at_the_first_event<R>(first: impl FnOnce() + Send + 'static, f: impl FnOnce() -> R) -> R {
    with_default(registry().with(Once(Mutex::new(Some(first)))), f)
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

/// The events that mention `about`, which only one test does.
fn logged(about: &str) -> Vec<(Level, String)> {
    EVENTS.snapshot().into_iter().filter(|(_, text)| text.contains(about)).collect()
}

/// The name of the span that this thread is in.
fn span() -> Option<&'static str> {
    Span::current().metadata().map(tracing::Metadata::name)
}

/// As [`on_each`], with events recorded.
#[track_caller]
fn recorded_on_each(kinds: impl IntoIterator<Item = Kind>, test: impl Fn(AnyLoop) + Sync) {
    LazyLock::force(&EVENTS);
    on_each(kinds, test);
}

fn event_loop() -> EventLoop {
    LazyLock::force(&EVENTS);
    EventLoop::new().unwrap()
}

#[test]
fn the_callers_span_is_the_futures_in_every_poll_and_while_it_is_dropped() {
    recorded_on_each(Kind::ALL, |on| {
        let seen = Log::new();
        tracing::info_span!("request").in_scope(|| {
            on.block_on(async {
                let _held = OnDrop::new(|| seen.push(span()));
                seen.push(span());
                tokio::task::yield_now().await;
                seen.push(span());
                tokio::time::sleep(Duration::from_millis(1)).await;
                seen.push(span());
            })
            .unwrap();
        });
        assert_eq!(seen.take(), [Some("request"); 4]);
    });
}

#[test]
fn a_calls_span_is_the_callers_on_a_thread_that_is_to_wait_for_another_loop() {
    recorded_on_each(Kind::ALL, |on| {
        let seen = Log::new();
        let (entries, handle) = (seen.clone(), on.handle().clone());
        let call = move || {
            tracing::info_span!("request").in_scope(|| {
                handle.block_on(async {
                    let _held = OnDrop::new(|| entries.push(span()));
                    entries.push(span());
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    entries.push(span());
                })
            })
        };
        // The loop goes on with the future, of which this thread has done the first poll.
        event_loop().block_on(async { call() }).unwrap().unwrap();
        assert_eq!(seen.take(), [Some("request"); 3]);
    });
}

#[test]
fn a_span_that_is_entered_in_a_call_is_left_when_the_call_returns() {
    recorded_on_each(Kind::ALL, |on| {
        tracing::info_span!("request").in_scope(|| {
            let call = on.block_on(async {
                tracing::info_span!("inner").in_scope(|| assert_eq!(span(), Some("inner")));
                tokio::task::yield_now().await;
                span()
            });
            assert_eq!((call.unwrap(), span()), (Some("request"), Some("request")));
        });
        assert_eq!(span(), None);
    });
}

#[test]
fn the_callers_subscriber_hears_what_is_polled_on_the_caller() {
    recorded_on_each([Kind::SharedLoop, Kind::MultiThread, Kind::CurrentThread], |on| {
        let (sender, receiver) = mpsc::channel();
        at_the_first_event(
            move || sender.send(thread::current().id()).unwrap(),
            || {
                on.block_on(async {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    tracing::info!("in the body");
                })
                .unwrap();
            },
        );
        assert_eq!(receiver.try_recv().unwrap(), thread::current().id());
    });
}

#[test]
fn it_is_the_futures_alone_and_not_the_loops() {
    recorded_on_each(Kind::ALL, |on| {
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let task = tracing::info_span!("request").in_scope(|| on.submit(wait));
        assert_eq!(on.block_on(async { span() }).unwrap(), None);
        assert_eq!(on.submit(async { span() }).result().unwrap(), None);
        drop(go);
        task.result().unwrap().unwrap_err();
        assert_eq!(on.block_on(async { span() }).unwrap(), None);
        assert_eq!(on.submit(async { span() }).result().unwrap(), None);
    });
}

#[test]
fn the_span_of_a_thread_that_drives_a_loop_is_not_that_of_the_tasks_it_polls() {
    LazyLock::force(&EVENTS);
    let shared = SharedLoop::new().unwrap();
    let mut here = false;
    while !here {
        let task = shared.submit(async { (thread::current().id(), span()) });
        let (polled_on, seen) = tracing::info_span!("waits").in_scope(|| task.result()).unwrap();
        assert_eq!(seen, None);
        here = polled_on == thread::current().id();
    }
}

#[test]
fn it_follows_a_submitted_future_after_the_caller_has_left_it() {
    recorded_on_each(Kind::ALL, |on| {
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let task = tracing::info_span!("request").in_scope(|| {
            on.submit(async {
                wait.await.unwrap();
                span()
            })
        });
        go.send(()).unwrap();
        assert_eq!(task.result().unwrap(), Some("request"));
    });
}

#[test]
fn a_cancelled_future_is_dropped_in_it() {
    recorded_on_each(Kind::ALL, |on| {
        let seen = Log::new();
        let held = OnDrop::new({
            let seen = seen.clone();
            move || seen.push(span())
        });
        let task = tracing::info_span!("request").in_scope(|| {
            on.submit(async move {
                let _held = held;
                std::future::pending::<()>().await;
            })
        });
        wait_until(|| is_pending(&task));
        task.cancel();
        assert!(matches!(task.result(), Err(Error::Cancelled)));
        assert_eq!(seen.take(), [Some("request")]);
    });
}

#[test]
fn it_is_where_a_future_is_dropped_that_was_cancelled_before_its_first_poll() {
    recorded_on_each(Kind::ALL, |on| {
        let blocked_threads = on.block_threads();
        let seen = Log::new();
        let held = OnDrop::new({
            let seen = seen.clone();
            move || seen.push(span())
        });
        let cancelled = tracing::info_span!("request").in_scope(|| on.submit(async move { drop(held) }));
        assert!(cancelled.cancel());
        assert_eq!(seen.take(), [Some("request")], "it is dropped here, outside of the span");
        drop(blocked_threads);
    });
}

#[test]
fn it_is_where_a_future_is_dropped_that_the_loops_end_closes() {
    recorded_on_each(Kind::LOOPS, |on| {
        let blocked_threads = on.block_threads();
        let seen = Log::new();
        let held = OnDrop::new({
            let seen = seen.clone();
            move || seen.push(span())
        });
        let closed = tracing::info_span!("request").in_scope(|| on.submit(async move { drop(held) }));
        let handle = on.handle().clone();
        let end = thread::spawn(move || drop(on));
        wait_until(|| handle.is_closed());
        drop(blocked_threads);
        end.join().unwrap();
        assert!(matches!(closed.result(), Err(Error::Closed)));
        assert_eq!(seen.take(), [Some("request")]);
    });
}

#[test]
fn it_is_where_a_calls_future_is_dropped_that_the_loops_end_closes() {
    recorded_on_each(Kind::ALL, |on| {
        let (sender, polled) = mpsc::channel();
        let handle = on.handle().clone();
        let caller = thread::spawn(move || {
            let seen = Log::new();
            let ended = tracing::info_span!("request").in_scope(|| {
                handle.block_on(async {
                    let _held = OnDrop::new(|| seen.push(span()));
                    sender.send(()).unwrap();
                    std::future::pending::<()>().await;
                })
            });
            assert!(matches!(ended, Err(Error::Closed)));
            seen.take()
        });
        polled.recv().unwrap();
        drop(on);
        assert_eq!(caller.join().unwrap(), [Some("request")]);
    });
}

#[test]
fn it_is_where_a_call_is_dropped_whose_timeout_has_run_out() {
    recorded_on_each(Kind::ALL, |on| {
        let seen = Log::new();
        let timed = on.with_timeout(Duration::from_millis(50));
        let timed_out = tracing::info_span!("request").in_scope(|| {
            timed.block_on(async {
                let _held = OnDrop::new(|| seen.push(span()));
                std::future::pending::<()>().await;
            })
        });
        assert!(matches!(timed_out, Err(Error::TimedOut(_))));
        assert_eq!(seen.take(), [Some("request")]);
    });
}

#[test]
fn a_local_future_is_made_in_it() {
    let event_loop = event_loop();
    let seen = tracing::info_span!("request").in_scope(|| {
        event_loop.block_on_local(|| {
            let made = span();
            async move { (made, span()) }
        })
    });
    assert_eq!(seen.unwrap(), (Some("request"), Some("request")));
}

#[threadsafe]
async fn current_span() -> Option<&'static str> {
    tokio::task::yield_now().await;
    span()
}

#[test]
fn a_companions_span_is_its_async_fns() {
    recorded_on_each(Kind::ALL, |on| {
        let seen = tracing::info_span!("request").in_scope(|| current_span_blocking(&on));
        assert_eq!(seen, Some("request"));
    });
}

#[test]
fn a_subscriber_that_panics_keeps_no_future_from_being_dropped() {
    recorded_on_each(Kind::ALL, |on| {
        let drops = bridge_tests::Drops::new();
        let guard = drops.guard();
        let task = tracing::info_span!("request").in_scope(|| {
            on.submit(async move {
                let _guard = guard;
                ON_ENTER.set(|| panic!("the subscriber does not enter"));
                std::future::pending::<()>().await;
            })
        });
        wait_until(|| is_pending(&task));
        task.cancel();
        assert!(matches!(task.result(), Err(Error::Cancelled)));
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn a_subscriber_whose_panic_panics_when_it_is_dropped_keeps_no_future_from_being_polled() {
    let event_loop = event_loop();
    let payload = || panic_any(OnDrop::new(|| panic!("the payload of the subscriber's panic")));
    event_loop.call_soon(move || ON_ENTER.set(payload)).unwrap();
    let value = tracing::info_span!("request").in_scope(|| event_loop.block_on(async { 7 }));
    assert_eq!(value.unwrap(), 7);
    assert_eq!(event_loop.block_on(async { 8 }).unwrap(), 8, "the loop goes on");
}

/// A task that is done, whose span is held by the waker alone: the loop is gone.
fn waker_that_holds_a_span(on: AnyLoop) -> Waker {
    let (sender, receiver) = mpsc::channel();
    let keeps_its_waker = poll_fn(move |cx| {
        sender.send(cx.waker().clone()).unwrap();
        Poll::Ready(())
    });
    let task = tracing::info_span!("request").in_scope(|| on.submit(keeps_its_waker));
    task.result().unwrap();
    drop(on);
    receiver.recv().unwrap()
}

#[test]
fn a_subscriber_that_panics_when_a_span_is_closed_does_not_come_out_of_the_drop_of_a_futures_waker() {
    recorded_on_each(Kind::LOOPS, |on| {
        let waker = waker_that_holds_a_span(on);
        thread_local!(static CLOSED: Cell<bool> = const { Cell::new(false) });
        CLOSED.set(false);
        ON_CLOSE.set(|| {
            CLOSED.set(true);
            panic!("the subscriber does not close");
        });
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(waker)));
        assert!(CLOSED.get(), "the waker was not the last that held the span");
        assert!(dropped.is_ok());
    });
}

#[test]
fn a_subscriber_may_use_a_loop_when_the_span_of_a_future_closes() {
    recorded_on_each(Kind::LOOPS, |on| {
        thread_local!(static USED: RefCell<Option<AnyLoop>> = const { RefCell::new(None) });
        let (kind, handle) = (on.kind, on.handle().clone());
        let waker = waker_that_holds_a_span(on);
        USED.replace(Some(AnyLoop::start(kind)));
        ON_CLOSE.set(|| {
            let on = USED.take().unwrap();
            assert!(!on.is_closed());
            assert_eq!(on.submit(async { 1 }).result().unwrap(), 1);
            on.block_on(tokio::task::yield_now()).unwrap();
        });
        drop(waker);
        assert!(USED.take().is_none(), "the waker was not the last that held the span");
        assert!(handle.is_closed());
    });
}

#[test]
fn a_panic_that_nobody_waits_for_is_logged_once() {
    recorded_on_each(Kind::ALL, |on| {
        let text = format!("a panic after its task was dropped, on {:?}", on.kind);
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let panics = text.clone();
        drop(on.submit(async move {
            wait.await.unwrap();
            panic!("{panics}");
        }));
        go.send(()).unwrap();
        wait_until(|| !logged(&text).is_empty());
        drop(on);
        let logged = logged(&text);
        assert!(matches!(&logged[..], [(Level::ERROR, text)] if text.contains("nobody was waiting")), "{logged:?}");
    });
}

#[test]
fn a_panic_whose_task_is_dropped_unread_is_logged_once() {
    recorded_on_each(Kind::ALL, |on| {
        let text = format!("a panic before its task was dropped, on {:?}", on.kind);
        let panics = text.clone();
        let task = on.submit(async move { panic!("{panics}") });
        wait_until(|| task.is_done());
        assert!(logged(&text).is_empty());
        drop::<Task<()>>(task);
        let logged = logged(&text);
        assert!(matches!(&logged[..], [(Level::ERROR, _)]), "{logged:?}");
    });
}

#[test]
fn a_panic_that_is_returned_is_not_logged() {
    recorded_on_each(Kind::ALL, |on| {
        let text = format!("a panic that was asked for, on {:?}", on.kind);
        let panics = |text: &str| {
            let text = text.to_owned();
            async move { panic!("{text}") }
        };
        assert!(matches!(on.submit(panics(&text)).result(), Err::<(), _>(Error::Panicked(_))));
        let (sender, heard) = mpsc::channel();
        on.submit(panics(&text)).on_done(move |result: Result<(), _>| sender.send(result.is_err()).unwrap());
        assert!(heard.recv().unwrap());
        let call = catch_unwind(AssertUnwindSafe(|| on.block_on(async { panic!("{text}") })));
        assert!(call.is_err());
        drop(on);
        assert!(logged(&text).is_empty());
    });
}

#[test]
fn a_blocked_loop_is_warned_of_with_the_call_and_the_loops() {
    LazyLock::force(&EVENTS);
    for_each(Kind::ONE_DRIVER, |kind| {
        let name = format!("the-blocked-{kind:?}");
        let blocked = AnyLoop::named(kind, &name);
        let asked = EventLoop::builder().thread_name("the-asked-loop").build().unwrap();
        let target = Handle::from(&asked);
        // A line for each, since each line is warned of once in a while.
        let (line, task) = match kind {
            Kind::EventLoop => (line!(), blocked.submit(async move { target.block_on(async {}).unwrap() })),
            Kind::SharedLoop => (line!(), blocked.submit(async move { target.block_on(async {}).unwrap() })),
            _ => (line!(), blocked.submit(async move { target.block_on(async {}).unwrap() })),
        };
        task.result().unwrap();
        let logged = logged(&name);
        let site = format!("tracing.rs:{line}:");
        assert!(
            matches!(&logged[..], [(Level::WARN, text)] if text.contains("the-asked-loop") && text.contains(&site)),
            "{logged:?}"
        );
    });
}

#[test]
fn a_subscriber_that_waits_in_the_warning_of_a_blocked_loop_hides_no_cycle() {
    let [alpha, beta, writer] = [(); 3].map(|()| event_loop());
    let (to_alpha, to_writer) = (Handle::from(&alpha), Handle::from(&writer));
    let refused = alpha.block_on(async {
        let write = move || to_writer.block_on(async {}).unwrap();
        at_the_first_event(write, || beta.block_on(async { to_alpha.block_on(async {}) }))
    });
    assert!(matches!(refused, Ok(Ok(Err(Error::WouldDeadlock(_))))), "{refused:?}");
}

#[test]
fn a_blocked_current_thread_runtime_is_warned_of() {
    let event_loop = event_loop();
    let runtime = tokio::runtime::Builder::new_current_thread().name("the-blocked-runtime").build().unwrap();
    runtime.block_on(async { event_loop.block_on(async {}).unwrap() });
    assert!(matches!(&logged("the-blocked-runtime")[..], [(Level::WARN, _)]));
}

#[test]
fn a_thread_that_drives_nothing_logs_no_warning() {
    LazyLock::force(&EVENTS);
    for_each(Kind::ALL, |kind| {
        let name = format!("the-quiet-{kind:?}");
        let on = AnyLoop::named(kind, &name);
        on.block_on(tokio::task::yield_now()).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let handle = on.handle().clone();
        let call = async move { handle.block_on(tokio::task::yield_now()).unwrap() };
        runtime.block_on(async { tokio::spawn(call).await.unwrap() });
        // A thread in a call onto a shared loop does not drive it while it polls its own future.
        let handle = on.handle().clone();
        SharedLoop::new().unwrap().block_on(async { handle.block_on(tokio::task::yield_now()).unwrap() }).unwrap();
        let logged = logged(&name);
        assert!(logged.is_empty(), "{logged:?}");
    });
}

/// An external runtime that nobody drives.
fn undriven() -> tokio::runtime::Runtime {
    LazyLock::force(&EVENTS);
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn a_call_onto_a_runtime_that_nobody_drives_is_warned_of_once_after_a_second_with_its_site() {
    let runtime = undriven();
    let handle = Handle::from(&runtime).with_timeout(Duration::from_millis(2500));
    let line = line!() + 1;
    assert!(matches!(handle.block_on(std::future::pending::<()>()), Err(Error::TimedOut(_))));
    let logged = logged(&format!("tracing.rs:{line}:"));
    assert!(matches!(&logged[..], [(Level::WARN, text)] if text.contains("for a second")), "{logged:?}");
}

#[test]
fn a_call_onto_a_runtime_that_nobody_drives_is_not_warned_of_before_a_second_is_over() {
    let runtime = undriven();
    let handle = Handle::from(&runtime).with_timeout(Duration::from_millis(200));
    let line = line!() + 1;
    assert!(matches!(handle.block_on(std::future::pending::<()>()), Err(Error::TimedOut(_))));
    let logged = logged(&format!("tracing.rs:{line}:"));
    assert!(logged.is_empty(), "{logged:?}");
}

#[test]
fn a_call_onto_a_current_thread_runtime_whose_thread_is_blocked_is_warned_of() {
    recorded_on_each([Kind::CurrentThread], |on| {
        let blocked_threads = on.block_threads();
        let handle = on.with_timeout(Duration::from_millis(2500));
        let line = line!() + 1;
        assert!(matches!(handle.block_on(std::future::pending::<()>()), Err(Error::TimedOut(_))));
        let logged = logged(&format!("tracing.rs:{line}:"));
        assert!(matches!(&logged[..], [(Level::WARN, _)]), "{logged:?}");
        drop(blocked_threads);
    });
}

#[test]
fn a_call_onto_a_runtime_whose_driver_leaves_later_is_warned_of_once() {
    let runtime = Arc::new(undriven());
    let handle = Handle::from(&*runtime).with_timeout(Duration::from_secs(8));
    let line = line!() + 1;
    let caller = thread::spawn(move || handle.block_on(std::future::pending::<()>()));
    let warnings = || logged(&format!("tracing.rs:{line}:"));
    // Longer than it takes to see that the runtime is driven.
    runtime.block_on(async { tokio::time::sleep(Duration::from_millis(2500)).await });
    assert_eq!(warnings(), []);
    assert!(matches!(caller.join().unwrap(), Err(Error::TimedOut(_))));
    assert!(matches!(&warnings()[..], [(Level::WARN, text)] if text.contains("for a second")), "{:?}", warnings());
}

#[test]
fn a_subscriber_that_waits_in_the_warning_of_a_call_takes_no_wake_of_that_call() {
    let event_loop = event_loop();
    let handle = Handle::from(&event_loop);
    let blocked_thread = block_thread(&event_loop);
    let write = move || {
        blocked_thread.release();
        // The call is done, and its wake was sent, when this comes after it.
        let (sender, receiver) = mpsc::channel();
        handle.call_soon(move || sender.send(()).unwrap()).unwrap();
        receiver.recv().unwrap();
        // A wait that parks, whatever has come, and whose end wakes nobody.
        let waited = handle.submit(std::future::pending::<()>()).result_timeout(Duration::from_millis(100));
        assert!(matches!(waited, Err(Error::TimedOut(_))));
    };
    assert_eq!(at_the_first_event(write, || event_loop.block_on(async { 7 })).unwrap(), 7);
}

#[test]
fn a_task_that_no_loop_starts_is_warned_of_where_it_is_waited_for() {
    let runtime = undriven();
    let task = Handle::from(&runtime).submit(async {});
    let line = line!() + 1;
    let waited = bridge::wait([task], bridge::ReturnWhen::AllCompleted, Some(Duration::from_millis(1500)));
    assert_eq!(waited.pending.len(), 1);
    assert_eq!(logged(&format!("tracing.rs:{line}:")).len(), 1);
}

#[test]
fn a_call_that_is_slow_but_was_started_is_not_warned_of() {
    LazyLock::force(&EVENTS);
    let loops = Kind::ALL.map(AnyLoop::start);
    let line = line!() + 4;
    thread::scope(|scope| {
        for on in &loops {
            scope.spawn(|| {
                on.block_on(async { tokio::time::sleep(Duration::from_millis(2500)).await }).unwrap();
            });
        }
    });
    let logged = logged(&format!("tracing.rs:{line}:"));
    assert!(logged.is_empty(), "{logged:?}");
}

#[test]
fn a_call_that_waits_for_nothing_of_its_loops_is_not_warned_of() {
    LazyLock::force(&EVENTS);
    let loops = Kind::ALL.map(AnyLoop::start);
    let line = line!() + 5;
    thread::scope(|scope| {
        for on in &loops {
            scope.spawn(|| {
                let handle = on.with_timeout(Duration::from_millis(2500));
                handle.block_on(std::future::pending::<()>()).unwrap_err();
            });
        }
    });
    let logged = logged(&format!("tracing.rs:{line}:"));
    assert!(logged.is_empty(), "{logged:?}");
}

#[test]
fn a_task_that_is_slow_but_was_started_is_not_warned_of_where_it_is_waited_for() {
    recorded_on_each(Kind::ALL, |on| {
        let slow = || on.submit(std::future::pending::<()>());
        let (mut one, many, next) = (slow(), [slow()], [slow()]);
        let mut next = bridge::as_completed(next);
        let mut items = on.iter(futures::stream::pending::<()>());
        on.settle();
        let timeout = Duration::from_millis(1300);
        let first = line!() + 1;
        thread::scope(|scope| {
            scope.spawn(|| one.result_timeout(timeout).unwrap_err());
            scope.spawn(|| bridge::wait(many, bridge::ReturnWhen::AllCompleted, Some(timeout)));
            scope.spawn(|| next.next_timeout(timeout).unwrap_err());
            scope.spawn(|| items.next_timeout(timeout).unwrap_err());
        });
        for line in first..line!() {
            assert!(logged(&format!("tracing.rs:{line}:")).is_empty(), "line {line}");
        }
    });
}

#[test]
fn an_executor_of_ones_own_is_no_loop() {
    let event_loop = EventLoop::builder().thread_name("asked-by-a-hand-made-executor").build().unwrap();
    LazyLock::force(&EVENTS);
    let mut future = pin!(async { event_loop.block_on(async {}).unwrap() });
    assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    assert!(logged("asked-by-a-hand-made-executor").is_empty());
}

#[test]
fn a_drop_that_does_not_await_its_method_is_logged_once_for_a_line() {
    // A line for each kind.
    let drops: [fn(Held<()>, Duration); 4] = [
        |held, timeout| drop_with(held, timeout, |()| std::future::pending::<()>()),
        |held, timeout| drop_with(held, timeout, |()| std::future::pending::<()>()),
        |held, timeout| drop_with(held, timeout, |()| std::future::pending::<()>()),
        |held, timeout| drop_with(held, timeout, |()| std::future::pending::<()>()),
    ];
    let next = AtomicUsize::new(0);
    recorded_on_each(Kind::ALL, |on| {
        let (timeout, before) = (Duration::from_millis(23), logged("23ms").len());
        let drop_here = drops[next.fetch_add(1, Ordering::Relaxed)];
        (0..2).for_each(|_| drop_here(Held::with((), &On::new(&on)), timeout));
        let logged = logged("23ms");
        assert_eq!(logged.len(), before + 1);
        let (level, text) = logged.last().unwrap();
        assert!(*level == Level::WARN && text.contains("the drop of a facade did not await its method"), "{text}");
        assert!(text.contains("tests/tracing.rs:"), "{text}");
    });
}

/// Calls the loop in `CALLED`, if there is one, at each event and each change of a span.
struct CallsLoops;

static CALLED: Mutex<Option<Handle>> = Mutex::new(None);

thread_local! {
    /// How often this thread is inside the subscriber.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

fn call_a_loop() {
    let Some(handle) = CALLED.lock().unwrap().clone() else { return };
    DEPTH.set(DEPTH.get() + 1);
    assert!(DEPTH.get() < 10, "the subscriber receives the events of its own calls");
    let _ = handle.block_on(async {});
    let _ = handle.submit(async {}).result();
    DEPTH.set(DEPTH.get() - 1);
}

impl<S: Subscriber> Layer<S> for CallsLoops {
    fn on_event(&self, _: &Event<'_>, _: LayerContext<'_, S>) {
        call_a_loop();
    }

    fn on_enter(&self, _: &Id, _: LayerContext<'_, S>) {
        call_a_loop();
    }

    fn on_exit(&self, _: &Id, _: LayerContext<'_, S>) {
        call_a_loop();
    }

    fn on_close(&self, _: Id, _: LayerContext<'_, S>) {
        call_a_loop();
    }
}

/// In a process of its own: this subscriber is everybody's.
#[test]
fn a_call_inside_a_subscriber_is_not_logged() {
    const CHILD: &str = "BRIDGE_TESTS_CHILD";
    if std::env::var_os(CHILD).is_none() {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "a_call_inside_a_subscriber_is_not_logged", "--nocapture"]);
        return {
            let out = child.env(CHILD, "1").output().unwrap();
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        };
    }
    tracing::subscriber::set_global_default(registry().with(CallsLoops)).unwrap();
    for called in Kind::ALL {
        let called = AnyLoop::named(called, "called by the subscriber");
        for kind in Kind::ALL {
            println!("{kind:?}, and the subscriber calls {:?}", called.kind);
            let on = AnyLoop::start(kind);
            *CALLED.lock().unwrap() = Some(called.handle().clone());
            let span = tracing::info_span!("outer");
            span.in_scope(|| {
                // Events on the caller's thread, and where the future is polled.
                tracing::info!("of the caller's");
                on.block_on(async {
                    tracing::info!("of the body's");
                    tokio::task::yield_now().await;
                })
                .unwrap();
                on.submit(async { tracing::info!("of the task's") }).result().unwrap();
                // Events of the bridge: a panic that nobody waits for, and a loop that is blocked.
                let unread = on.submit(async { panic_any("nobody waits") });
                wait_until(|| unread.is_done());
                drop::<Task<()>>(unread);
                let other = called.handle().clone();
                on.submit(async move { other.block_on(async {}) }).result().unwrap().unwrap();
            });
            *CALLED.lock().unwrap() = None;
        }
    }
}

#[test]
fn the_callers_dispatcher_hears_what_is_polled_elsewhere() {
    recorded_on_each(Kind::ALL, |on| {
        let heard = Arc::new(Mutex::new(Vec::new()));
        with_default(registry().with(Hears(Arc::clone(&heard))), || {
            on.block_on(async {
                tracing::info!("a call");
                tokio::task::yield_now().await;
                tracing::info!("a call, later");
            })
            .unwrap();
            on.submit(async { tracing::info!("a task") }).result().unwrap();
            if let Some(local) = on.local() {
                local.block_on_local(|| async { tracing::info!("a local call") }).unwrap();
            }
            speaks_blocking(&on);
            let pending = on.submit(async {
                let _dropped = OnDrop::new(|| tracing::info!("a drop"));
                std::future::pending::<()>().await;
            });
            wait_until(|| is_pending(&pending));
            pending.cancel();
            pending.result().unwrap_err();
        });
        // Events of other callers, which this subscriber does not receive.
        on.submit(async { tracing::info!("nobody's") }).result().unwrap();
        on.block_on(async { tracing::info!("nobody's") }).unwrap();
        let mut expected = vec!["a call", "a call, later", "a task", "a companion", "a drop"];
        if on.local().is_some() {
            expected.insert(3, "a local call");
        }
        assert_eq!(*heard.lock().unwrap(), expected);
    });
}

#[test]
fn the_dispatcher_where_a_callback_was_given_hears_it() {
    recorded_on_each(Kind::ALL, |on| {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let (sender, called) = mpsc::channel();
        let task = on.submit(async { ended.await.is_ok() });
        with_default(registry().with(Hears(Arc::clone(&heard))), || {
            task.on_done(move |_| {
                tracing::info!("a callback");
                sender.send(()).unwrap();
            });
        });
        end.send(()).unwrap();
        called.recv().unwrap();
        assert_eq!(*heard.lock().unwrap(), ["a callback"]);
    });
}

#[threadsafe]
async fn speaks() {
    tracing::info!("a companion");
}

struct Hears(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Hears {
    fn on_event(&self, event: &Event<'_>, _: LayerContext<'_, S>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().unwrap().push(text.0.trim_start_matches("message=").trim_end().to_owned());
    }
}

#[test]
fn a_subscriber_that_is_set_up_later_hears_tasks_that_were_submitted_before() {
    const CHILD: &str = "BRIDGE_TESTS_CHILD";
    if std::env::var_os(CHILD).is_none() {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args([
            "--exact",
            "a_subscriber_that_is_set_up_later_hears_tasks_that_were_submitted_before",
            "--nocapture",
        ]);
        return {
            let out = child.env(CHILD, "1").output().unwrap();
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        };
    }
    let loops = Kind::ALL.map(AnyLoop::start);
    let tasks = loops.each_ref().map(|on| {
        let (go, gone) = tokio::sync::oneshot::channel::<()>();
        let task = on.submit(async {
            gone.await.unwrap();
            tracing::info!("later");
        });
        wait_until(|| is_pending(&task));
        (go, task)
    });
    let heard = Arc::new(Mutex::new(Vec::new()));
    tracing::subscriber::set_global_default(registry().with(Hears(Arc::clone(&heard)))).unwrap();
    for (go, task) in tasks {
        go.send(()).unwrap();
        task.result().unwrap();
    }
    assert_eq!(*heard.lock().unwrap(), ["later"; 4]);
}
