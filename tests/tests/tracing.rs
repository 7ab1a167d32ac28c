//! The feature `tracing`: the caller's span follows its future, and what no caller would hear is told.
//!
//! `cargo test -p bridge-tests --features tracing --test tracing`
#![cfg(feature = "tracing")]

mod common;

use std::cell::{Cell, RefCell};
use std::fmt::{self, Write as _};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::pin;
use std::sync::{LazyLock, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use bridge::{Error, EventLoop, Handle, threadsafe};
use bridge_tests::{HANGS, Log, OnDrop, Wedge, wait_until, watchdog};
use tracing::field::{Field, Visit};
use tracing::span::Id;
use tracing::subscriber::with_default;
use tracing::{Event, Level, Span, Subscriber};
use tracing_subscriber::layer::{Context as LayerContext, Layer, SubscriberExt as _};
use tracing_subscriber::registry;

/// What was told: level, and all fields as text.
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

/// Does something, once, when it is told of the first event.
struct Once<F>(Mutex<Option<F>>);

impl<S: Subscriber, F: FnOnce() + Send + 'static> Layer<S> for Once<F> {
    fn on_event(&self, _: &Event<'_>, _: LayerContext<'_, S>) {
        // Not under the lock.
        let first = self.0.lock().unwrap().take();
        first.into_iter().for_each(|first| first());
    }
}

/// Runs `f`; the first event that is told on this thread meanwhile makes the subscriber call `first` there.
fn at_the_first_event<R>(first: impl FnOnce() + Send + 'static, f: impl FnOnce() -> R) -> R {
    with_default(registry().with(Once(Mutex::new(Some(first)))), f)
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

/// What was told of `about`, which only one test speaks of.
fn told(about: &str) -> Vec<(Level, String)> {
    EVENTS.snapshot().into_iter().filter(|(_, text)| text.contains(about)).collect()
}

/// The name of the span that this thread is in.
fn span() -> Option<&'static str> {
    Span::current().metadata().map(tracing::Metadata::name)
}

fn event_loop() -> EventLoop {
    LazyLock::force(&EVENTS);
    EventLoop::new().unwrap()
}

#[test]
fn the_callers_span_is_the_futures_in_every_poll_and_while_it_is_dropped() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let seen = Log::new();
        tracing::info_span!("request").in_scope(|| {
            event_loop
                .block_on(async {
                    let _held = OnDrop::new(|| seen.push(span()));
                    seen.push(span());
                    tokio::task::yield_now().await;
                    seen.push(span());
                })
                .unwrap();
        });
        assert_eq!(seen.take(), [Some("request"); 3]);
    });
}

#[test]
fn it_is_the_futures_alone_and_not_the_loops() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let task = tracing::info_span!("request").in_scope(|| event_loop.submit(wait));
        assert_eq!(event_loop.block_on(async { span() }).unwrap(), None);
        drop(go);
        task.result().unwrap().unwrap_err();
        assert_eq!(event_loop.block_on(async { span() }).unwrap(), None);
    });
}

#[test]
fn it_follows_a_submitted_future_after_the_caller_has_left_it() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let task = tracing::info_span!("request").in_scope(|| {
            event_loop.submit(async {
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
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let seen = Log::new();
        let held = OnDrop::new({
            let seen = seen.clone();
            move || seen.push(span())
        });
        let task = tracing::info_span!("request").in_scope(|| {
            event_loop.submit(async move {
                let _held = held;
                std::future::pending::<()>().await;
            })
        });
        event_loop.block_on(async {}).unwrap();
        task.cancel();
        assert!(matches!(task.result(), Err(Error::Cancelled)));
        assert_eq!(seen.take(), [Some("request")]);
    });
}

#[test]
fn it_is_where_a_future_is_dropped_that_was_never_polled() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let wedge = Wedge::on(|job| event_loop.call_soon(job).unwrap());
        let seen = Log::new();
        let submit = || {
            let seen = seen.clone();
            let held = OnDrop::new(move || seen.push(span()));
            tracing::info_span!("request").in_scope(|| event_loop.submit(async move { drop(held) }))
        };
        let (withdrawn, closed) = (submit(), submit());
        assert!(withdrawn.cancel());
        assert_eq!(seen.take(), [Some("request")], "it is dropped here, outside of the span");
        let handle = event_loop.handle().clone();
        let end = thread::spawn(move || drop(event_loop));
        wait_until(|| handle.is_closed());
        wedge.release();
        end.join().unwrap();
        assert!(matches!(closed.result(), Err(Error::Closed)));
        assert_eq!(seen.take(), [Some("request")], "it is dropped by the loop");
    });
}

#[test]
fn it_is_where_a_call_is_dropped_whose_limit_has_run_out() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let seen = Log::new();
        let limited = event_loop.with_timeout(Duration::from_secs(1));
        let timed_out = tracing::info_span!("request").in_scope(|| {
            limited.block_on(async {
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
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let seen = tracing::info_span!("request").in_scope(|| {
            event_loop.block_on_local(|| {
                let made = span();
                async move { (made, span()) }
            })
        });
        assert_eq!(seen.unwrap(), (Some("request"), Some("request")));
    });
}

#[threadsafe]
async fn current_span() -> Option<&'static str> {
    tokio::task::yield_now().await;
    span()
}

#[test]
fn a_companions_span_is_its_async_fns() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let seen = tracing::info_span!("request").in_scope(|| current_span_blocking(&event_loop));
        assert_eq!(seen, Some("request"));
    });
}

#[test]
fn a_subscriber_that_panics_keeps_no_future_from_being_dropped() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let drops = bridge_tests::Drops::new();
        let guard = drops.guard();
        let task = tracing::info_span!("request").in_scope(|| {
            event_loop.submit(async move {
                let _guard = guard;
                ON_ENTER.set(|| panic!("the subscriber does not enter"));
                std::future::pending::<()>().await;
            })
        });
        event_loop.block_on(async {}).unwrap();
        task.cancel();
        assert!(matches!(task.result(), Err(Error::Cancelled)));
        assert_eq!(drops.count(), 1);
    });
}

#[test]
fn a_subscriber_whose_panic_panics_when_it_is_dropped_keeps_no_future_from_being_polled() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let payload = || panic_any(OnDrop::new(|| panic!("the payload of the subscriber's panic")));
        event_loop.call_soon(move || ON_ENTER.set(payload)).unwrap();
        let value = tracing::info_span!("request").in_scope(|| event_loop.block_on(async { 7 }));
        assert_eq!(value.unwrap(), 7);
        assert_eq!(event_loop.block_on(async { 8 }).unwrap(), 8, "the loop goes on");
    });
}

#[test]
fn a_subscriber_that_panics_when_a_span_is_closed_does_not_come_out_of_the_drop_of_a_futures_waker() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let (tell, told) = mpsc::channel();
        let keeps_its_waker = poll_fn(move |cx| {
            tell.send(cx.waker().clone()).unwrap();
            Poll::Ready(())
        });
        let task = tracing::info_span!("request").in_scope(|| event_loop.submit(keeps_its_waker));
        task.result().unwrap();
        // Nothing of the loop's holds the span any more.
        event_loop.shutdown().unwrap();
        let waker = told.recv().unwrap();
        thread_local!(static CLOSED: Cell<bool> = const { Cell::new(false) });
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
fn a_subscriber_may_ask_whether_a_runtime_is_closed_when_the_span_of_such_a_question_closes() {
    watchdog(HANGS, || {
        thread_local!(static ASKED: RefCell<Option<Handle>> = const { RefCell::new(None) });
        LazyLock::force(&EVENTS);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let handle = Handle::from(&runtime);
        ASKED.replace(Some(handle.clone()));
        let asks = |handle: &Handle| assert!(!handle.is_closed());
        tracing::info_span!("question").in_scope(|| asks(&handle));
        // What was left there to tell is run, and keeps the span until it is asked again.
        runtime.block_on(tokio::task::yield_now());
        thread_local!(static CLOSED: Cell<bool> = const { Cell::new(false) });
        ON_CLOSE.set(|| {
            CLOSED.set(true);
            let handle = ASKED.take().unwrap();
            assert!(!handle.is_closed());
        });
        asks(&handle);
        assert!(CLOSED.get(), "the question was not the last that held the span");
    });
}

#[test]
fn a_panic_that_nobody_waits_for_is_told_once() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        drop(event_loop.submit(async {
            wait.await.unwrap();
            panic!("a panic after its task was dropped");
        }));
        go.send(()).unwrap();
        event_loop.shutdown().unwrap();
        let told = told("a panic after its task was dropped");
        assert!(matches!(&told[..], [(Level::ERROR, text)] if text.contains("nobody was waiting")), "{told:?}");
    });
}

#[test]
fn a_panic_whose_task_is_dropped_unasked_is_told_once() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let task = event_loop.submit(async { panic!("a panic before its task was dropped") });
        event_loop.shutdown().unwrap();
        assert!(told("a panic before its task was dropped").is_empty());
        drop::<bridge::Task<()>>(task);
        let told = told("a panic before its task was dropped");
        assert!(matches!(&told[..], [(Level::ERROR, _)]), "{told:?}");
    });
}

#[test]
fn a_panic_that_is_asked_for_is_not_told() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let panics = async || panic!("a panic that was asked for");
        assert!(matches!(event_loop.submit(panics()).result(), Err::<(), _>(Error::Panicked(_))));
        let (tell, heard) = mpsc::channel();
        event_loop.submit(panics()).on_done(move |result: Result<(), _>| tell.send(result.is_err()).unwrap());
        assert!(heard.recv().unwrap());
        event_loop.shutdown().unwrap();
        assert!(told("a panic that was asked for").is_empty());
    });
}

#[test]
fn a_loop_that_is_blocked_is_told_with_the_call_and_the_loops() {
    watchdog(HANGS, || {
        let blocked = EventLoop::builder().thread_name("the-blocked-loop").build().unwrap();
        let asked = EventLoop::builder().thread_name("the-asked-loop").build().unwrap();
        LazyLock::force(&EVENTS);
        let line = line!() + 1;
        blocked.block_on(async { asked.block_on(async {}).unwrap() }).unwrap();
        let told = told("the-blocked-loop");
        let site = format!("tracing.rs:{line}:");
        assert!(
            matches!(&told[..], [(Level::WARN, text)] if text.contains("the-asked-loop") && text.contains(&site)),
            "{told:?}"
        );
    });
}

#[test]
fn a_subscriber_that_waits_when_it_is_told_of_a_blocked_loop_hides_no_circle() {
    watchdog(HANGS, || {
        let [alpha, beta, writer] = [(); 3].map(|()| event_loop());
        let (to_alpha, to_writer) = (Handle::from(&alpha), Handle::from(&writer));
        let refused = alpha.block_on(async {
            let write = move || to_writer.block_on(async {}).unwrap();
            at_the_first_event(write, || beta.block_on(async { to_alpha.block_on(async {}) }))
        });
        assert!(matches!(refused, Ok(Ok(Err(Error::WouldDeadlock(_))))), "{refused:?}");
    });
}

#[test]
fn a_current_thread_runtime_that_is_blocked_is_told() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let runtime = tokio::runtime::Builder::new_current_thread().name("the-blocked-runtime").build().unwrap();
        runtime.block_on(async { event_loop.block_on(async {}).unwrap() });
        assert!(matches!(&told("the-blocked-runtime")[..], [(Level::WARN, _)]));
    });
}

#[test]
fn a_thread_that_drives_nothing_is_told_of_nothing() {
    watchdog(HANGS, || {
        let event_loop = EventLoop::builder().thread_name("the-quiet-loop").build().unwrap();
        LazyLock::force(&EVENTS);
        event_loop.block_on(async {}).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let handle = Handle::clone(event_loop.handle());
        runtime.block_on(async { tokio::spawn(async move { handle.block_on(async {}).unwrap() }).await.unwrap() });
        assert!(told("the-quiet-loop").is_empty());
    });
}

/// What is told of a call, for so long, through a current-thread runtime that nobody drives.
fn unheard(limit: Duration) -> Vec<(Level, String)> {
    LazyLock::force(&EVENTS);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let handle = Handle::from(&runtime).with_timeout(limit);
    let line = line!() + 1;
    assert!(matches!(handle.block_on(async {}), Err(Error::TimedOut(_))));
    told(&format!("tracing.rs:{line}:"))
}

#[test]
fn a_call_that_no_loop_picks_up_is_told_once_with_its_site() {
    watchdog(HANGS, || {
        let told = unheard(Duration::from_millis(200));
        assert!(told.is_empty(), "{told:?}");
        let told = unheard(Duration::from_millis(2500));
        assert!(matches!(&told[..], [(Level::WARN, text)] if text.contains("picked up")), "{told:?}");
    });
}

#[test]
fn a_subscriber_that_waits_when_it_is_told_of_a_call_takes_no_wake_of_that_call() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let handle = Handle::from(&event_loop);
        let wedge = Wedge::on(|job| event_loop.call_soon(job).unwrap());
        let write = move || {
            wedge.release();
            // The call is done, and its wake was sent, when this comes after it.
            let (tell, told) = mpsc::channel();
            handle.call_soon(move || tell.send(()).unwrap()).unwrap();
            told.recv().unwrap();
            // A wait that parks, whatever has come, and whose end wakes nobody.
            let waited = handle.submit(std::future::pending::<()>()).result_timeout(Duration::from_millis(100));
            assert!(matches!(waited, Err(Error::TimedOut(_))));
        };
        assert_eq!(at_the_first_event(write, || event_loop.block_on(async { 7 })).unwrap(), 7);
    });
}

#[test]
fn a_task_that_no_loop_picks_up_is_told_where_it_is_waited_for() {
    watchdog(HANGS, || {
        LazyLock::force(&EVENTS);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let task = Handle::from(&runtime).submit(async {});
        let line = line!() + 1;
        let waited = bridge::wait([task], bridge::ReturnWhen::AllCompleted, Some(Duration::from_millis(1500)));
        assert_eq!(waited.pending.len(), 1);
        assert_eq!(told(&format!("tracing.rs:{line}:")).len(), 1);
    });
}

#[test]
fn a_call_that_is_slow_but_was_begun_is_not_told() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let line = line!() + 1;
        event_loop.block_on(async { tokio::time::sleep(Duration::from_millis(1300)).await }).unwrap();
        assert!(told(&format!("tracing.rs:{line}:")).is_empty());
    });
}

#[test]
fn a_task_that_is_slow_but_was_begun_is_not_told_where_it_is_waited_for() {
    watchdog(HANGS, || {
        let event_loop = event_loop();
        let slow = || event_loop.submit(std::future::pending::<()>());
        let (mut one, many, next) = (slow(), [slow()], [slow()]);
        let mut next = bridge::as_completed(next);
        let mut items = event_loop.iter(futures::stream::pending::<()>());
        event_loop.block_on(async {}).unwrap();
        let limit = Duration::from_millis(1300);
        let first = line!() + 1;
        thread::scope(|scope| {
            scope.spawn(|| one.result_timeout(limit).unwrap_err());
            scope.spawn(|| bridge::wait(many, bridge::ReturnWhen::AllCompleted, Some(limit)));
            scope.spawn(|| next.next_timeout(limit).unwrap_err());
            scope.spawn(|| items.next_timeout(limit).unwrap_err());
        });
        for line in first..line!() {
            assert!(told(&format!("tracing.rs:{line}:")).is_empty(), "line {line}");
        }
    });
}

#[test]
fn an_executor_of_ones_own_is_no_loop() {
    watchdog(HANGS, || {
        let event_loop = EventLoop::builder().thread_name("asked-by-a-hand-made-executor").build().unwrap();
        LazyLock::force(&EVENTS);
        let mut future = pin!(async { event_loop.block_on(async {}).unwrap() });
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
        assert!(told("asked-by-a-hand-made-executor").is_empty());
    });
}
