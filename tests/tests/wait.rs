//! `wait` and `as_completed`: many tasks, one thread that waits.

mod common;

use std::future::poll_fn;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use bridge::ReturnWhen::{AllCompleted, FirstCompleted, FirstError};
use bridge::{Error, Handle, Task, as_completed, wait};
use bridge_tests::kinds::{Kind, is_pending, on_each, on_each_pair};
#[cfg(unix)]
use bridge_tests::process::cpu_time;
use bridge_tests::{OnDrop, event_loop, wait_until};
use common::{SETTLE, beside_strays};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// A task that ends with the value that is sent.
fn sent(on: &Handle) -> (oneshot::Sender<u32>, Task<u32>) {
    let (sender, wait) = oneshot::channel();
    (sender, on.submit(async { wait.await.expect("the test sends") }))
}

#[test]
fn nothing_to_wait_for_returns_at_once() {
    for when in [FirstCompleted, FirstError, AllCompleted] {
        let waited = wait(Vec::<Task<()>>::new(), when, None);
        assert!(waited.done.is_empty() && waited.pending.is_empty());
    }
    assert!(as_completed(Vec::<Task<()>>::new()).next().is_none());
}

#[test]
fn first_completed_returns_all_that_are_done_already() {
    on_each(Kind::ALL, |on| {
        let never = on.submit(std::future::pending::<u32>());
        let done = [1, 2].map(|number| on.submit(async move { number }));
        while !done.iter().all(Task::is_done) {
            on.settle();
        }
        let [one, two] = done;
        let waited = wait([one, never, two], FirstCompleted, None);
        let values: Vec<u32> = waited.done.into_iter().map(|task| task.result().unwrap()).collect();
        assert_eq!(values, [1, 2]);
        assert_eq!(waited.pending.len(), 1);
    });
}

#[test]
fn first_completed_is_woken_by_the_first() {
    on_each(Kind::ALL, |on| {
        let (sender, soon) = sent(&on);
        let never = on.submit(std::future::pending::<u32>());
        let waiter = thread::spawn(move || wait([never, soon], FirstCompleted, None));
        sender.send(7).unwrap();
        let mut waited = waiter.join().unwrap();
        assert_eq!(waited.done.pop().unwrap().result().unwrap(), 7);
        assert_eq!(waited.pending.len(), 1);
    });
}

#[test]
fn all_completed_waits_for_the_last() {
    on_each(Kind::ALL, |on| {
        let (first, a) = sent(&on);
        let (last, b) = sent(&on);
        let (sender, waited) = mpsc::channel();
        let waiter = thread::spawn(move || sender.send(wait([a, b], AllCompleted, None)).unwrap());
        first.send(1).unwrap();
        on.settle();
        assert!(waited.try_recv().is_err(), "one of two is not all");
        last.send(2).unwrap();
        let waited = waited.recv().unwrap();
        assert_eq!((waited.done.len(), waited.pending.len()), (2, 0));
        waiter.join().unwrap();
    });
}

#[test]
fn an_err_value_is_no_error_and_a_panic_is_one() {
    on_each(Kind::ALL, |on| {
        let never = on.submit(std::future::pending::<Result<(), ()>>());
        let err = on.submit(async { Err(()) });
        let (sender, wait_for) = oneshot::channel::<()>();
        let panics = on.submit(async {
            wait_for.await.unwrap();
            panic!("as the test wants")
        });
        let (report, reported) = mpsc::channel();
        let waiter = thread::spawn(move || report.send(wait([never, err, panics], FirstError, None)).unwrap());
        on.settle();
        assert!(reported.try_recv().is_err(), "an `Err` value ended the wait for an error");
        sender.send(()).unwrap();
        let waited = reported.recv().unwrap();
        assert_eq!((waited.done.len(), waited.pending.len()), (2, 1));
        waiter.join().unwrap();
    });
}

#[test]
fn a_cancelled_task_is_a_first_error() {
    on_each(Kind::ALL, |on| {
        let tasks = [(); 2].map(|()| on.submit(std::future::pending::<()>()));
        let canceller = tasks[1].canceller();
        let waiter = thread::spawn(move || wait(tasks, FirstError, None));
        assert!(canceller.cancel());
        let waited = waiter.join().unwrap();
        assert!(waited.done[0].is_cancelled());
        assert_eq!(waited.pending.len(), 1);
    });
}

#[test]
fn an_error_of_the_bridges_that_is_a_value_is_no_first_error() {
    on_each(Kind::ALL, |on| {
        let never = on.submit(std::future::pending::<Result<(), Error>>());
        let value = on.submit(async { Err(Error::Cancelled) });
        on.settle();
        let canceller = never.canceller();
        let (sender, receiver) = mpsc::channel();
        let waiter = thread::spawn(move || sender.send(wait([never, value], FirstError, None)).unwrap());
        thread::sleep(SETTLE);
        assert!(receiver.try_recv().is_err(), "the value ended the wait");
        assert!(canceller.cancel());
        assert_eq!(receiver.recv().unwrap().done.len(), 2);
        waiter.join().unwrap();
    });
}

#[test]
fn first_error_returns_at_once_for_an_error_that_is_there() {
    on_each(Kind::ALL, |on| {
        let never = on.submit(std::future::pending::<()>());
        let failed = on.submit(std::future::pending::<()>());
        failed.cancel();
        while !failed.is_done() {
            on.settle();
        }
        let waited = wait([never, failed], FirstError, None);
        assert!(waited.done[0].is_cancelled());
        assert_eq!((waited.done.len(), waited.pending.len()), (1, 1));
    });
}

#[test]
fn first_error_waits_for_all_where_there_is_none() {
    on_each(Kind::ALL, |on| {
        let (first, a) = sent(&on);
        let (last, b) = sent(&on);
        let (sender, waited) = mpsc::channel();
        let waiter = thread::spawn(move || sender.send(wait([a, b], FirstError, None)).unwrap());
        first.send(1).unwrap();
        thread::sleep(SETTLE);
        assert!(waited.try_recv().is_err(), "one value is no error");
        last.send(2).unwrap();
        assert_eq!(waited.recv().unwrap().done.len(), 2);
        waiter.join().unwrap();
    });
}

#[test]
fn a_timeout_partitions_in_the_order_of_the_input() {
    on_each(Kind::ALL, |on| {
        let tasks: Vec<Task<u32>> = (0..6)
            .map(|number| {
                on.submit(async move {
                    if number % 2 == 1 {
                        std::future::pending::<()>().await;
                    }
                    number
                })
            })
            .collect();
        wait_until(|| tasks.iter().step_by(2).all(Task::is_done));
        let waited = wait(tasks, AllCompleted, Some(Duration::from_millis(20)));
        assert_eq!(waited.pending.len(), 3);
        let values: Vec<u32> = waited.done.into_iter().map(|task| task.result().unwrap()).collect();
        assert_eq!(values, [0, 2, 4]);
        for task in &waited.pending {
            assert!(!task.is_done(), "a timeout cancels nothing");
        }
    });
}

#[test]
fn those_that_are_pending_keep_the_order_of_the_input() {
    on_each(Kind::ALL, |on| {
        let (senders, mut tasks): (Vec<_>, Vec<_>) = (0..6).map(|_| sent(&on)).unzip();
        for place in [1, 3] {
            tasks.insert(place, on.submit(async { 100 }));
        }
        let waited = wait(tasks, FirstCompleted, None);
        for (value, sender) in (0..).zip(senders) {
            sender.send(value).unwrap();
        }
        let values: Vec<u32> = waited.pending.into_iter().map(|task| task.result().unwrap()).collect();
        assert_eq!(values.into_iter().filter(|value| *value != 100).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    });
}

#[test]
fn the_greatest_durations_are_no_timeout_for_many() {
    on_each(Kind::ALL, |on| {
        for timeout in [Duration::MAX, Duration::from_secs(u64::MAX), Duration::from_secs(i64::MAX as u64)] {
            let (sender, task) = sent(&on);
            let waiter = thread::spawn(move || wait([task], AllCompleted, Some(timeout)));
            on.settle();
            sender.send(1).unwrap();
            assert_eq!(waiter.join().unwrap().done.len(), 1, "{timeout:?}");
            let (sender, task) = sent(&on);
            let waiter = thread::spawn(move || as_completed([task]).next_timeout(timeout));
            on.settle();
            sender.send(1).unwrap();
            assert_eq!(waiter.join().unwrap().unwrap().unwrap().0, 0, "{timeout:?}");
        }
    });
}

#[test]
fn a_timeout_of_zero_waits_for_nothing() {
    on_each(Kind::ALL, |on| {
        let never = on.submit(std::future::pending::<()>());
        let inside = on.submit(async move { wait([never], AllCompleted, Some(Duration::ZERO)) });
        assert_eq!(inside.result().unwrap().pending.len(), 1);
    });
}

#[test]
fn tasks_of_several_loops_are_waited_for_together() {
    on_each_pair(Kind::ALL, Kind::ALL, |one, other| {
        let tasks = [&one, &other, &one].map(|on| on.submit(async { 1 }));
        let waited = wait(tasks, AllCompleted, None);
        assert_eq!(waited.done.into_iter().map(|task| task.result().unwrap()).sum::<u32>(), 3);
    });
}

#[test]
fn tasks_of_event_loops_and_of_external_runtimes_are_waited_for_together() {
    let (event_loop, runtime) = (event_loop(), Runtime::new().unwrap());
    // Two handles to one runtime, and two loops with two tasks each.
    let handles =
        [Handle::from(&runtime), Handle::from(&event_loop), Handle::from(&runtime), Handle::from(&event_loop)];
    let submit = |number: u32| {
        let (sender, wait) = oneshot::channel::<()>();
        let task = handles[number as usize].submit(async move {
            wait.await.unwrap();
            number
        });
        (sender, task)
    };
    let (senders, tasks): (Vec<_>, Vec<_>) = (0..4).map(submit).unzip();
    let waiter = thread::spawn(move || wait(tasks, AllCompleted, None));
    senders.into_iter().for_each(|sender| sender.send(()).unwrap());
    let values: Vec<_> = waiter.join().unwrap().done.into_iter().map(|task| task.result().unwrap()).collect();
    assert_eq!(values, [0, 1, 2, 3]);
}

#[test]
fn a_hundred_that_finish_together_lose_no_wake() {
    on_each(Kind::ALL, |on| {
        for _ in 0..50 {
            let (sender, _) = tokio::sync::broadcast::channel::<()>(1);
            let tasks: Vec<_> = (0..100)
                .map(|_| {
                    let mut receiver = sender.subscribe();
                    on.submit(async move { receiver.recv().await.unwrap() })
                })
                .collect();
            let waiter = thread::spawn(move || wait(tasks, AllCompleted, None));
            sender.send(()).unwrap();
            assert_eq!(waiter.join().unwrap().done.len(), 100);
        }
    });
}

#[test]
#[cfg(unix)]
fn nothing_is_spun_while_many_are_waited_for() {
    on_each(Kind::ALL, |on| {
        let timeout = Duration::from_millis(500);
        let never = || [(); 3].map(|()| on.submit(std::future::pending::<()>()));
        let before = cpu_time();
        assert_eq!(wait(never(), AllCompleted, Some(timeout)).pending.len(), 3);
        let waited = cpu_time() - before;
        assert!(waited < timeout / 5, "{waited:?}");
        let before = cpu_time();
        assert!(matches!(as_completed(never()).next_timeout(timeout), Err(Error::TimedOut(_))));
        let waited = cpu_time() - before;
        assert!(waited < timeout / 5, "{waited:?}");
    });
}

#[test]
fn nothing_is_polled_while_many_are_waited_for() {
    on_each(Kind::ALL, |on| {
        let polls = Arc::new(AtomicUsize::new(0));
        let counted = || {
            let polls = Arc::clone(&polls);
            on.submit(poll_fn(move |_| -> Poll<()> {
                polls.fetch_add(1, Ordering::Relaxed);
                Poll::Pending
            }))
        };
        let tasks = [(); 3].map(|()| counted());
        wait_until(|| tasks.iter().all(is_pending));
        assert_eq!(wait(tasks, AllCompleted, Some(Duration::from_millis(50))).pending.len(), 3);
        assert_eq!(polls.load(Ordering::Relaxed), 3, "once each, by the loop");
    });
}

#[test]
fn a_stray_unpark_ends_no_wait_for_many() {
    on_each(Kind::ALL, |on| {
        beside_strays(|| {
            let (timeout, start) = (Duration::from_millis(50), Instant::now());
            let (sender, task) = sent(&on);
            let waited = wait([task], AllCompleted, Some(timeout));
            assert_eq!(waited.pending.len(), 1);
            assert!(start.elapsed() >= timeout);
            let mut results = as_completed(waited.pending);
            assert!(matches!(results.next_timeout(timeout), Err(Error::TimedOut(_))));
            assert!(start.elapsed() >= timeout * 2);
            sender.send(4).unwrap();
            assert_eq!(results.next().unwrap().1.unwrap(), 4);
        });
    });
}

#[test]
fn a_task_whose_future_is_being_dropped_is_not_done() {
    on_each(Kind::ALL, |on| {
        let (enter, entered) = mpsc::channel();
        let (leave, left) = mpsc::channel::<()>();
        let slow = OnDrop::new(move || {
            enter.send(()).unwrap();
            left.recv().unwrap_err();
        });
        // It has its value, and what it captured is being dropped.
        let task = on.submit(poll_fn(move |_| {
            let _captured = &slow;
            Poll::Ready(6)
        }));
        entered.recv().unwrap();
        let timeout = Some(Duration::from_millis(10));
        let waited = [FirstCompleted, FirstError, AllCompleted].into_iter().fold(vec![task], |tasks, when| {
            let waited = wait(tasks, when, timeout);
            assert!(waited.done.is_empty(), "{when:?}");
            waited.pending
        });
        let mut results = as_completed(waited);
        assert!(matches!(results.next_timeout(Duration::from_millis(10)), Err(Error::TimedOut(_))));
        drop(leave);
        assert_eq!(results.next().unwrap().1.unwrap(), 6);
    });
}

#[test]
fn what_wait_and_as_completed_give_back_goes_on_when_it_is_dropped() {
    on_each(Kind::ALL, |on| {
        let (sender, receiver) = mpsc::channel();
        let (go, wait_for) = tokio::sync::watch::channel(false);
        let submit = |name: &'static str| {
            let (sender, mut go) = (sender.clone(), wait_for.clone());
            on.submit(async move {
                go.wait_for(|go| *go).await.unwrap();
                sender.send(name).unwrap();
            })
        };
        drop(wait([submit("wait")], AllCompleted, Some(Duration::from_millis(5))));
        drop(as_completed([submit("as_completed, unasked")]));
        let mut results = as_completed([submit("as_completed, asked")]);
        results.next_timeout(Duration::from_millis(5)).unwrap_err();
        drop((results, sender));
        go.send(true).unwrap();
        let mut names: Vec<_> = receiver.iter().take(3).collect();
        names.sort_unstable();
        assert_eq!(names, ["as_completed, asked", "as_completed, unasked", "wait"]);
    });
}

#[test]
fn a_pending_task_can_be_waited_for_again() {
    on_each(Kind::ALL, |on| {
        let (sender, task) = sent(&on);
        let waited = wait([task], AllCompleted, Some(Duration::from_millis(5)));
        sender.send(9).unwrap();
        let waited = wait(waited.pending, AllCompleted, None);
        assert_eq!(waited.done.into_iter().next().unwrap().result().unwrap(), 9);
    });
}

#[test]
fn waiting_on_the_own_loop_panics_at_the_callers_line() {
    on_each(Kind::ONE_DRIVER, |on| {
        for when in [FirstCompleted, FirstError, AllCompleted] {
            let never = on.submit(std::future::pending::<()>());
            let payload = on
                .submit(async move { catch_unwind(AssertUnwindSafe(|| wait([never], when, None))).unwrap_err() })
                .result()
                .unwrap();
            let text = payload.downcast_ref::<String>().unwrap();
            assert!(text.contains("waiting here would never end") && text.contains(file!()), "{text}");
        }
    });
}

#[test]
fn what_is_done_may_be_waited_for_on_the_own_loop() {
    on_each(Kind::ALL, |on| {
        for when in [FirstCompleted, FirstError, AllCompleted] {
            let done = [1, 2].map(|number| on.submit(async move { number }));
            wait_until(|| done.iter().all(Task::is_done));
            let waited = on.submit(async move { wait(done, when, None).done.len() });
            assert_eq!(waited.result().unwrap(), 2, "{when:?}");
        }
    });
}

#[test]
fn refusals_panic_at_the_line_that_waits() {
    static LINES: Mutex<Vec<(String, u32)>> = Mutex::new(Vec::new());
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info.payload().downcast_ref::<String>().is_some_and(|text| text.contains("waiting here would never end")) {
            let at = info.location().unwrap();
            LINES.lock().unwrap().push((at.file().to_owned(), at.line()));
        } else {
            before(info);
        }
    }));
    on_each(Kind::ONE_DRIVER, |on| {
        let never = || on.submit(std::future::pending::<()>());
        let (first, second) = (never(), never());
        let lines = on.submit(async move {
            let waits = catch_unwind(AssertUnwindSafe(|| (line!(), wait([first], AllCompleted, None))));
            let iterates = catch_unwind(AssertUnwindSafe(|| (line!(), as_completed([second]).next().is_some())));
            assert!(waits.is_err() && iterates.is_err());
            line!() - 3
        });
        let first = lines.result().unwrap();
        let here = |line| (file!().to_owned(), line);
        assert_eq!(std::mem::take(&mut *LINES.lock().unwrap()), [here(first), here(first + 1)]);
    });
}

#[test]
fn first_completed_may_wait_for_another_loop_beside_its_own() {
    on_each_pair(Kind::ALL, Kind::ALL, |own, other| {
        let never = own.submit(std::future::pending::<u32>());
        let soon = other.submit(async { 3 });
        let waited = own.submit(async move { wait([never, soon], FirstCompleted, None) }).result().unwrap();
        assert_eq!(waited.done.into_iter().next().unwrap().result().unwrap(), 3);
    });
}

#[test]
fn a_cycle_through_a_wait_is_reported_to_the_wait_that_closes_it() {
    on_each_pair(Kind::ONE_DRIVER, Kind::ONE_DRIVER, |a, b| {
        let c = event_loop();
        let (handle_a, handle_b) = (a.handle().clone(), b.handle().clone());
        // The loop `a` waits for `c` and `b` together; what runs on `b` waits for `a`, which is busy until it waits.
        let closes = a.submit(async move {
            let on_c = c.submit(std::future::pending::<bool>());
            let stop_c = on_c.canceller();
            let on_b = handle_b.submit(async move {
                let refused = matches!(handle_a.submit(async {}).result(), Err(Error::WouldDeadlock(_)));
                stop_c.cancel();
                refused
            });
            match catch_unwind(AssertUnwindSafe(|| wait([on_c, on_b], AllCompleted, None))) {
                Ok(waited) => waited.done.into_iter().last().unwrap().result().unwrap(),
                Err(refused) => refused.downcast_ref::<String>().unwrap().contains("waiting here would never end"),
            }
        });
        assert!(closes.result().unwrap(), "the cycle was not reported");
    });
}

#[test]
fn as_completed_yields_what_is_finished_first_first() {
    on_each(Kind::ALL, |on| {
        let (senders, tasks): (Vec<_>, Vec<_>) = (0..4).map(|_| sent(&on)).unzip();
        let mut senders: Vec<_> = senders.into_iter().map(Some).collect();
        let mut results = as_completed(tasks);
        for place in [2, 0, 3, 1] {
            senders[place].take().unwrap().send(10 + place as u32).unwrap();
            let (index, result) = results.next().unwrap();
            assert_eq!((index, result.unwrap()), (place, 10 + place as u32));
        }
        assert!(results.next().is_none());
    });
}

#[test]
fn as_completed_says_how_many_are_left() {
    on_each(Kind::ALL, |on| {
        let mut results = as_completed((0..3).map(|n| on.submit(async move { n })));
        assert_eq!(results.len(), 3);
        assert!(results.next().is_some());
        assert_eq!(results.len(), 2);
        assert_eq!(results.by_ref().count(), 2);
        assert_eq!(results.len(), 0);
    });
}

#[test]
fn as_completed_keeps_nothing_of_what_it_has_yielded() {
    on_each(Kind::ALL, |on| {
        let value = Arc::new(());
        let tasks = [value.clone(), value.clone()].map(|value| on.submit(async { value }));
        let mut results = as_completed(tasks);
        while results.next().is_some() {}
        assert_eq!(Arc::strong_count(&value), 1);
    });
}

#[test]
fn next_timeout_that_runs_out_leaves_the_rest_to_be_asked_for() {
    on_each(Kind::ALL, |on| {
        let (sender, task) = sent(&on);
        let mut results = as_completed([task]);
        let timeout = Duration::from_millis(5);
        assert!(matches!(results.next_timeout(timeout), Err(Error::TimedOut(l)) if l == timeout));
        assert!(matches!(results.next_timeout(Duration::ZERO), Err(Error::TimedOut(Duration::ZERO))));
        sender.send(1).unwrap();
        assert_eq!(results.next_timeout(Duration::MAX).unwrap().unwrap().1.unwrap(), 1);
        assert!(results.next_timeout(Duration::ZERO).unwrap().is_none());
    });
}

#[test]
fn as_completed_on_the_own_loop_yields_what_is_done_and_then_refuses() {
    on_each(Kind::ONE_DRIVER, |on| {
        let ready = on.submit(async { 2 });
        wait_until(|| ready.is_done());
        let never = on.submit(std::future::pending());
        let refused = on.submit(async move {
            let mut results = as_completed([never, ready]);
            assert_eq!(results.next().unwrap().0, 1);
            results.next_timeout(Duration::MAX).map(drop)
        });
        assert!(matches!(refused.result().unwrap(), Err(Error::WouldDeadlock(_))));
    });
}

#[test]
fn as_completed_on_a_loops_thread_is_refused_as_soon_as_all_that_is_left_is_its_own() {
    on_each_pair(Kind::ONE_DRIVER, Kind::ALL, |own, other| {
        let tasks = [own.submit(std::future::pending()), other.submit(async { 1 }), other.submit(async { 2 })];
        let refused = own.submit(async move {
            let mut results = as_completed(tasks);
            let places = [results.next().unwrap().0, results.next().unwrap().0];
            (places, results.next_timeout(Duration::MAX).map(drop))
        });
        let (mut places, refused) = refused.result().unwrap();
        places.sort_unstable();
        assert_eq!(places, [1, 2]);
        assert!(matches!(refused, Err(Error::WouldDeadlock(_))));
    });
}

#[test]
fn a_loop_that_closes_ends_what_is_waited_for() {
    on_each(Kind::ALL, |on| {
        let tasks = [(); 3].map(|()| on.submit(std::future::pending::<()>()));
        let waiter = thread::spawn(move || as_completed(tasks).map(|(_, result)| result).collect::<Vec<_>>());
        drop(on);
        let results = waiter.join().unwrap();
        assert!(results.iter().all(|result| matches!(result, Err(Error::Closed))), "{results:?}");
    });
}

#[test]
fn a_spawn_blocking_thread_of_the_loop_may_wait() {
    let sum = bridge::run(async {
        let handle = Handle::current();
        tokio::task::spawn_blocking(move || {
            let tasks = [1, 2, 3].map(|n| handle.submit(async move { n }));
            as_completed(tasks).map(|(_, result)| result.unwrap()).sum::<u32>()
        })
        .await
    });
    assert_eq!(sum.unwrap(), 6);
}
