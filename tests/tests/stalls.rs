//! The feature `tracing`: what holds a loop up is logged, with the line that it comes from, once in a while.
//!
//! `cargo test -p bridge-tests --features tracing --test stalls`
#![cfg(feature = "tracing")]

mod common;

use std::fmt::{self, Write as _};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use bridge::{Builder, Canceller, Error, EventLoop, Handle, SharedLoop, Task};
use bridge_tests::kinds::{AnyLoop, Kind, for_each};
use bridge_tests::{Log, wait_until};
use common::line;
use tokio::time::sleep;
use tracing::field::{Field, Visit};
use tracing::subscriber::with_default;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry;

/// All fields of each warning, as text.
static WARNINGS: LazyLock<Arc<Log<String>>> = LazyLock::new(|| {
    let log = Arc::new(Log::new());
    tracing::subscriber::set_global_default(registry().with(Recorder(Arc::clone(&log)))).unwrap();
    log
});

struct Recorder(Arc<Log<String>>);

impl<S: Subscriber> Layer<S> for Recorder {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        if *event.metadata().level() == Level::WARN {
            self.0.push(text.0);
        }
    }
}

/// Hears every event.
struct Errors(Arc<Log<String>>);

impl<S: Subscriber> Layer<S> for Errors {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.push(text.0);
    }
}

/// Wants to hear nothing.
struct Nothing;

impl<S: Subscriber> Layer<S> for Nothing {
    fn enabled(&self, _: &Metadata<'_>, _: Context<'_, S>) -> bool {
        false
    }
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

/// The warnings that name that line.
fn warnings_of(line: &str) -> Vec<String> {
    let call = format!("call={line}:");
    WARNINGS.snapshot().into_iter().filter(|text| text.contains(&call)).collect()
}

/// Keeps the owner.
enum Built {
    EventLoop(EventLoop),
    SharedLoop(SharedLoop),
}

impl Built {
    fn handle(&self) -> Handle {
        match self {
            Built::EventLoop(event_loop) => event_loop.into(),
            Built::SharedLoop(shared_loop) => shared_loop.into(),
        }
    }
}

fn build(kind: Kind, set_up: impl FnOnce(Builder) -> Builder) -> Built {
    LazyLock::force(&WARNINGS);
    let builder = set_up(EventLoop::builder().thread_name(format!("a {kind:?}")));
    match kind {
        Kind::SharedLoop => Built::SharedLoop(builder.build_shared().unwrap()),
        _ => Built::EventLoop(builder.build().unwrap()),
    }
}

#[test]
fn a_poll_that_is_slow_is_one_warning_with_its_line_and_loop() {
    for_each(Kind::LOOPS, |kind| {
        let built = build(kind, |builder| builder.slow_poll(Duration::from_millis(1)));
        let handle = built.handle();
        // A line for each kind.
        let (line, submitted) = match kind {
            Kind::EventLoop => (line(0), handle.submit(async { thread::sleep(Duration::from_millis(5)) })),
            _ => (line(0), handle.submit(async { thread::sleep(Duration::from_millis(5)) })),
        };
        submitted.result().unwrap();
        wait_until(|| !warnings_of(&line).is_empty());
        let [warning] = &warnings_of(&line)[..] else { panic!("{:?}", warnings_of(&line)) };
        assert!(warning.contains(&format!("a {kind:?}")) && warning.contains("slow"), "{warning}");
    });
}

#[test]
fn a_scoped_call_on_an_event_loop_is_measured() {
    let built = build(Kind::EventLoop, |builder| builder.slow_poll(Duration::from_millis(1)));
    let handle = built.handle();
    let line = line(1);
    handle.block_on(async { thread::sleep(Duration::from_millis(5)) }).unwrap();
    wait_until(|| warnings_of(&line).len() == 1);
}

#[test]
fn a_scoped_call_that_its_caller_polls_on_a_shared_loop_is_measured() {
    let built = build(Kind::SharedLoop, |builder| builder.slow_poll(Duration::from_millis(1)));
    let handle = built.handle();
    let line = line(1);
    handle.block_on(async { thread::sleep(Duration::from_millis(5)) }).unwrap();
    let [warning] = &warnings_of(&line)[..] else { panic!("{:?}", warnings_of(&line)) };
    assert!(warning.contains("a SharedLoop") && warning.contains("the calling thread"), "{warning}");
}

#[test]
fn a_poll_on_a_shared_loop_in_which_its_caller_waits_for_another_call_is_not_slow() {
    let built = build(Kind::SharedLoop, |builder| builder.slow_poll(Duration::from_millis(1)));
    let handle = built.handle();
    let line = line(1);
    let nested = handle.block_on(async { handle.block_on(async { sleep(Duration::from_millis(20)).await }) });
    nested.unwrap().unwrap();
    assert!(warnings_of(&line).is_empty(), "{:?}", warnings_of(&line));
}

#[test]
fn what_run_runs_is_measured() {
    LazyLock::force(&WARNINGS);
    let line = line(1);
    bridge::run(async { thread::sleep(Duration::from_millis(101)) });
    assert_eq!(warnings_of(&line).len(), 1);
}

async fn slow() {
    thread::sleep(Duration::from_millis(5));
}

/// Submits what is slow, on a line of its own for each kind: of one line there is a warning once in a while.
fn submit_slow(built: &Built) -> Task<()> {
    match built {
        Built::EventLoop(event_loop) => event_loop.handle().submit(slow()),
        Built::SharedLoop(shared_loop) => shared_loop.handle().submit(slow()),
    }
}

#[test]
fn of_a_slow_poll_the_subscriber_of_its_caller_hears_and_what_nobody_hears_keeps_no_warning_back() {
    for_each(Kind::LOOPS, |kind| {
        let built = build(kind, |builder| builder.slow_poll(Duration::from_millis(1)));
        with_default(registry().with(Nothing), || submit_slow(&built)).result().unwrap();
        // What is logged comes before what runs next.
        built.handle().submit(async {}).result().unwrap();
        let heard = Arc::new(Log::new());
        let log = Arc::clone(&heard);
        with_default(registry().with(Recorder(log)), || submit_slow(&built)).result().unwrap();
        wait_until(|| heard.snapshot().iter().any(|warning| warning.contains("slow")));
    });
}

/// A filter that answers that of one layer keeps the answer until the event comes.
#[test]
fn a_warning_that_is_left_out_takes_no_later_event_from_a_layer_with_a_filter() {
    let built = build(Kind::EventLoop, |builder| builder.slow_poll(Duration::from_millis(1)));
    let heard = Arc::new(Log::new());
    let errors = Errors(Arc::clone(&heard)).with_filter(filter_fn(|about| *about.level() == Level::ERROR));
    let all = Recorder(Arc::new(Log::new())).with_filter(filter_fn(|_| true));
    with_default(registry().with(errors).with(all), || {
        for _ in 0..2 {
            let slow = || {
                thread::sleep(Duration::from_millis(5));
                tracing::error!("of the user's");
            };
            built.handle().submit(async move { slow() }).result().unwrap();
        }
        built.handle().submit(async { tracing::error!("another") }).result().unwrap();
    });
    assert_eq!(heard.snapshot().len(), 3, "{:?}", heard.snapshot());
}

#[test]
fn a_hundred_milliseconds_are_slow_by_default() {
    for_each([Kind::EventLoop], |kind| {
        let built = build(kind, |builder| builder);
        let handle = built.handle();
        let fast = line(1);
        handle.block_on(async { thread::sleep(Duration::from_millis(1)) }).unwrap();
        let slow = line(1);
        handle.block_on(async { thread::sleep(Duration::from_millis(101)) }).unwrap();
        wait_until(|| warnings_of(&slow).len() == 1);
        assert!(warnings_of(&fast).is_empty());
    });
}

#[test]
fn no_poll_is_slow_where_the_threshold_is_the_greatest() {
    for_each(Kind::LOOPS, |kind| {
        let built = build(kind, |builder| builder.slow_poll(Duration::MAX));
        let handle = built.handle();
        let slow = line(1);
        handle.submit(async { thread::sleep(Duration::from_millis(101)) }).result().unwrap();
        // What is logged comes before what runs next.
        handle.submit(async {}).result().unwrap();
        assert!(warnings_of(&slow).is_empty());
    });
}

#[test]
fn of_many_slow_polls_of_one_line_one_is_logged() {
    let built = build(Kind::EventLoop, |builder| builder.slow_poll(Duration::ZERO));
    let handle = built.handle();
    let line = line(2);
    for _ in 0..100 {
        handle.block_on(async {}).unwrap();
    }
    handle.block_on(async {}).unwrap();
    assert_eq!(warnings_of(&line).len(), 1);
}

#[test]
fn of_many_calls_that_block_a_loop_one_is_logged() {
    let (built, other) = (build(Kind::EventLoop, |builder| builder), AnyLoop::start(Kind::EventLoop));
    let inner = other.handle().clone();
    let line = line(3);
    let calls = built.handle().block_on(async move {
        for _ in 0..1000 {
            inner.block_on(async {}).unwrap();
        }
    });
    calls.unwrap();
    assert_eq!(warnings_of(&line).len(), 1, "{:?}", warnings_of(&line));
}

/// A call whose future blocks inside a poll until there is a warning of it.
#[track_caller]
fn blocks_until_it_is_logged(handle: &Handle, line: &str) -> Result<(), Error> {
    let line = line.to_owned();
    handle.block_on(async move {
        // Where the calling thread may not wait itself, the loop goes on.
        tokio::task::yield_now().await;
        wait_until(|| warnings_of(&line).iter().any(|text| text.contains("still has the future")));
        std::future::pending().await
    })
}

#[test]
fn a_call_that_a_loop_still_has_a_second_after_its_timeout_is_logged() {
    let built = build(Kind::EventLoop, |builder| builder.slow_poll(Duration::MAX));
    let handle = built.handle().with_timeout(Duration::from_millis(20));
    let line = line(1);
    assert!(matches!(blocks_until_it_is_logged(&handle, &line), Err(Error::TimedOut(_))));
    assert_eq!(warnings_of(&line).len(), 1);
    assert!(warnings_of(&line)[0].contains("a EventLoop"));
}

#[test]
fn a_call_that_was_lent_to_a_shared_loop_which_has_it_a_second_after_its_timeout_is_logged() {
    let (built, caller) = (build(Kind::SharedLoop, |builder| builder), AnyLoop::start(Kind::EventLoop));
    let handle = built.handle().with_timeout(Duration::from_millis(20));
    let (line, ended) = caller
        .handle()
        .block_on(async move {
            let line = line(1);
            (line.clone(), blocks_until_it_is_logged(&handle, &line))
        })
        .unwrap();
    assert!(matches!(ended, Err(Error::TimedOut(_))));
    let late: Vec<_> = warnings_of(&line).into_iter().filter(|warning| warning.contains("still has")).collect();
    assert!(matches!(&late[..], [warning] if warning.contains("a SharedLoop")), "{late:?}");
}

#[test]
fn a_call_that_a_loop_still_has_a_second_after_its_cancel_is_logged() {
    let built = build(Kind::EventLoop, |builder| builder.slow_poll(Duration::MAX));
    let canceller = Canceller::new();
    let handle = built.handle().with_canceller(&canceller);
    let line = line(3);
    let logged = line.clone();
    let inside = move || wait_until(|| !warnings_of(&logged).is_empty());
    let ended = handle.block_on(async move {
        canceller.cancel();
        inside();
        std::future::pending::<()>().await;
    });
    assert!(matches!(ended, Err(Error::Cancelled)));
    assert_eq!(warnings_of(&line).len(), 1);
}

#[test]
fn a_call_that_a_loop_lets_go_of_in_time_is_not_logged() {
    let built = build(Kind::EventLoop, |builder| builder.slow_poll(Duration::MAX));
    let handle = built.handle().with_timeout(Duration::from_millis(20));
    let line = line(2);
    // Inside a poll for a while after the timeout.
    let ended = handle.block_on(async move {
        thread::sleep(Duration::from_millis(100));
        std::future::pending::<()>().await;
    });
    assert!(matches!(ended, Err(Error::TimedOut(_))));
    assert!(warnings_of(&line).is_empty());
}

/// Those of a call that has run over its timeout on its own thread; that the poll was slow is another warning.
fn late(line: &str) -> impl Iterator<Item = String> {
    warnings_of(line).into_iter().filter(|warning| warning.contains("timed out late"))
}

#[test]
fn a_call_that_a_poll_of_its_caller_keeps_for_a_second_after_its_timeout_is_logged() {
    LazyLock::force(&WARNINGS);
    for_each([Kind::SharedLoop, Kind::MultiThread, Kind::CurrentThread], |kind| {
        let on = AnyLoop::named(kind, &format!("a {kind:?}"));
        let handle = on.handle().with_timeout(Duration::from_millis(20));
        let blocks = || async {
            tokio::task::yield_now().await;
            thread::sleep(Duration::from_millis(1030));
            std::future::pending::<()>().await;
        };
        // Of one line there is a warning once in a while, and so each kind has its own.
        let (line, ended) = match kind {
            Kind::SharedLoop => (line(0), handle.block_on(blocks())),
            Kind::MultiThread => (line(0), handle.block_on(blocks())),
            _ => (line(0), handle.block_on(blocks())),
        };
        assert!(matches!(ended, Err(Error::TimedOut(_))));
        let late: Vec<_> = late(&line).collect();
        assert!(matches!(&late[..], [warning] if warning.contains(&format!("a {kind:?}"))), "{:?}", warnings_of(&line));
    });
}

#[test]
fn a_call_that_a_poll_of_its_caller_keeps_for_less_than_a_second_is_not_logged() {
    LazyLock::force(&WARNINGS);
    for_each([Kind::SharedLoop, Kind::MultiThread, Kind::CurrentThread], |kind| {
        let on = AnyLoop::start(kind);
        let handle = on.handle().with_timeout(Duration::from_millis(20));
        let line = line(1);
        let ended = handle.block_on(async {
            thread::sleep(Duration::from_millis(100));
            std::future::pending::<()>().await;
        });
        assert!(matches!(ended, Err(Error::TimedOut(_))));
        assert_eq!(late(&line).count(), 0);
    });
}
