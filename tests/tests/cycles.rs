//! Deadlocks through waits for many: a loop that waits for the first of several is held up when none of them can answer,
//! and not before.

mod common;

use std::panic::resume_unwind;
use std::thread;

use bridge::ReturnWhen::{FirstCompleted, FirstError};
use bridge::{Error, Handle, Task, as_completed, wait};
use bridge_tests::kinds::{AnyLoop, Kind, on_each_pair};
use common::{SETTLE, deadlock};
use futures::stream::{self, StreamExt};
use tokio::sync::oneshot;
use tokio::task::yield_now;

/// Makes the thread of `waiter` wait for the first of two tasks, one on each of `others`; its own task gives what that one
/// gave. A task asks `waiter` when its sender is used, and ends when that is dropped.
fn waits_for_the_first(waiter: &Handle, others: [&Handle; 2]) -> (Task<Result<(), Error>>, [oneshot::Sender<()>; 2]) {
    let [(first, ask_by_first), (second, ask_by_second)] = others.map(|other| {
        let (ask, asking) = oneshot::channel();
        let target = waiter.clone();
        let asks = async move { if asking.await.is_ok() { target.submit(async {}).result() } else { Ok(()) } };
        let task = other.submit(asks);
        (task, ask)
    });
    let task = waiter.submit(async move {
        let waited = wait([first, second], FirstCompleted, None);
        waited.done.into_iter().next().unwrap().result().unwrap()
    });
    thread::sleep(SETTLE);
    (task, [ask_by_first, ask_by_second])
}

/// The text of the deadlock that ended that wait: returned to the task that was waited for, or, if the waiting thread was late and
/// closed the cycle itself, to that thread.
#[track_caller]
fn refusal(waits: Task<Result<(), Error>>) -> String {
    match waits.result() {
        Ok(first) => deadlock(first),
        Err(Error::Panicked(panic)) => panic.to_string(),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn whoever_leaves_a_wait_for_the_first_no_way_to_end_would_deadlock_and_the_others_go_on() {
    on_each_pair(Kind::ONE_DRIVER, Kind::ONE_DRIVER, |alpha, beta| {
        let gamma = AnyLoop::named(beta.kind, "third");
        let (waits, [beta_asks, gamma_asks]) = waits_for_the_first(&alpha, [&beta, &gamma]);
        beta_asks.send(()).unwrap();
        thread::sleep(SETTLE);
        assert!(!waits.is_done(), "gamma may still answer");
        gamma_asks.send(()).unwrap();
        let text = refusal(waits);
        for name in ["one", "other", "third"] {
            assert!(
                text.contains(&format!("`{name}` wait")) || text.contains(&format!("`{name}` would wait")),
                "{text}"
            );
        }
        for each in [alpha, beta, gamma] {
            each.submit(async {}).result().unwrap();
        }
    });
}

#[test]
fn a_wait_for_the_first_that_can_still_end_holds_nobody_up() {
    on_each_pair(Kind::ONE_DRIVER, Kind::ONE_DRIVER, |alpha, beta| {
        let [gamma, delta] = ["third", "fourth"].map(|name| AnyLoop::named(alpha.kind, name));
        let (waits, [beta_asks, gamma_asks]) = waits_for_the_first(&alpha, [&beta, &gamma]);
        beta_asks.send(()).unwrap();
        let target = beta.handle().clone();
        let asked = delta.submit(async move { target.submit(async {}).result() });
        thread::sleep(SETTLE);
        assert!(!waits.is_done() && !asked.is_done(), "all of them wait for gamma");
        drop(gamma_asks);
        waits.result().unwrap().unwrap();
        asked.result().unwrap().unwrap();
    });
}

#[test]
fn a_wait_for_the_first_of_one_loop_counts_in_a_cycle() {
    on_each_pair(Kind::ONE_DRIVER, Kind::ONE_DRIVER, |alpha, beta| {
        let (waits, [first_asks, _second_asks]) = waits_for_the_first(&alpha, [&beta, &beta]);
        first_asks.send(()).unwrap();
        let text = refusal(waits);
        assert!(text.contains("`other` would wait for `one`") || text.contains("`other` waits for `one`"), "{text}");
    });
}

/// The loop `alpha` waits, by `waits`, for two tasks of `beta`, one of which ends and so ends the wait; right after that,
/// and before `alpha` has noticed if it can, `beta` asks `alpha`.
#[track_caller]
fn the_ended_wait_is_none(end: fn(), waits: fn([Task<()>; 2])) {
    on_each_pair(Kind::ONE_DRIVER, Kind::ONE_DRIVER, move |alpha, beta| {
        for _ in 0..10 {
            let (go, begin) = oneshot::channel::<()>();
            let (release, released) = oneshot::channel::<()>();
            let target = alpha.handle().clone();
            let asks = beta.submit(async move {
                begin.await.unwrap();
                release.send(()).unwrap();
                yield_now().await;
                target.submit(async {}).result()
            });
            let first = beta.submit(async move {
                released.await.unwrap();
                end();
            });
            let never = beta.submit(std::future::pending());
            let stop = never.canceller();
            let waiting = alpha.submit(async move { waits([never, first]) });
            thread::sleep(SETTLE / 4);
            go.send(()).unwrap();
            asks.result().unwrap().unwrap();
            waiting.result().unwrap();
            stop.cancel();
        }
    });
}

#[test]
fn a_wait_for_the_first_is_no_part_of_a_cycle_once_one_has_come() {
    the_ended_wait_is_none(|| (), |tasks| assert_eq!(wait(tasks, FirstCompleted, None).done.len(), 1));
}

#[test]
fn a_wait_for_the_first_error_is_no_part_of_a_cycle_once_one_has_come() {
    let fails = || resume_unwind(Box::new("it ends the wait"));
    the_ended_wait_is_none(fails, |tasks| assert_eq!(wait(tasks, FirstError, None).done.len(), 1));
}

#[test]
fn as_completed_is_no_part_of_a_cycle_once_one_has_come() {
    the_ended_wait_is_none(|| (), |tasks| assert_eq!(as_completed(tasks).next().unwrap().0, 1));
}

#[test]
fn next_is_no_part_of_a_cycle_once_an_item_has_come() {
    on_each_pair(Kind::ONE_DRIVER, Kind::ONE_DRIVER, |alpha, beta| {
        for _ in 0..10 {
            let (go, begin) = oneshot::channel::<()>();
            let target = alpha.handle().clone();
            let mut begin = Some(begin);
            let items = stream::unfold(0, move |item| {
                let (begin, target) = (begin.take(), target.clone());
                async move {
                    match begin {
                        Some(begin) => begin.await.unwrap(),
                        // Right after the first was handed over, since the stream may run ahead.
                        None => target.submit(async {}).result().unwrap(),
                    }
                    Some((item, item + 1))
                }
            });
            let mut items = beta.iter(items.take(2)).buffered(2);
            let waiting = alpha.submit(async move {
                let first = items.next();
                (first, items)
            });
            thread::sleep(SETTLE / 4);
            go.send(()).unwrap();
            let (first, rest) = waiting.result().unwrap();
            assert_eq!((first, rest.collect()), (Some(0), vec![1]));
        }
    });
}
