//! Panics of futures, of their destructors and of wakers: whom they reach, and that the loop goes on.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, panic_any};
use std::pin::Pin;
use std::sync::{Arc, LazyLock, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use bridge::{Error, Handle, LocalHandle, Task};
use bridge_tests::kinds::{AnyLoop, Kind, on_each, on_each_pair};
use bridge_tests::{Log, OnDrop, block_thread, event_loop, wait_until};
use futures::StreamExt as _;
use tokio::sync::oneshot;

/// The loop takes a call of either kind.
#[track_caller]
fn assert_serves(handle: &Handle) {
    assert_eq!(handle.block_on(ready(1)).unwrap(), 1);
    let task = handle.submit(async {
        tokio::task::yield_now().await;
        2
    });
    assert_eq!(task.result().unwrap(), 2);
}

/// The payload that `f` panics with.
#[track_caller]
fn payload_of<R>(f: impl FnOnce() -> R) -> Box<dyn std::any::Any + Send> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(_) => panic!("it did not panic"),
        Err(payload) => payload,
    }
}

/// The panic that the task ended with.
#[track_caller]
fn panic_of<T>(task: Task<T>) -> bridge::Panic {
    match task.result() {
        Err(Error::Panicked(panic)) => panic,
        Err(error) => panic!("it ended otherwise: {error}"),
        Ok(_) => panic!("it has a value"),
    }
}

fn text(payload: &(dyn std::any::Any + Send)) -> &str {
    payload.downcast_ref::<&str>().copied().expect("the payload is a `&str`")
}

/// A future that is ready at once, or never, and whose destructor panics.
struct PanicsInDrop {
    ready: bool,
    text: &'static str,
}

impl Future for PanicsInDrop {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.ready { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic_any(self.text);
    }
}

/// The panics that the hook has reported and whose payload is exactly `text`: file and line of each.
fn reports(text: &str) -> Vec<(String, u32)> {
    static REPORTS: LazyLock<Log<(String, String, u32)>> = LazyLock::new(|| {
        let log = Log::new();
        let (reports, before) = (log.clone(), std::panic::take_hook());
        std::panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
            let (text, at) = (info.payload(), info.location().unwrap());
            let string = text.downcast_ref::<String>().map(String::as_str);
            let text = text.downcast_ref::<&str>().copied().or(string).unwrap_or("no text");
            reports.push((text.to_owned(), at.file().to_owned(), at.line()));
            before(info);
        }));
        log
    });
    REPORTS.snapshot().into_iter().filter(|r| r.0 == text).map(|(_, file, line)| (file, line)).collect()
}

// The payload.

#[test]
fn a_str_reaches_the_caller_of_block_on_as_it_was() {
    on_each(Kind::ALL, |on| {
        let payload = payload_of(|| on.block_on(async { panic!("a literal") }));
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"a literal"));
        if let Some(local) = on.local() {
            let payload = payload_of(|| local.block_on_local(|| async { panic!("a local literal") }));
            assert_eq!(payload.downcast_ref::<&str>(), Some(&"a local literal"));
        }
    });
}

#[test]
fn a_string_reaches_the_caller_of_block_on_as_it_was() {
    on_each(Kind::ALL, |on| {
        let number = 17;
        let payload = payload_of(|| on.block_on(async { panic!("number {number}") }));
        assert_eq!(payload.downcast_ref::<String>().unwrap(), "number 17");
    });
}

#[derive(Debug, PartialEq)]
struct Custom(u8);

#[test]
fn any_payload_reaches_the_caller_of_block_on_as_it_was() {
    on_each(Kind::ALL, |on| {
        let payload = payload_of(|| on.block_on(async { panic_any(Custom(3)) }));
        assert_eq!(payload.downcast_ref(), Some(&Custom(3)));
    });
}

#[test]
fn a_panic_after_an_await_reaches_the_caller_of_block_on() {
    on_each(Kind::ALL, |on| {
        let payload = payload_of(|| {
            on.block_on(async {
                tokio::task::yield_now().await;
                panic_any(Custom(4))
            })
        });
        assert_eq!(payload.downcast_ref(), Some(&Custom(4)));
        if let Some(local) = on.local() {
            let payload = payload_of(|| {
                local.block_on_local(|| async {
                    tokio::task::yield_now().await;
                    panic_any(Custom(5))
                })
            });
            assert_eq!(payload.downcast_ref(), Some(&Custom(5)));
        }
    });
}

#[test]
fn any_payload_comes_out_of_a_tasks_result_as_it_was() {
    on_each(Kind::ALL, |on| {
        let panic = panic_of(on.submit(async { panic!("a literal") }));
        assert_eq!(panic.into_payload().downcast_ref::<&str>(), Some(&"a literal"));
        let number = 18;
        let panic = panic_of(on.submit(async move { panic!("number {number}") }));
        assert_eq!(panic.into_payload().downcast_ref::<String>().unwrap(), "number 18");
        let panic = panic_of(on.submit(async { panic_any(Custom(6)) }));
        assert_eq!(panic.into_payload().downcast_ref(), Some(&Custom(6)));
    });
}

#[test]
fn the_text_of_panicked_shows_a_str_and_a_string() {
    on_each(Kind::ALL, |on| {
        let literal = panic_of(on.submit(async { panic!("a literal") }));
        assert!(literal.to_string().contains("a literal"), "{literal}");
        assert!(format!("{literal:?}").contains("a literal"), "{literal:?}");
        let number = 19;
        let string = Error::Panicked(panic_of(on.submit(async move { panic!("number {number}") })));
        assert!(string.to_string().contains("number 19"), "{string}");
    });
}

#[test]
fn the_text_of_panicked_does_not_show_other_payloads() {
    on_each(Kind::ALL, |on| {
        let panic = panic_of(on.submit(async { panic_any(Custom(77)) }));
        for text in [panic.to_string(), format!("{panic:?}")] {
            assert!(!text.contains("77") && !text.contains("Custom"), "{text}");
        }
    });
}

#[test]
fn an_awaited_task_gives_its_panic() {
    on_each(Kind::ALL, |on| {
        let task = on.submit(async { panic_any(Custom(8)) });
        let Ok(Err(Error::Panicked(panic))) = on.block_on(task) else { panic!("no panic came") };
        assert_eq!(panic.into_payload().downcast_ref(), Some(&Custom(8)));
    });
}

// The location, and the report.

#[test]
fn the_panics_location_stays_the_bodys_and_it_is_reported_once() {
    on_each(Kind::ALL, |on| {
        let [scoped, submitted] = ["scoped", "submitted"].map(|how| format!("{how}, on {:?}", on.kind));
        reports("");
        let line = line!() + 1;
        let call = || on.block_on(async { panic!("{scoped}") });
        payload_of(call);
        assert_eq!(reports(&scoped), [(file!().to_owned(), line)]);
        let text = submitted.clone();
        let line = line!() + 1;
        let task = on.submit(async move { panic!("{text}") });
        panic_of(task);
        assert_eq!(reports(&submitted), [(file!().to_owned(), line)]);
    });
}

#[test]
fn a_panic_of_a_detached_task_harms_nothing_and_is_reported_once() {
    on_each(Kind::ALL, |on| {
        let said = format!("nobody waits, on {:?}", on.kind);
        let says = said.clone();
        reports("");
        let (sender, receiver) = oneshot::channel::<()>();
        drop(on.submit(async move {
            receiver.await.unwrap();
            panic!("{says}");
        }));
        sender.send(()).unwrap();
        wait_until(|| !reports(&said).is_empty());
        assert_serves(&on);
        drop(on);
        assert_eq!(reports(&said).len(), 1);
    });
}

#[test]
fn a_panic_of_call_soon_harms_nothing_and_is_reported_once() {
    on_each(Kind::ALL, |on| {
        let said = format!("a call that panics, on {:?}", on.kind);
        let says = said.clone();
        reports("");
        on.call_soon(move || panic!("{says}")).unwrap();
        wait_until(|| !reports(&said).is_empty());
        assert_serves(&on);
        drop(on);
        assert_eq!(reports(&said).len(), 1);
    });
}

#[test]
fn no_current_loop_panics_at_the_callers_line() {
    reports("");
    for (is_at, payload) in
        [(line!(), payload_of(|| drop(Handle::current()))), (line!(), payload_of(|| drop(LocalHandle::current())))]
    {
        let text = payload.downcast_ref::<String>().cloned().unwrap_or_else(|| text(&*payload).to_owned());
        assert!(reports(&text).contains(&(file!().to_owned(), is_at)), "{text}: {:?}", reports(&text));
    }
}

#[test]
fn a_result_that_was_given_out_panics_at_the_line_that_asks_again() {
    on_each(Kind::ALL, |on| {
        let given_out = || {
            let mut task = on.submit(ready(1));
            task.result_timeout(Duration::MAX).unwrap();
            task
        };
        reports("");
        let (mut again, last, mut polled, called) = (given_out(), given_out(), given_out(), given_out());
        let noop = &mut Context::from_waker(Waker::noop());
        for (is_at, payload) in [
            (line!(), payload_of(|| again.result_timeout(Duration::MAX))),
            (line!(), payload_of(|| again.result_timeout(Duration::ZERO))),
            (line!(), payload_of(|| last.result())),
            (line!(), payload_of(|| Pin::new(&mut polled).poll(noop).is_ready())),
            (line!(), payload_of(|| called.on_done(|_| ()))),
        ] {
            let text = text(&*payload);
            assert!(reports(text).contains(&(file!().to_owned(), is_at)), "{text}: {:?}", reports(text));
        }
    });
}

#[test]
fn run_inside_run_panics_at_the_callers_line() {
    reports("");
    let (line, payload) = bridge::run(async { (line!(), payload_of(|| bridge::run(async {}))) });
    let text = text(&*payload);
    assert!(reports(text).contains(&(file!().to_owned(), line)), "{text}: {:?}", reports(text));
}

#[test]
fn a_panic_of_runs_main_future_comes_out_of_run_as_it_was() {
    let payload = payload_of(|| bridge::run(async { panic_any(Custom(9)) }));
    assert_eq!(payload.downcast_ref(), Some(&Custom(9)));
    assert!(Handle::try_current().is_none());
    assert_eq!(bridge::run(async { 1 }), 1, "the thread can run another loop");
}

// Destructors that panic.

#[test]
fn a_future_whose_destructor_panics_after_its_value_is_panicked() {
    on_each(Kind::ALL, |on| {
        let task = on.submit(PanicsInDrop { ready: true, text: "in drop" });
        assert_eq!(text(&*panic_of(task).into_payload()), "in drop");
        let payload = payload_of(|| on.block_on(PanicsInDrop { ready: true, text: "in drop, scoped" }));
        assert_eq!(text(&*payload), "in drop, scoped");
        assert_serves(&on);
    });
}

#[test]
fn a_future_that_panics_while_it_is_cancelled_is_panicked() {
    on_each(Kind::ALL, |on| {
        let task = on.submit(PanicsInDrop { ready: false, text: "in cancel" });
        wait_until(|| format!("{task:?}").contains("pending"));
        task.cancel();
        assert_eq!(text(&*panic_of(task).into_payload()), "in cancel");
        assert_serves(&on);
    });
}

#[test]
fn a_task_that_panicked_while_it_was_cancelled_is_not_cancelled() {
    on_each(Kind::ALL, |on| {
        let task = on.submit(PanicsInDrop { ready: false, text: "in cancel" });
        wait_until(|| format!("{task:?}").contains("pending"));
        task.cancel();
        wait_until(|| task.is_done());
        assert!(!task.is_cancelled());
        assert!(!task.cancel(), "it is done, and not by a cancel");
    });
}

#[test]
fn a_future_that_panics_while_it_is_cancelled_before_its_first_poll_is_panicked() {
    on_each(Kind::ALL, |on| {
        let blocked = on.block_threads();
        let task = on.submit(PanicsInDrop { ready: false, text: "unpolled" });
        let cancelled = catch_unwind(AssertUnwindSafe(|| task.cancel()));
        assert!(cancelled.is_ok(), "the one who cancels is not to blame");
        assert_eq!(text(&*panic_of(task).into_payload()), "unpolled");
        drop(blocked);
        assert_serves(&on);
    });
}

#[test]
fn a_scoped_call_that_times_out_resumes_its_destructors_panic() {
    on_each(Kind::ALL, |on| {
        let hasty = on.with_timeout(Duration::from_millis(10));
        let payload = payload_of(|| hasty.block_on(PanicsInDrop { ready: false, text: "in time-out" }));
        assert_eq!(text(&*payload), "in time-out");
        assert_serves(&on);
    });
}

#[test]
fn a_scoped_call_that_times_out_before_its_first_poll_resumes_its_destructors_panic() {
    let event_loop = event_loop();
    let blocked_thread = block_thread(&event_loop);
    let hasty = event_loop.with_timeout(Duration::from_millis(10));
    let payload = payload_of(|| hasty.block_on(PanicsInDrop { ready: false, text: "unpolled" }));
    assert_eq!(text(&*payload), "unpolled");
    blocked_thread.release();
    assert_serves(&event_loop);
}

#[test]
fn a_future_whose_destructor_panics_when_the_loop_closes_is_panicked() {
    on_each(Kind::ALL, |on| {
        let task = on.submit(PanicsInDrop { ready: false, text: "in close" });
        let other = on.submit(pending::<()>());
        wait_until(|| format!("{task:?}").contains("pending"));
        drop(on);
        assert_eq!(text(&*panic_of(task).into_payload()), "in close");
        assert!(matches!(other.result(), Err(Error::Closed)), "the others are closed all the same");
    });
}

#[test]
fn a_scoped_call_resumes_its_destructors_panic_when_the_loop_closes() {
    on_each(Kind::ALL, |on| {
        let handle = on.handle().clone();
        let (sender, polled) = mpsc::channel();
        let mut future = PanicsInDrop { ready: false, text: "in close, scoped" };
        let caller = thread::spawn(move || {
            handle.block_on(poll_fn(move |cx| {
                sender.send(()).unwrap();
                Pin::new(&mut future).poll(cx)
            }))
        });
        polled.recv().unwrap();
        drop(on);
        assert_eq!(text(&*caller.join().unwrap_err()), "in close, scoped");
    });
}

#[test]
fn a_future_refused_by_a_closed_loop_that_panics_when_dropped_is_panicked() {
    on_each(Kind::ALL, |on| {
        let handle = on.handle().clone();
        drop(on);
        let task = handle.submit(PanicsInDrop { ready: false, text: "refused" });
        assert_eq!(text(&*panic_of(task).into_payload()), "refused");
    });
}

#[test]
fn a_scoped_call_that_is_refused_resumes_its_destructors_panic() {
    on_each(Kind::ONE_DRIVER, |on| {
        let handle = on.handle().clone();
        let task = on.submit(async move {
            let refused = || handle.block_on(PanicsInDrop { ready: true, text: "refused, scoped" });
            text(&*payload_of(refused)).to_owned()
        });
        assert_eq!(task.result().unwrap(), "refused, scoped");
        assert_serves(&on);
    });
}

#[test]
fn of_a_panic_in_the_body_and_one_in_the_destructor_the_first_is_returned() {
    on_each(Kind::ALL, |on| {
        let mut dropped = PanicsInDrop { ready: false, text: "the second" };
        let task = on.submit(poll_fn(move |cx| -> Poll<()> {
            let _ = Pin::new(&mut dropped).poll(cx);
            panic!("the first")
        }));
        assert_eq!(text(&*panic_of(task).into_payload()), "the first");
        assert_serves(&on);
    });
}

#[test]
fn a_cancel_during_the_poll_that_panics_leaves_the_panic() {
    on_each(Kind::ALL, |on| {
        let (enter, entered) = mpsc::channel();
        let (leave, left) = mpsc::channel::<()>();
        let task = on.submit(async move {
            enter.send(()).unwrap();
            let _ = left.recv();
            panic!("panics though cancelled");
        });
        entered.recv().unwrap();
        task.cancel();
        drop(leave);
        assert_eq!(text(&*panic_of(task).into_payload()), "panics though cancelled");
    });
}

// The loop outlives it.

#[test]
fn the_loop_outlives_a_panic_of_a_future_at_every_stage() {
    on_each(Kind::ALL, |on| {
        for _ in 0..50 {
            drop(on.submit(async { panic!("at the first poll") }));
            drop(on.submit(async {
                tokio::task::yield_now().await;
                panic!("at the second poll")
            }));
            drop(on.submit(PanicsInDrop { ready: true, text: "ready, in drop" }));
            if let Some(local) = on.local() {
                drop(local.submit_local(|| -> std::future::Ready<()> { panic!("in make") }));
            }
        }
        assert_serves(&on);
    });
}

#[test]
fn the_loop_outlives_an_output_that_panics_when_nobody_asks_for_it() {
    on_each(Kind::ALL, |on| {
        let (sender, receiver) = oneshot::channel::<()>();
        let (dropping, dropped) = mpsc::channel();
        drop(on.submit(async move {
            receiver.await.unwrap();
            OnDrop::new(move || {
                dropping.send(thread::current().id()).unwrap();
                panic!("an output nobody wants");
            })
        }));
        sender.send(()).unwrap();
        let thread = dropped.recv().unwrap();
        assert!(on.threads().contains(&thread));
        assert_serves(&on);
    });
}

#[test]
fn the_loop_outlives_the_output_of_a_cancelled_task_that_panics() {
    on_each(Kind::ALL, |on| {
        let (enter, entered) = mpsc::channel();
        let (leave, left) = mpsc::channel::<()>();
        let task = on.submit(async move {
            enter.send(()).unwrap();
            let _ = left.recv();
            OnDrop::new(|| panic!("an output that came too late"))
        });
        entered.recv().unwrap();
        assert!(task.cancel());
        drop(leave);
        assert!(matches!(task.result().map(drop), Err(Error::Cancelled)));
        assert_serves(&on);
    });
}

#[test]
fn the_loop_outlives_a_payload_that_panics() {
    on_each(Kind::ALL, |on| {
        let blocked = on.block_threads();
        for _ in 0..3 {
            // Detached before it has panicked: the payload is the loop's to drop.
            drop(on.submit(async {
                panic_any(OnDrop::new(|| panic_any(OnDrop::new(|| panic!("a payload of a payload")))));
            }));
        }
        drop(blocked);
        assert_serves(&on);
    });
}

#[test]
fn the_loop_outlives_a_waker_that_panics() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("a waker that panics");
        }
    }
    on_each(Kind::ALL, |on| {
        let (sender, receiver) = oneshot::channel::<()>();
        let mut task = on.submit(receiver);
        let waker = Waker::from(Arc::new(Panics));
        assert!(Pin::new(&mut task).poll(&mut Context::from_waker(&waker)).is_pending());
        sender.send(()).unwrap();
        assert_serves(&on);
        task.result().unwrap().unwrap();
    });
}

#[test]
fn another_task_of_the_loop_goes_on_after_a_panic() {
    on_each(Kind::ALL, |on| {
        let (sender, receiver) = oneshot::channel();
        let other = on.submit(receiver);
        payload_of(|| on.block_on(async { panic!("not the other's") }));
        sender.send(1).unwrap();
        assert_eq!(other.result().unwrap(), Ok(1));
    });
}

#[test]
fn a_thread_can_block_again_after_a_call_that_panicked() {
    on_each_pair(Kind::ALL, Kind::ALL, |one, other| {
        let handle = Handle::clone(&other);
        // In a task, whose waits are recorded.
        let again = one.submit(async move {
            payload_of(|| handle.block_on(async { panic!("once") }));
            let handle = handle.clone();
            handle.block_on(async { 1 })
        });
        assert_eq!(again.result().unwrap().unwrap(), 1);
        // Had the record stayed, this would be taken for a cycle.
        let handle = Handle::clone(&one);
        assert_eq!(other.submit(async move { handle.block_on(ready(2)) }).result().unwrap().unwrap(), 2);
    });
}

// Calls from destructors.

#[test]
fn a_call_works_inside_a_drop_that_runs_during_unwinding() {
    on_each(Kind::ALL, |on| {
        let value = Cell::new(None);
        let payload = payload_of(|| {
            let _calls = OnDrop::new(|| {
                assert!(thread::panicking());
                let scoped = on.block_on(async {
                    tokio::task::yield_now().await;
                    1
                });
                let submitted = on.submit(ready(2)).result();
                value.set(Some((scoped.unwrap(), submitted.unwrap())));
            });
            panic!("unwinds");
        });
        assert_eq!(text(&*payload), "unwinds");
        assert_eq!(value.get(), Some((1, 2)));
    });
}

/// A thread-local whose destructor calls the loop.
struct CallsInDrop(Option<(Handle, mpsc::Sender<u32>)>);

impl Drop for CallsInDrop {
    fn drop(&mut self) {
        let Some((handle, sender)) = self.0.take() else { return };
        assert!(Handle::try_current().is_none());
        let scoped = handle.block_on(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            1
        });
        let submitted = handle.submit(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            2
        });
        sender.send(scoped.unwrap() + submitted.result().unwrap()).unwrap();
    }
}

thread_local! {
    static CALLS: RefCell<CallsInDrop> = const { RefCell::new(CallsInDrop(None)) };
}

#[test]
fn a_call_works_inside_a_thread_locals_destructor() {
    on_each(Kind::ALL, |on| {
        let install = |sender| {
            let handle = Handle::clone(&on);
            move || CALLS.with(|calls| calls.borrow_mut().0 = Some((handle, sender)))
        };
        let first_call = || {
            let handle = Handle::clone(&on);
            move || handle.block_on(async { tokio::task::yield_now().await }).unwrap()
        };
        let (sender, receiver) = mpsc::channel();
        // Before the bridge has a thread-local of its own on that thread, after it, and where it has none at all.
        let (installs, calls) = (install(sender.clone()), first_call());
        thread::spawn(move || (installs(), calls())).join().unwrap();
        assert_eq!(receiver.recv().unwrap(), 3);
        let (installs, calls) = (install(sender.clone()), first_call());
        thread::spawn(move || (calls(), installs())).join().unwrap();
        assert_eq!(receiver.recv().unwrap(), 3);
        thread::spawn(install(sender)).join().unwrap();
        assert_eq!(receiver.recv().unwrap(), 3);
    });
}

// Outputs whose drop panics.

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic_any("an output's drop");
    }
}

/// A task that is done, with such an output.
fn done(on: &AnyLoop) -> Task<Bomb> {
    let task = on.submit(async { Bomb });
    wait_until(|| task.is_done());
    task
}

#[test]
fn an_output_that_panics_when_it_is_dropped_does_not_come_out_of_the_drop_of_its_task() {
    on_each(Kind::ALL, |on| {
        drop(done(&on));
        drop(done(&on).cancel_on_drop());
        let before = block_thread(&on);
        let task = on.submit(async { Bomb });
        drop(task);
        drop(before);
        assert_serves(&on);
    });
}

#[test]
fn an_output_that_panics_when_it_is_dropped_does_not_come_out_of_what_stands_for_many_tasks() {
    on_each(Kind::ALL, |on| {
        drop(bridge::as_completed([done(&on), done(&on)]));
        drop(bridge::wait([done(&on), done(&on)], bridge::ReturnWhen::AllCompleted, None));
        assert_serves(&on);
    });
}

#[test]
fn an_item_that_panics_when_it_is_dropped_does_not_come_out_of_its_iterators_drop() {
    on_each(Kind::ALL, |on| {
        let mut items = on.iter(futures::stream::repeat_with(|| Some(Bomb)).take(3)).buffered(3);
        std::mem::forget(items.next());
        wait_until(|| format!("{items:?}").contains("items: 2"));
        drop(items);
        assert_serves(&on);
    });
}

#[test]
fn an_output_that_panics_when_it_is_dropped_does_not_come_out_of_an_await_that_is_given_up() {
    on_each(Kind::ALL, |on| {
        let mut task = done(&on);
        let wait = async move {
            let _not_asked = &mut task;
            pending::<()>().await;
        };
        drop(Box::pin(wait));
        assert_serves(&on);
    });
}
