//! Deadlock: a wait that could never end is refused, at once, and no other wait is.

mod common;

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::Duration;

use bridge::{Error, EventLoop, Handle, LocalHandle, ReturnWhen, SharedLoop, Task, as_completed, wait};
use bridge_tests::kinds::{AnyLoop, Kind, for_each, is_pending, on_each, on_each_pair};
use bridge_tests::{Drops, HANGS, Log, OnDrop, block_thread, wait_until};
use common::{SETTLE, deadlock, idle_task, line, named, panic_of};
use tokio::runtime::{Builder as TokioBuilder, Runtime};
use tokio::sync::oneshot;

fn current_thread_runtime() -> Runtime {
    TokioBuilder::new_current_thread().enable_all().build().unwrap()
}

/// A multi-thread runtime with a single worker: if that one blocks for good, nothing moves.
fn one_worker() -> Runtime {
    TokioBuilder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// Makes `waiter`'s thread wait for a task of `target`, until the sender is used or dropped. It is waiting when this returns.
/// With it comes the line that it waits at.
fn waits_for_task(waiter: &Handle, target: &Handle) -> (Task<u32>, oneshot::Sender<u32>, String) {
    let (release, released) = oneshot::channel();
    let mut awaited = target.submit(async { released.await.unwrap_or(0) });
    let (sender, receiver) = mpsc::channel();
    let waits = waiter.submit(async move {
        sender.send(line(2)).unwrap();
        loop {
            match awaited.result_timeout(HANGS * 2) {
                // The target asked first.
                Err(Error::WouldDeadlock(_)) => {}
                result => return result.unwrap(),
            }
        }
    });
    let site = receiver.recv().unwrap();
    (waits, release, site)
}

/// Has a task of `waiter` wait for one of `target`, for a short time, again and again, until that is refused.
fn wait_for_refusal(waiter: &Handle, target: &Handle) -> String {
    loop {
        let target = target.clone();
        let asks = waiter.submit(async move { target.submit(async {}).result_timeout(SHORT) });
        match asks.result().unwrap() {
            Ok(()) | Err(Error::TimedOut(_)) => {}
            Err(error) => return deadlock::<()>(Err(error)),
        }
    }
}

/// Makes `waiter`'s thread block on `target`, until the sender is used or dropped. It is blocked when this
/// returns. With it comes the line that it waits at.
fn blocks_on(waiter: &Handle, target: &Handle) -> (Task<Result<u32, Error>>, oneshot::Sender<u32>, String) {
    let (release, released) = oneshot::channel();
    let (sender, polled) = mpsc::channel();
    let target = target.clone();
    let task = waiter.submit(async move {
        let site = line(1);
        target.block_on(async move {
            sender.send(site).unwrap();
            released.await.unwrap_or(0)
        })
    });
    let site = polled.recv().unwrap();
    (task, release, site)
}

// The loop's own thread.

#[test]
fn an_unwrap_of_a_deadlock_shows_its_text() {
    let asked = named("alone").block_on(async { Handle::current().block_on(async {}) }).unwrap();
    let error = asked.unwrap_err();
    assert_eq!(format!("{error:?}"), format!("WouldDeadlock(Deadlock({:?}))", error.to_string()));
}

#[test]
fn block_on_on_the_loops_own_thread_would_deadlock_and_drops_the_future_unpolled() {
    on_each(Kind::ONE_DRIVER, |on| {
        let drops = Drops::new();
        let (guard, count) = (drops.guard(), drops.clone());
        let asked = on.submit(async move {
            let mut polled = false;
            let site = line(1);
            let asked = Handle::current().block_on(async {
                let _guard = guard;
                polled = true;
            });
            assert_eq!(count.count(), 1);
            assert!(!polled);
            (deadlock(asked), site)
        });
        let (text, site) = asked.result().unwrap();
        assert!(text.contains("`loop under test`"), "{text}");
        assert!(text.contains(&site), "{text} does not name {site}");
    });
}

#[test]
fn block_on_local_on_the_loops_own_thread_would_deadlock() {
    let event_loop = EventLoop::new().unwrap();
    let asked = event_loop.block_on(async { LocalHandle::current().block_on_local(|| async {}) });
    deadlock(asked.unwrap());
}

#[test]
fn a_timeout_does_not_turn_a_deadlock_into_a_wait() {
    on_each(Kind::ONE_DRIVER, |on| {
        let asked = on.submit(async { Handle::current().with_timeout(HANGS * 2).block_on(async {}) });
        deadlock(asked.result().unwrap());
    });
}

#[test]
fn block_on_in_a_tokio_task_of_the_loop_would_deadlock() {
    on_each(Kind::ONE_DRIVER, |on| {
        let asked = on.submit(async { tokio::spawn(async { Handle::current().block_on(async {}) }).await.unwrap() });
        deadlock(asked.result().unwrap());
    });
}

#[test]
fn block_on_in_a_local_task_of_the_loop_would_deadlock() {
    let event_loop = EventLoop::new().unwrap();
    let spawned = async { tokio::task::spawn_local(async { Handle::current().block_on(async {}) }).await.unwrap() };
    deadlock(event_loop.block_on(spawned).unwrap());
}

#[test]
fn a_pending_call_in_a_task_of_the_loop_onto_that_loop_would_deadlock() {
    on_each(Kind::ONE_DRIVER, |on| {
        let asked = on.submit(async { Handle::current().block_on(pending::<()>()) });
        deadlock(asked.result().unwrap());
    });
}

#[test]
fn a_task_of_a_shared_loop_that_blocks_on_it_would_deadlock_whichever_thread_drives() {
    let shared = SharedLoop::new().unwrap();
    // The loop's own thread.
    let (sender, receiver) = mpsc::channel();
    let asks = shared.submit(async move { sender.send(Handle::current().block_on(async {})).unwrap() });
    deadlock(receiver.recv().unwrap());
    asks.result().unwrap();
    // A thread that waits for its own future, and polls the task meanwhile.
    let mut here = false;
    while !here {
        let spawned = shared.block_on(async {
            tokio::spawn(async { (thread::current().id(), Handle::current().block_on(async {})) }).await.unwrap()
        });
        let (on, asked) = spawned.unwrap();
        deadlock(asked);
        here = on == thread::current().id();
    }
}

#[test]
fn block_on_inside_run_would_deadlock() {
    deadlock(bridge::run(async { Handle::current().block_on(async {}) }));
}

#[test]
fn result_on_the_loops_own_thread_would_deadlock_and_the_task_runs_on() {
    on_each(Kind::ONE_DRIVER, |on| {
        let (sender, receiver) = mpsc::channel();
        let asked = on.submit(async move {
            let task = Handle::current().submit(async move { sender.send(()).unwrap() });
            let site = line(1);
            let asked = task.result();
            (deadlock(asked), site)
        });
        let (text, site) = asked.result().unwrap();
        assert!(text.contains("`loop under test`") && text.contains(&site), "{text}");
        receiver.recv().unwrap();
    });
}

#[test]
fn result_timeout_on_the_loops_own_thread_would_deadlock_and_the_task_can_still_be_awaited() {
    on_each(Kind::ONE_DRIVER, |on| {
        let awaited = on.submit(async move {
            let mut task = Handle::current().submit(async { 5 });
            deadlock(task.result_timeout(HANGS * 2));
            assert!(matches!(task.result_timeout(Duration::ZERO), Err(Error::TimedOut(_))), "that is no wait");
            task.await
        });
        assert_eq!(awaited.result().unwrap().unwrap(), 5);
    });
}

#[test]
fn a_task_that_is_done_can_be_read_on_the_loops_own_thread() {
    on_each(Kind::ALL, |on| {
        let (done, mut done_too) = (on.submit(async { 1 }), on.submit(async { 2 }));
        wait_until(|| done.is_done() && done_too.is_done());
        let read = on.submit(async move { (done.result(), done_too.result_timeout(HANGS)) });
        assert!(matches!(read.result().unwrap(), (Ok(1), Ok(2))));
    });
}

#[test]
fn a_loop_that_refused_a_wait_goes_on() {
    on_each(Kind::ONE_DRIVER, |on| {
        for i in 0..3 {
            let asked = on.submit(async move { (Handle::current().block_on(async {}), i) });
            let (refused, same) = asked.result().unwrap();
            deadlock(refused);
            assert_eq!(same, i);
            assert_eq!(on.block_on(async { tokio::spawn(async { 4 }).await.unwrap() }).unwrap(), 4);
        }
    });
}

// Circles.

#[test]
fn of_two_loops_that_wait_for_each_other_the_second_would_deadlock_and_the_first_goes_on() {
    on_each_pair(Kind::ONE_DRIVER, Kind::ONE_DRIVER, |one, other| {
        let (first, release, first_site) = waits_for_task(&one, &other);
        let text = wait_for_refusal(&other, &one);
        let one_waits = format!("`one` waits for `other` (at {first_site}");
        assert!(text.contains("`other` would wait for `one` (at "), "{text}");
        assert!(text.contains(&one_waits), "{text}\ndoes not say\n{one_waits}");
        release.send(11).unwrap();
        assert_eq!(first.result().unwrap(), 11);
    });
}

#[test]
fn of_a_call_and_a_call_that_wait_for_each_other_the_second_would_deadlock_and_names_both_lines() {
    let (alpha, beta) = (named("alpha"), named("beta"));
    let (first, release, first_site) = blocks_on(&alpha, &beta);
    let target = alpha.handle().clone();
    let second = beta.block_on(async move {
        let site = line(1);
        let asked = target.block_on(async { unreachable!("it is refused") });
        (deadlock(asked.map(|never: ()| never)), site)
    });
    let (text, second_site) = second.unwrap();
    let beta_waits = format!("`beta` would wait for `alpha` (at {second_site}");
    let alpha_waits = format!("`alpha` waits for `beta` (at {first_site}");
    assert!(text.contains(&beta_waits), "{text}\ndoes not say\n{beta_waits}");
    assert!(text.contains(&alpha_waits), "{text}\ndoes not say\n{alpha_waits}");
    release.send(11).unwrap();
    assert_eq!(first.result().unwrap().unwrap(), 11);
}

#[test]
fn a_task_that_blocks_onto_an_event_loop_which_waits_for_its_loop_would_deadlock() {
    on_each(Kind::ONE_DRIVER, |on| {
        let event_loop = named("alpha");
        let (first, release, _) = waits_for_task(&event_loop, &on);
        let target = event_loop.with_timeout(SHORT);
        let text = loop {
            let target = target.clone();
            match on.submit(async move { target.block_on(async {}) }).result().unwrap() {
                // The event loop was not waiting yet.
                Ok(()) | Err(Error::TimedOut(_)) => {}
                asked => break deadlock(asked),
            }
        };
        assert!(text.contains("`alpha` waits for `loop under test`"), "{text}");
        release.send(3).unwrap();
        assert_eq!(first.result().unwrap(), 3);
    });
}

#[test]
fn an_event_loop_that_waits_for_a_loop_whose_task_blocks_onto_it_would_deadlock() {
    on_each(Kind::ONE_DRIVER, |on| {
        let event_loop = named("alpha");
        // Blocks the loop's thread, in a call onto the event loop.
        let (first, release, _) = blocks_on(&on, &event_loop);
        let text = wait_for_refusal(&event_loop, &on);
        assert!(text.contains("`loop under test` waits for `alpha`"), "{text}");
        release.send(3).unwrap();
        assert_eq!(first.result().unwrap().unwrap(), 3);
    });
}

#[test]
fn of_three_loops_that_wait_in_a_cycle_the_last_would_deadlock_and_the_others_go_on() {
    on_each_pair(Kind::ONE_DRIVER, Kind::ONE_DRIVER, |alpha, beta| {
        for kind in Kind::ONE_DRIVER {
            let gamma = AnyLoop::named(kind, "third");
            let (first, release_first, first_site) = waits_for_task(&alpha, &beta);
            let (second, release_second, second_site) = waits_for_task(&beta, &gamma);
            let text = wait_for_refusal(&gamma, &alpha);
            for part in [
                "`third` would wait for `one` (at ".into(),
                format!("`one` waits for `other` (at {first_site}"),
                format!("`other` waits for `third` (at {second_site}"),
            ] {
                assert!(text.contains(&part), "{text}\ndoes not say\n{part}");
            }
            release_second.send(2).unwrap();
            assert_eq!(second.result().unwrap(), 2);
            release_first.send(1).unwrap();
            assert_eq!(first.result().unwrap(), 1);
        }
    });
}

#[test]
fn a_task_whose_result_would_close_a_cycle_runs_when_the_cycle_is_broken() {
    on_each_pair(Kind::ONE_DRIVER, Kind::ONE_DRIVER, |one, other| {
        let (first, release, _) = waits_for_task(&one, &other);
        wait_for_refusal(&other, &one);
        let mut asked = one.submit(async { 3 });
        let asked = other.submit(async move { (deadlock(asked.result_timeout(HANGS * 2)), asked) });
        let (text, asked) = asked.result().unwrap();
        assert!(text.contains("`one`") && text.contains("`other`"), "{text}");
        release.send(1).unwrap();
        assert_eq!(first.result().unwrap(), 1);
        assert_eq!(asked.result().unwrap(), 3, "it was only not waited for");
    });
}

// No false alarm.

#[test]
fn a_chain_of_loops_without_a_cycle_works() {
    fn ask(handles: &[Handle]) -> Result<u32, Error> {
        let Some((next, rest)) = handles.split_first() else { return Ok(0) };
        next.block_on(async {
            tokio::task::yield_now().await;
            ask(rest).map(|depth| depth + 1)
        })?
    }
    fn ask_by_tasks(mut handles: Vec<Handle>) -> Result<u32, Error> {
        let Some(next) = handles.pop() else { return Ok(0) };
        next.submit(async move { ask_by_tasks(handles).map(|depth| depth + 1) }).result()?
    }
    on_each_pair(Kind::ALL, Kind::ALL, |alpha, beta| {
        let (gamma, delta) = (AnyLoop::start(beta.kind), AnyLoop::start(alpha.kind));
        let handles: Vec<_> = [&alpha, &beta, &gamma, &delta].map(|on| on.handle().clone()).into();
        for _ in 0..20 {
            assert_eq!(ask(&handles).unwrap(), 4);
            assert_eq!(ask_by_tasks(handles.clone()).unwrap(), 4);
        }
    });
}

#[test]
fn a_call_inside_a_call_back_onto_the_first_loop_is_no_cycle() {
    on_each_pair([Kind::SharedLoop, Kind::MultiThread, Kind::CurrentThread], Kind::ALL, |one, other| {
        let (there, back) = (other.handle().clone(), one.handle().clone());
        // This thread is in a call onto `one`, which it does not drive meanwhile; so `one` can be asked.
        let asked = one.block_on(async {
            there.block_on(async {
                back.block_on(async {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    back.submit(async { 7 }).await.unwrap()
                })
            })
        });
        assert_eq!(asked.unwrap().unwrap().unwrap(), 7);
    });
}

#[test]
fn a_plain_thread_in_a_call_is_no_part_of_a_cycle_whatever_tasks_wait_for() {
    on_each_pair([Kind::SharedLoop, Kind::CurrentThread], Kind::ONE_DRIVER, |one, other| {
        // A task of `one` waits for `other`, in whichever thread polls it.
        let (waits, release, _) = waits_for_task(&one, &other);
        let (handle, there) = (one.handle().clone(), other.handle().clone());
        let (sender, receiver) = mpsc::channel();
        let call = thread::spawn(move || {
            handle.block_on(async {
                // Nobody drives `one`, whose driver waits; this needs `other` alone.
                let asked = there.submit(async { 1 }).result();
                sender.send(asked).unwrap();
                there.submit(async { 2 }).await.unwrap()
            })
        });
        assert_eq!(receiver.recv().unwrap().unwrap(), 1);
        assert_eq!(call.join().unwrap().unwrap(), 2);
        release.send(5).unwrap();
        assert_eq!(waits.result().unwrap(), 5);
    });
}

#[test]
fn tasks_of_one_loop_that_wait_in_turn_for_another_while_threads_call_both_are_never_refused() {
    on_each_pair(Kind::ALL, Kind::ALL, |one, other| {
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for round in 0..20 {
                        let there = other.handle().clone();
                        let waits = one.submit(async move { there.submit(async { 1 }).result() });
                        one.block_on(tokio::task::yield_now()).unwrap();
                        other.block_on(tokio::task::yield_now()).unwrap();
                        assert_eq!(waits.result().unwrap().unwrap(), 1, "{round}");
                    }
                });
            }
        });
    });
}

#[test]
fn two_loops_may_wait_for_a_third_at_once() {
    on_each_pair(Kind::ALL, Kind::ALL, |alpha, gamma| {
        let beta = AnyLoop::start(alpha.kind);
        let (first, release_first, _) = waits_for_task(&alpha, &gamma);
        let (second, release_second, _) = waits_for_task(&beta, &gamma);
        release_second.send(2).unwrap();
        release_first.send(1).unwrap();
        assert_eq!(first.result().unwrap(), 1);
        assert_eq!(second.result().unwrap(), 2);
    });
}

#[test]
fn plain_threads_may_wait_for_loops_in_any_order() {
    on_each_pair(Kind::ALL, Kind::ALL, |alpha, beta| {
        let (first, release, _) = waits_for_task(&alpha, &beta);
        // Alpha waits for beta; this thread, which waits for both, is no part of that.
        assert_eq!(beta.block_on(async { 1 }).unwrap(), 1);
        assert_eq!(beta.submit(async { 1 }).result().unwrap(), 1);
        let queued = alpha.submit(async { 2 });
        release.send(0).unwrap();
        assert_eq!(queued.result().unwrap(), 2);
        first.result().unwrap();
    });
}

#[test]
#[expect(clippy::async_yields_async, reason = "what is waited for is handed out, not awaited there")]
fn a_wait_whose_answer_is_there_is_no_part_of_a_cycle() {
    let quick = |name| EventLoop::builder().thread_name(name).spin(Duration::ZERO).build().unwrap();
    let (alpha, beta) = (quick("alpha"), quick("beta"));
    for round in 0..1000 {
        // Beta answers alpha, and asks alpha before alpha's thread can have woken.
        let (a, b) = (alpha.handle().clone(), beta.handle().clone());
        let asked = alpha.submit(async move {
            b.block_on(async move { tokio::spawn(async move { a.block_on(async { "back" }) }) }).unwrap()
        });
        let back = asked.result().unwrap();
        assert_eq!(bridge::run(back).unwrap().unwrap(), "back", "round {round}");
    }
}

#[test]
fn waits_in_turn_are_no_cycle() {
    on_each_pair(Kind::ALL, Kind::ALL, |alpha, beta| {
        for _ in 0..50 {
            for (waiter, target) in [(&alpha, &beta), (&beta, &alpha)] {
                let target = target.handle().clone();
                let waits = waiter.submit(async move {
                    target.block_on(tokio::task::yield_now())?;
                    target.submit(async {}).result()
                });
                waits.result().unwrap().unwrap();
            }
        }
    });
}

#[test]
fn whatever_loops_ask_of_each_other_every_call_ends() {
    let loops: Vec<_> = Kind::ALL.map(AnyLoop::start).into();
    let handles: Vec<_> = loops.iter().map(|on| on.handle().clone()).collect();
    let (mut done, mut refused) = (0, 0);
    thread::scope(|scope| {
        let askers: Vec<_> = (0..8_usize)
            .map(|asker| {
                let handles = &handles;
                scope.spawn(move || {
                    let ask = |i: usize| {
                        let waiter = (asker + i) % 4;
                        let target = handles[(waiter + 1 + (i * i / 3) % 3) % 4].clone();
                        let by_call = i.is_multiple_of(2);
                        let asks = handles[waiter].submit(async move {
                            let nap = async { tokio::task::yield_now().await };
                            if by_call { target.block_on(nap) } else { target.submit(nap).result() }
                        });
                        asks.result().unwrap()
                    };
                    (0..200).map(ask).collect::<Vec<_>>()
                })
            })
            .collect();
        for result in askers.into_iter().flat_map(|asker| asker.join().unwrap()) {
            match result {
                Ok(()) => done += 1,
                Err(Error::WouldDeadlock(_)) => refused += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
    });
    println!("{done} done, {refused} refused");
    assert_eq!(done + refused, 8 * 200);
    assert!(done > 0);
}

#[test]
fn loops_that_only_ask_downwards_are_never_refused() {
    on_each_pair(Kind::ALL, Kind::ALL, |alpha, beta| {
        let loops = [AnyLoop::start(beta.kind), AnyLoop::start(alpha.kind), alpha, beta];
        let handles: Vec<_> = loops.iter().map(|on| on.handle().clone()).collect();
        thread::scope(|scope| {
            for asker in 0..8_usize {
                let handles = &handles;
                scope.spawn(move || {
                    for i in 0..30 {
                        let waiter = (asker + i) % 3;
                        let target = handles[waiter + 1 + (i / 3) % (3 - waiter)].clone();
                        let by_call = i.is_multiple_of(2);
                        let asks = handles[waiter].submit(async move {
                            let nap = async { tokio::task::yield_now().await };
                            if by_call { target.block_on(nap) } else { target.submit(nap).result() }
                        });
                        asks.result().unwrap().unwrap();
                    }
                });
            }
        });
    });
}

#[test]
#[expect(clippy::async_yields_async, reason = "what is waited for is handed out, not awaited there")]
fn submitting_to_the_loop_that_waits_for_this_one_is_no_wait() {
    let (alpha, beta) = (named("alpha"), named("beta"));
    let (first, release, _) = blocks_on(&alpha, &beta);
    let target = alpha.handle().clone();
    let task = beta.block_on(async move { target.submit(async { 6 }) }).unwrap();
    release.send(0).unwrap();
    assert_eq!(task.result().unwrap(), 6);
    first.result().unwrap().unwrap();
}

// Whether a thread drives the loop decides.

#[test]
fn a_blocking_thread_of_the_loop_may_block_on_it() {
    on_each(Kind::ALL, |on| {
        let asked = on.submit(async {
            let here = Handle::current();
            let blocking = tokio::task::spawn_blocking(move || {
                let result = here.submit(async { 1 }).result();
                (Handle::current().block_on(tokio::task::yield_now()), result)
            });
            blocking.await.unwrap()
        });
        assert!(matches!(asked.result().unwrap(), (Ok(()), Ok(1))));
    });
}

#[test]
fn a_blocking_thread_of_the_loop_may_block_on_it_for_a_local_future() {
    let event_loop = EventLoop::new().unwrap();
    let asked = event_loop.block_on(async {
        let here = LocalHandle::current();
        tokio::task::spawn_blocking(move || here.block_on_local(|| async { 3 })).await.unwrap()
    });
    assert_eq!(asked.unwrap().unwrap(), 3);
}

#[test]
fn a_blocking_thread_of_a_loop_that_waits_is_no_part_of_a_cycle() {
    on_each_pair(Kind::ONE_DRIVER, Kind::ONE_DRIVER, |alpha, beta| {
        let (first, release, _) = waits_for_task(&alpha, &beta);
        let target = alpha.handle().clone();
        let (sender, receiver) = mpsc::channel();
        let spawn = async {
            // Alpha is blocked, and so will this thread of beta be; beta's own goes on.
            tokio::task::spawn_blocking(move || sender.send(target.submit(async { 8 }).result()).unwrap());
        };
        beta.block_on(spawn).unwrap();
        release.send(0).unwrap();
        assert_eq!(receiver.recv().unwrap().unwrap(), 8);
        first.result().unwrap();
    });
}

#[test]
fn a_thread_that_has_only_entered_the_loops_context_may_block_on_it() {
    on_each(Kind::ALL, |on| {
        let context = on.block_on(async { tokio::runtime::Handle::current() }).unwrap();
        let _entered = context.enter();
        assert_eq!(on.block_on(async { 1 }).unwrap(), 1);
        on.block_on(tokio::task::yield_now()).unwrap();
        assert_eq!(on.submit(async { 2 }).result().unwrap(), 2);
    });
}

#[test]
fn the_thread_that_drives_a_current_thread_runtime_would_deadlock_on_it() {
    let runtime = TokioBuilder::new_current_thread().enable_all().name("driven").build().unwrap();
    let drops = Drops::new();
    let guard = drops.guard();
    let (main, spawned, local, result) = runtime.block_on(async {
        let main = Handle::current().block_on(async move { drop(guard) });
        let spawned = tokio::spawn(async { Handle::current().block_on(async {}) }).await.unwrap();
        let set = tokio::task::LocalSet::new();
        let local = set.run_until(async { Handle::current().block_on(async {}) }).await;
        (main, spawned, local, Handle::current().submit(async {}).result())
    });
    for asked in [main, spawned, local, result] {
        let text = deadlock(asked);
        assert!(text.contains("`driven`"), "{text}");
    }
    assert_eq!(drops.count(), 1);
}

#[test]
fn the_thread_that_drives_a_current_thread_runtime_may_block_on_another_loop() {
    let event_loop = EventLoop::new().unwrap();
    let asked = current_thread_runtime().block_on(async {
        let spawned = event_loop.handle().clone();
        let spawned = tokio::spawn(async move { spawned.block_on(async { 1 }) }).await.unwrap();
        (spawned, event_loop.block_on(async { 2 }))
    });
    assert!(matches!(asked, (Ok(1), Ok(2))));
}

#[test]
fn a_multi_thread_worker_that_blocks_lets_its_runtimes_other_tasks_go_on() {
    on_each(Kind::ALL, |on| {
        let runtime = one_worker();
        let ways: [fn(&Handle, oneshot::Receiver<u32>) -> u32; 2] = [
            |handle, answer| handle.block_on(async { answer.await.unwrap() }).unwrap(),
            |handle, answer| handle.submit(async { answer.await.unwrap() }).result().unwrap(),
        ];
        for way in ways {
            let handle = on.handle().clone();
            let (give, answer) = oneshot::channel();
            let (sender, on_the_worker) = mpsc::channel();
            let blocked = runtime.spawn(async move {
                sender.send(()).unwrap();
                way(&handle, answer)
            });
            on_the_worker.recv().unwrap();
            // The one worker is blocked, and this needs a worker.
            runtime.spawn(async move { give.send(9).unwrap() });
            assert_eq!(runtime.block_on(blocked).unwrap(), 9);
        }
    });
}

#[test]
fn a_multi_thread_worker_that_joins_a_loop_lets_its_runtimes_other_tasks_go_on() {
    on_each(Kind::LOOPS, |on| {
        let runtime = one_worker();
        let (give, answer) = oneshot::channel();
        let task = on.submit(async { answer.await.unwrap() });
        let (sender, on_the_worker) = mpsc::channel();
        let joins = runtime.spawn(async move {
            sender.send(()).unwrap();
            on.shutdown(None)
        });
        on_the_worker.recv().unwrap();
        runtime.spawn(async move { give.send(9).unwrap() });
        assert_eq!(task.result().unwrap(), 9);
        runtime.block_on(joins).unwrap().unwrap();
    });
}

#[test]
fn a_multi_thread_worker_that_waits_for_many_lets_its_runtimes_other_tasks_go_on() {
    on_each(Kind::ALL, |on| {
        let runtime = one_worker();
        let ways: [fn(Task<u32>) -> u32; 2] = [
            |task| wait([task], ReturnWhen::AllCompleted, None).done.pop().unwrap().result().unwrap(),
            |task| as_completed([task]).next().unwrap().1.unwrap(),
        ];
        for way in ways {
            let (give, answer) = oneshot::channel();
            let task = on.submit(async { answer.await.unwrap() });
            let (sender, on_the_worker) = mpsc::channel();
            let blocked = runtime.spawn(async move {
                sender.send(()).unwrap();
                way(task)
            });
            on_the_worker.recv().unwrap();
            runtime.spawn(async move { give.send(9).unwrap() });
            assert_eq!(runtime.block_on(blocked).unwrap(), 9);
        }
    });
}

#[test]
fn a_multi_thread_worker_that_reads_a_stream_lets_its_runtimes_other_tasks_go_on() {
    on_each(Kind::ALL, |on| {
        let runtime = one_worker();
        let (give, answer) = oneshot::channel();
        let mut items = on.iter(futures::stream::once(async { answer.await.unwrap() }));
        let (sender, on_the_worker) = mpsc::channel();
        let blocked = runtime.spawn(async move {
            sender.send(()).unwrap();
            items.next()
        });
        on_the_worker.recv().unwrap();
        runtime.spawn(async move { give.send(9).unwrap() });
        assert_eq!(runtime.block_on(blocked).unwrap(), Some(9));
    });
}

#[test]
fn a_multi_thread_worker_that_drops_a_loop_lets_its_runtimes_other_tasks_go_on() {
    on_each(Kind::LOOPS, |on| {
        let runtime = one_worker();
        let blocked_thread = block_thread(&on);
        let (sender, on_the_worker) = mpsc::channel();
        let drops = runtime.spawn(async move {
            sender.send(()).unwrap();
            drop(on);
        });
        on_the_worker.recv().unwrap();
        // The loop ends after its poll, which ends when a worker does this.
        runtime.spawn(async move { blocked_thread.release() });
        runtime.block_on(drops).unwrap();
    });
}

#[test]
fn a_multi_thread_worker_may_block_on_its_own_runtime() {
    let runtime = one_worker();
    let asked = runtime.spawn(async {
        let here = Handle::current();
        (here.block_on(async { 1 }), here.submit(async { 2 }).result())
    });
    assert!(matches!(runtime.block_on(asked).unwrap(), (Ok(1), Ok(2))));
}

#[test]
fn the_main_thread_a_blocking_thread_and_block_in_place_of_a_multi_thread_runtime_may_block_on_it() {
    let runtime = one_worker();
    let asked = runtime.block_on(async {
        let main = Handle::current().block_on(async { 1 });
        let blocking = tokio::task::spawn_blocking(|| Handle::current().block_on(async { 2 })).await.unwrap();
        let in_place = tokio::spawn(async { tokio::task::block_in_place(|| Handle::current().block_on(async { 3 })) });
        (main, blocking, in_place.await.unwrap())
    });
    assert!(matches!(asked, (Ok(1), Ok(2), Ok(3))));
}

// The end of a loop, waited for by another one.

#[test]
fn dropping_a_loop_on_another_loops_thread_counts_as_a_wait_in_a_cycle() {
    on_each_pair(Kind::ONE_DRIVER, Kind::LOOPS, |alpha, beta| {
        let log = Log::new();
        let (entries, target) = (log.clone(), alpha.handle().clone());
        let left = beta.submit(async move {
            // Runs while alpha waits for the end of beta, or is about to.
            let _guard = OnDrop::new(move || entries.push(target.submit(async {}).result()));
            pending::<()>().await;
        });
        wait_until(|| is_pending(&left));
        alpha.submit(async move { drop(beta) }).result().unwrap();
        assert!(matches!(left.result(), Err(Error::Closed)));
        match &log.take()[..] {
            [Err(Error::WouldDeadlock(deadlock))] => {
                let text = deadlock.to_string();
                assert!(text.contains("`one` waits for `other`"), "{text}");
            }
            // Beta asked first, and so alpha did not wait for its end.
            [Ok(())] => {}
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_loop_that_waits_for_this_one_is_closed_by_its_end_but_not_joined() {
    for shutdown in [false, true] {
        on_each_pair(Kind::ONE_DRIVER, Kind::LOOPS, move |alpha, beta| {
            let handle = beta.handle().clone();
            let (give, given) = oneshot::channel::<AnyLoop>();
            let (target, log) = (alpha.handle().clone(), Log::new());
            let entries = log.clone();
            // Beta's thread waits for alpha's, which then ends beta.
            let waits = handle.submit(async move {
                let end = async move {
                    let beta = given.await.unwrap();
                    if shutdown {
                        deadlock(beta.shutdown(None));
                    } else {
                        drop(beta);
                    }
                };
                entries.push(target.submit(end).result().is_ok());
            });
            // Beta's thread is not in its wait yet, maybe; then it is refused, since alpha waits for the end of beta.
            thread::sleep(SETTLE);
            assert!(give.send(beta).is_ok());
            waits.result().unwrap();
            assert_eq!(log.take(), [true]);
            assert!(handle.is_closed());
            assert_eq!(alpha.submit(async { 1 }).result().unwrap(), 1);
        });
    }
}

#[test]
fn the_end_of_a_shared_loop_is_not_waited_for_where_a_call_onto_it_waits_for_that_thread() {
    for shutdown in [false, true] {
        on_each(Kind::ONE_DRIVER, move |on| {
            let shared = AnyLoop::start(Kind::SharedLoop);
            let (caller, there) = (shared.handle().clone(), on.handle().clone());
            // The end of the shared loop waits for this call, which waits for the thread that ends it.
            let called = caller.block_on(async {
                there
                    .submit(async move {
                        if shutdown {
                            return shared.shutdown(None);
                        }
                        drop(shared);
                        Ok(())
                    })
                    .result()
            });
            match called {
                Ok(Ok(ended)) => assert!(!shutdown || ended.is_err(), "{ended:?}"),
                Ok(Err(refused)) => drop(deadlock::<()>(Err(refused))),
                Err(closed) => assert!(matches!(closed, Error::Closed), "{closed:?}"),
            }
            assert!(caller.is_closed());
        });
    }
}

#[test]
#[ignore = "a call inside a call, both polled by their caller, waits for nothing that the check knows of"]
fn the_end_of_a_shared_loop_is_not_waited_for_where_a_call_inside_a_call_onto_it_needs_that_thread() {
    let (shared, other) = (AnyLoop::start(Kind::SharedLoop), AnyLoop::start(Kind::CurrentThread));
    let (caller, there) = (shared.handle().clone(), other.handle().clone());
    let called = caller.block_on(async {
        there.block_on(async {
            // The thread of this timer is to wait for the end of the shared loop, and so for the outer call.
            tokio::spawn(async move { drop(shared) });
            tokio::time::sleep(Duration::from_millis(50)).await;
        })
    });
    assert!(matches!(called, Ok(Ok(()) | Err(_)) | Err(Error::Closed)), "{called:?}");
}

// The guard's state.

#[test]
fn the_guard_is_restored_when_a_wait_unwinds() {
    on_each_pair(Kind::ONE_DRIVER, Kind::ALL, |alpha, beta| {
        let (a, b) = (alpha.handle().clone(), beta.handle().clone());
        let again = alpha.submit(async move {
            let unwound = catch_unwind(AssertUnwindSafe(|| b.block_on(async { panic_any(1_u8) })));
            assert_eq!(*unwound.unwrap_err().downcast::<u8>().unwrap(), 1);
            let late = async {
                tokio::task::yield_now().await;
                panic_any(2_u8)
            };
            let unwound = catch_unwind(AssertUnwindSafe(|| b.block_on(late)));
            assert_eq!(*unwound.unwrap_err().downcast::<u8>().unwrap(), 2);
            // The thread still knows its own loop, and can wait again.
            deadlock(a.block_on(async {}));
            b.block_on(async { "beta again" })
        });
        assert_eq!(again.result().unwrap().unwrap(), "beta again");
        let a = alpha.handle().clone();
        assert_eq!(beta.submit(async move { a.submit(async { 2 }).result() }).result().unwrap().unwrap(), 2);
    });
}

#[test]
fn the_wait_that_unwound_is_not_counted_in_a_cycle_while_its_thread_is_busy() {
    on_each_pair(Kind::ONE_DRIVER, Kind::ONE_DRIVER, |alpha, beta| {
        let b = beta.handle().clone();
        let (sender, unwound) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let busy = alpha.submit(async move {
            let late = async {
                tokio::task::yield_now().await;
                panic_any(1_u8)
            };
            catch_unwind(AssertUnwindSafe(|| b.block_on(late))).unwrap_err();
            sender.send(()).unwrap();
            released.recv().unwrap_err();
        });
        unwound.recv().unwrap();
        let target = alpha.handle().clone();
        let asked = beta.submit(async move { target.submit(async {}).result_timeout(Duration::from_millis(20)) });
        let asked = asked.result().unwrap();
        assert!(matches!(asked, Err(Error::TimedOut(_))), "alpha is busy, but waits for nobody: {asked:?}");
        drop(release);
        busy.result().unwrap();
    });
}

#[test]
fn a_wait_that_another_was_nested_in_still_counts_in_a_cycle() {
    struct Asks(Handle);
    impl Wake for Asks {
        fn wake(self: Arc<Self>) {}
    }
    impl Drop for Asks {
        fn drop(&mut self) {
            self.0.block_on(async {}).unwrap();
        }
    }
    let [alpha, beta, gamma] = ["alpha", "beta", "gamma"].map(named);
    let (release, released) = oneshot::channel::<()>();
    let (sender, waits) = mpsc::channel();
    let (mut task, asked) = (beta.submit(async { released.await.unwrap() }), Handle::from(&gamma));
    let first = alpha.submit(async move {
        // The task gives this waker up for the one that the wait leaves, and so in the middle of the wait.
        let waker = Waker::from(Arc::new(Asks(asked)));
        assert!(pin!(&mut task).poll(&mut Context::from_waker(&waker)).is_pending());
        drop(waker);
        sender.send(()).unwrap();
        loop {
            match task.result_timeout(HANGS * 2) {
                // Beta asked first.
                Err(Error::WouldDeadlock(_)) => {}
                result => return result,
            }
        }
    });
    waits.recv().unwrap();
    let refused = wait_for_refusal(&beta, &alpha);
    assert!(refused.contains("`alpha` waits for `beta`"), "{refused}");
    release.send(()).unwrap();
    first.result().unwrap().unwrap();
}

#[test]
fn a_call_that_timed_out_before_its_first_poll_is_no_part_of_a_cycle_while_its_future_is_dropped() {
    let (alpha, beta) = (named("alpha"), named("beta"));
    let blocked_thread = block_thread(&beta);
    let (enter, entered) = mpsc::channel();
    let (leave, left) = mpsc::channel::<()>();
    let slow = OnDrop::new(move || {
        enter.send(()).unwrap();
        left.recv().unwrap_err();
    });
    let hasty = beta.with_timeout(SHORT);
    let timed_out = alpha.submit(async move { hasty.block_on(async move { drop(slow) }) });
    // Alpha's thread is in the destructor, and waits for nothing of beta any more.
    entered.recv().unwrap();
    blocked_thread.release();
    let timed = alpha.with_timeout(SHORT);
    let asked = beta.block_on(async move { timed.block_on(async {}) }).unwrap();
    assert!(matches!(asked, Err(Error::TimedOut(_))), "alpha is busy, but waits for nobody: {asked:?}");
    drop(leave);
    assert!(matches!(timed_out.result().unwrap(), Err(Error::TimedOut(_))));
}

#[test]
fn the_guard_is_restored_when_a_wait_times_out_or_is_refused() {
    on_each_pair(Kind::ONE_DRIVER, Kind::ONE_DRIVER, |alpha, beta| {
        let (a, b) = (alpha.handle().clone(), beta.with_timeout(SHORT));
        let (sender, waited) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let busy = alpha.submit(async move {
            deadlock(a.block_on(async {}));
            assert!(matches!(b.block_on(pending::<()>()), Err(Error::TimedOut(_))));
            assert!(matches!(b.submit(pending::<()>()).result_timeout(SHORT), Err(Error::TimedOut(_))));
            sender.send(()).unwrap();
            released.recv().unwrap_err();
        });
        waited.recv().unwrap();
        let target = alpha.handle().clone();
        let asked = beta.submit(async move { target.submit(async {}).result_timeout(Duration::from_millis(20)) });
        let asked = asked.result().unwrap();
        assert!(matches!(asked, Err(Error::TimedOut(_))), "alpha is busy, but waits for nobody: {asked:?}");
        drop(release);
        busy.result().unwrap();
    });
}

const SHORT: Duration = Duration::from_millis(5);

#[test]
fn a_thread_whose_run_has_unwound_is_a_plain_thread_again() {
    let event_loop = EventLoop::new().unwrap();
    let handle = Arc::new(std::sync::Mutex::new(None));
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        bridge::run(async {
            *handle.lock().unwrap() = Some(Handle::current());
            panic_any(1_u8);
        })
    }));
    unwound.unwrap_err();
    assert_eq!(event_loop.block_on(async { 1 }).unwrap(), 1);
    let of_run = handle.lock().unwrap().take().unwrap();
    assert!(matches!(of_run.block_on(async {}), Err(Error::Closed)), "closed, and no longer this thread's");
}

// `run` inside a loop.

#[test]
fn run_inside_a_loop_panics_at_the_callers_line_and_the_loop_goes_on() {
    let event_loop = EventLoop::new().unwrap();
    let polled = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&polled);
    let asked = event_loop.block_on(async move {
        let set = move || flag.store(true, Ordering::SeqCst);
        let site = line(1);
        (panic_of(|| bridge::run(async { set() })), site)
    });
    let ((text, named), site) = asked.unwrap();
    assert_eq!(named, site);
    assert!(text.contains("runs an event loop already"), "{text}");
    assert!(!polled.load(Ordering::SeqCst));
    assert_eq!(event_loop.block_on(async { 1 }).unwrap(), 1);
}

#[test]
fn run_inside_run_panics_and_the_outer_one_goes_on() {
    let (text, here) = bridge::run(async {
        let (text, _) = panic_of(|| bridge::run(async {}));
        (text, Handle::current().submit(async { 1 }).await)
    });
    assert!(text.contains("runs an event loop already"), "{text}");
    assert_eq!(here.unwrap(), 1);
}

#[test]
fn run_on_a_thread_of_a_tokio_runtime_that_polls_panics() {
    let current = current_thread_runtime().block_on(async { panic_of(|| bridge::run(async {})) });
    let runtime = one_worker();
    let worker = runtime.spawn(async { panic_of(|| bridge::run(async {})) });
    for (text, _) in [current, runtime.block_on(worker).unwrap()] {
        assert!(text.contains("runs an event loop already"), "{text}");
    }
}

#[test]
fn run_on_a_blocking_thread_works_and_its_loop_is_the_current_one() {
    let event_loop = named("outer");
    let asked = event_loop.block_on(async {
        let inner = || bridge::run(async { deadlock(Handle::current().block_on(async {})) });
        tokio::task::spawn_blocking(inner).await.unwrap()
    });
    let text = asked.unwrap();
    assert!(!text.contains("`outer`"), "{text}");
}

#[test]
fn a_loop_may_be_blocked_on_inside_run_on_another_thread() {
    let event_loop = EventLoop::new().unwrap();
    let drops = Drops::new();
    let idle = idle_task(&event_loop, &drops);
    let answer = bridge::run(async { event_loop.block_on(async { 5 }) });
    assert_eq!(answer.unwrap(), 5);
    assert!(!idle.is_done());
}

#[test]
fn a_hook_at_the_end_of_a_loops_thread_counts_in_a_cycle() {
    for_each(Kind::LOOPS, |kind| {
        let event_loop = EventLoop::new().unwrap();
        let handle = event_loop.handle().clone();
        let (sender, receiver) = mpsc::channel();
        let calls = move || sender.send(handle.block_on(async {})).unwrap();
        let builder = EventLoop::builder().on_thread_stop(calls);
        // The thread of `event_loop` waits for the end of the other, whose hook calls it.
        let ended = event_loop.block_on(async move {
            match kind {
                Kind::SharedLoop => builder.build_shared().unwrap().shutdown(),
                _ => builder.build().unwrap().shutdown(),
            }
        });
        let called = receiver.recv().unwrap();
        assert!(ended.unwrap().is_ok());
        assert!(matches!(called, Err(Error::WouldDeadlock(_))), "{called:?}");
    });
}
