//! Deadlocks through a runtime that has workers: a job that one of them polls, and that waits, is held up, and the
//! runtime's other jobs are not.

mod common;

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;

use bridge::ReturnWhen::{AllCompleted, FirstCompleted};
use bridge::{Error, EventLoop, Handle, Task, as_completed, wait};
use bridge_tests::OnDrop;
use bridge_tests::kinds::{Kind, on_each};
use common::{SETTLE, deadlock, line, named};
use tokio::runtime::{Builder as TokioBuilder, Runtime};
use tokio::sync::oneshot;
use tokio::task::yield_now;

fn pool() -> Runtime {
    TokioBuilder::new_multi_thread().worker_threads(1).name("pool").enable_all().build().unwrap()
}

/// A task of `on` whose worker waits for `target` until the sender is used or dropped.
fn waits_for(on: &Handle, target: &Handle) -> (Task<Result<u32, Error>>, oneshot::Sender<u32>) {
    let (release, released) = oneshot::channel();
    let (sender, polled) = mpsc::channel();
    let target = target.clone();
    let task = on.submit(async move {
        target.block_on(async move {
            sender.send(()).unwrap();
            released.await.unwrap_or(0)
        })
    });
    polled.recv().unwrap();
    (task, release)
}

type Answer = Result<(), Error>;

/// A task of `on` that waits for a job of `target`, whose future is pending and asks `back` as it is dropped. The last
/// receiver gets the answer; the one before it gets a value when the job is polled.
fn waits_for_one_that_asks(
    on: &Handle,
    target: Handle,
    back: Handle,
) -> (Task<Answer>, oneshot::Receiver<()>, mpsc::Receiver<Answer>) {
    let ((sender, polled), (sender_asked, asked)) = (oneshot::channel(), mpsc::channel());
    let asks = OnDrop::new(move || sender_asked.send(back.block_on(async {})).unwrap());
    let task = on.submit(async move {
        target.block_on(async move {
            let _asks = asks;
            sender.send(()).unwrap();
            pending::<()>().await;
        })
    });
    (task, polled, asked)
}

#[test]
fn a_cycle_through_a_job_on_a_worker_is_refused_and_names_the_runtime_and_the_lines() {
    on_each([Kind::EventLoop, Kind::CurrentThread, Kind::SharedLoop], |on| {
        let runtime = pool();
        let (back, pool) = (on.handle().clone(), Handle::from(&runtime));
        // Asks by a task, since a shared loop's call would be polled on the worker.
        let asks = |back: Handle| {
            let site = line(1);
            (deadlock(back.submit(async {}).result()), site)
        };
        let asked = on.submit(async move {
            let site = line(1);
            let outer = pool.block_on(async {
                // The thread that polls this once is to wait, and a worker to go on with it.
                yield_now().await;
                asks(back)
            });
            (outer.unwrap(), site)
        });
        let ((text, inner_site), outer_site) = asked.result().unwrap();
        assert!(text.contains("a task of `pool` would wait for `loop under test`"), "{text}");
        assert!(text.contains("`loop under test` waits for a task of `pool`"), "{text}");
        for site in [outer_site, inner_site] {
            assert!(text.contains(&site), "{text} does not name {site}");
        }
    });
}

#[test]
fn a_loop_that_waits_for_a_task_on_a_worker_which_waits_for_the_loop_is_refused() {
    on_each(Kind::ONE_DRIVER, |on| {
        let runtime = pool();
        let (back, pool) = (on.handle().clone(), Handle::from(&runtime));
        let asked = on.submit(async move {
            let held_up = pool.submit(async move { back.submit(async {}).result() });
            // Whoever comes second is refused, and the other goes on.
            match held_up.result() {
                Ok(asked) => deadlock(asked),
                refused => deadlock(refused),
            }
        });
        let text = asked.result().unwrap();
        assert!(text.contains("a task of `pool`") && text.contains("`loop under test`"), "{text}");
    });
}

#[test]
fn a_longer_cycle_through_two_runtimes_is_refused() {
    let ([alpha, beta], runtimes) = (["alpha", "beta"].map(named), [pool(), pool()]);
    let [first, second] = [&runtimes[0], &runtimes[1]].map(Handle::from);
    let (back, beta) = (Handle::from(&alpha), Handle::from(&beta));
    let asked = alpha.block_on(async {
        first.block_on(async {
            yield_now().await;
            beta.block_on(async {
                second.block_on(async {
                    yield_now().await;
                    back.block_on(async {})
                })
            })
        })
    });
    let text = deadlock(asked.unwrap().unwrap().unwrap().unwrap());
    assert!(text.contains("a task of `pool` would wait for `alpha`") && text.contains("`beta`"), "{text}");
}

#[test]
fn a_job_on_a_worker_that_waits_for_itself_is_refused() {
    let runtime = pool();
    let (give, given) = mpsc::channel::<Task<()>>();
    let (sender, receiver) = mpsc::channel();
    let task = Handle::from(&runtime).submit(async move {
        let itself = given.recv().unwrap();
        let site = line(1);
        let asked = itself.result();
        sender.send((deadlock(asked), site)).unwrap();
    });
    give.send(task).unwrap();
    let (text, site) = receiver.recv().unwrap();
    assert!(text.contains("a task of `pool` would wait for its own result") && text.contains(&site), "{text}");
}

#[test]
fn of_two_jobs_of_one_runtime_that_wait_for_each_other_one_is_refused() {
    let runtime = pool();
    let pool = Handle::from(&runtime);
    let (give, given) = oneshot::channel::<Task<Result<(), Error>>>();
    let first = pool.submit(async { given.await.unwrap().result().and_then(|asked| asked) });
    let second = pool.submit(async move { first.result().and_then(|asked| asked) });
    let (sender, receiver) = mpsc::channel();
    let third = pool.submit(async move {
        let second: Result<(), Error> = second.result().and_then(|asked| asked);
        sender.send(()).unwrap();
        second
    });
    // The third waits for the second, which waits for the first, which is to wait for the third.
    thread::sleep(SETTLE);
    give.send(third).unwrap();
    receiver.recv().unwrap();
}

#[test]
fn a_loop_that_waits_for_one_job_may_be_waited_for_by_others_of_that_runtime() {
    let (alpha, runtime) = (named("alpha"), pool());
    let pool = Handle::from(&runtime);
    let (waits, release) = waits_for(alpha.handle(), &pool);
    let back = Handle::from(&alpha);
    let other = pool.submit(async move { back.block_on(async { 1 }) });
    thread::sleep(SETTLE);
    assert!(!other.is_done(), "alpha is not free yet");
    release.send(2).unwrap();
    assert_eq!((waits.result().unwrap().unwrap(), other.result().unwrap().unwrap()), (2, 1));
}

#[test]
fn a_job_that_waits_for_another_of_its_runtime_holds_up_nobody_else() {
    let (alpha, runtime) = (named("alpha"), pool());
    let pool = Handle::from(&runtime);
    let (waits, release) = waits_for(&pool, &pool);
    let inner = pool.clone();
    let asked = alpha.submit(async move { pool.submit(async move { inner.submit(async { 3 }).result() }).result() });
    let asked = asked.result();
    assert_eq!(asked.unwrap().unwrap().unwrap(), 3);
    release.send(4).unwrap();
    assert_eq!(waits.result().unwrap().unwrap(), 4);
}

#[test]
fn a_job_that_no_longer_waits_is_no_part_of_a_cycle() {
    let (alpha, runtime) = (named("alpha"), pool());
    let pool = Handle::from(&runtime);
    let target = Handle::from(&alpha);
    let ((sender, waited), (go, gone)) = (mpsc::channel(), oneshot::channel());
    let task = pool.submit(async move {
        target.block_on(async {}).unwrap();
        sender.send(()).unwrap();
        gone.await.unwrap_or(0)
    });
    waited.recv().unwrap();
    runtime.spawn(async {
        tokio::time::sleep(SETTLE).await;
        go.send(5).unwrap();
    });
    assert_eq!(alpha.block_on(async { task.result() }).unwrap().unwrap(), 5);
}

#[test]
fn a_task_of_the_runtime_itself_that_waits_is_no_part_of_a_cycle() {
    let (alpha, runtime) = (named("alpha"), pool());
    let (pool, back) = (Handle::from(&runtime), Handle::from(&alpha));
    let (waits, release) = waits_for(alpha.handle(), &pool);
    let spawned = runtime.spawn(async move { back.block_on(async { 1 }) });
    thread::sleep(SETTLE);
    release.send(2).unwrap();
    assert_eq!(waits.result().unwrap().unwrap(), 2);
    assert_eq!(runtime.block_on(spawned).unwrap().unwrap(), 1);
}

#[test]
fn a_worker_that_ends_a_loop_whose_task_waits_for_its_job_is_refused() {
    let (alpha, runtime) = (named("alpha"), pool());
    let pool = Handle::from(&runtime);
    let (give, given) = oneshot::channel::<EventLoop>();
    let (sender, receiver) = mpsc::channel();
    alpha
        .handle()
        .call_soon(move || {
            let asked = pool.block_on(async {
                let alpha = given.await.unwrap();
                alpha.shutdown()
            });
            sender.send(asked.unwrap()).unwrap();
        })
        .unwrap();
    give.send(alpha).unwrap();
    deadlock(receiver.recv().unwrap());
}

#[test]
fn a_wait_in_the_destructor_of_a_jobs_future_counts_in_a_cycle() {
    let (alpha, runtime) = (named("alpha"), pool());
    let (pool, back) = (Handle::from(&runtime), Handle::from(&alpha));
    let (sender, receiver) = mpsc::channel();
    alpha
        .block_on(async {
            let asks = OnDrop::new(move || sender.send(back.block_on(async {})).unwrap());
            pool.block_on(async move {
                let _asks = asks;
                yield_now().await;
            })
        })
        .unwrap()
        .unwrap();
    deadlock(receiver.recv().unwrap());
}

#[test]
fn a_wait_in_the_destructor_of_a_job_that_its_runtime_drops_counts_in_a_cycle() {
    let (alpha, runtime) = (named("alpha"), pool());
    let (pool, back) = (Handle::from(&runtime), Handle::from(&alpha));
    let (waits, polled, asked) = waits_for_one_that_asks(&alpha, pool, back);
    polled.blocking_recv().unwrap();
    thread::sleep(SETTLE);
    runtime.shutdown_background();
    deadlock(asked.recv().unwrap());
    assert!(matches!(waits.result().unwrap(), Err(Error::Closed)));
}

#[test]
fn a_wait_in_the_destructor_of_a_job_that_a_current_thread_runtime_drops_counts_in_a_cycle() {
    let (alpha, runtime) = (named("alpha"), TokioBuilder::new_current_thread().build().unwrap());
    let (target, back) = (Handle::from(&runtime), Handle::from(&alpha));
    let (waits, polled, asked) = waits_for_one_that_asks(&alpha, target, back);
    runtime.block_on(polled).unwrap();
    drop(runtime);
    deadlock(asked.recv().unwrap());
    assert!(matches!(waits.result().unwrap(), Err(Error::Closed)));
}

#[test]
fn a_wait_in_a_runtime_inside_a_job_counts_in_a_cycle() {
    let (alpha, runtime) = (named("alpha"), pool());
    let (pool, back) = (Handle::from(&runtime), Handle::from(&alpha));
    let asked = alpha.block_on(async {
        pool.block_on(async {
            // The loop's thread, which polls this once, is to wait.
            yield_now().await;
            tokio::task::block_in_place(|| {
                let inner = TokioBuilder::new_current_thread().name("inner").build().unwrap();
                inner.block_on(async { back.block_on(async {}) })
            })
        })
    });
    let text = deadlock(asked.unwrap().unwrap());
    assert!(text.contains("a task of `pool` would wait for `alpha`"), "{text}");
}

#[test]
fn a_wait_in_what_a_loops_thread_drops_of_another_runtime_counts_in_a_cycle() {
    let [alpha, beta] = ["alpha", "beta"].map(named);
    let runtime = TokioBuilder::new_current_thread().build().unwrap();
    let (target, back) = (Handle::from(&runtime), Handle::from(&beta));
    let (waits, polled, asked) = waits_for_one_that_asks(&beta, target, back);
    runtime.block_on(polled).unwrap();
    alpha.block_on(async move { runtime.shutdown_background() }).unwrap();
    deadlock(asked.recv().unwrap());
    assert!(matches!(waits.result().unwrap(), Err(Error::Closed)));
}

#[test]
fn a_refused_job_holds_up_nobody_where_its_future_is_dropped() {
    for runtime in [TokioBuilder::new_current_thread().build().unwrap(), pool()] {
        let beta = named("beta");
        let (there, target) = (Handle::from(&beta), Handle::from(&runtime));
        drop(runtime);
        let (sender, receiver) = mpsc::channel();
        let again = target.clone();
        let asks = OnDrop::new(move || {
            let through_beta = again.clone();
            sender.send(again.block_on(async {})).unwrap();
            sender.send(there.block_on(async move { through_beta.block_on(async {}) }).unwrap()).unwrap();
        });
        drop(target.submit(async move { drop(asks) }));
        for _ in 0..2 {
            let asked = receiver.recv().unwrap();
            assert!(matches!(asked, Err(Error::Closed)), "{asked:?}");
        }
    }
}

#[test]
fn a_wait_for_a_runtime_that_has_shut_down_is_no_part_of_a_cycle() {
    let beta = named("beta");
    let runtime = TokioBuilder::new_current_thread().build().unwrap();
    let (there, target) = (Handle::from(&beta), Handle::from(&runtime));
    let (again, (sender, receiver)) = (target.clone(), mpsc::channel());
    let asks = OnDrop::new(move || sender.send(there.block_on(async { again.block_on(async {}) })).unwrap());
    let left = target.submit(async move {
        let _asks = asks;
        pending::<()>().await;
    });
    runtime.block_on(yield_now());
    drop(runtime);
    let asked = receiver.recv().unwrap().unwrap();
    assert!(matches!(asked, Err(Error::Closed)), "{asked:?}");
    assert!(matches!(left.result(), Err(Error::Closed)));
}

#[test]
fn a_wait_for_a_loop_that_has_closed_is_no_part_of_a_cycle() {
    let [alpha, beta] = ["alpha", "beta"].map(named);
    let (there, back) = (Handle::from(&beta), Handle::from(&alpha));
    let (sender, receiver) = mpsc::channel();
    let asks = OnDrop::new(move || sender.send(there.block_on(async { back.block_on(async {}) })).unwrap());
    let left = alpha.submit(async move {
        let _asks = asks;
        pending::<()>().await;
    });
    alpha.block_on(async {}).unwrap();
    drop(alpha);
    let asked = receiver.recv().unwrap().unwrap();
    assert!(matches!(asked, Err(Error::Closed)), "{asked:?}");
    assert!(matches!(left.result(), Err(Error::Closed)));
}

#[test]
fn a_wait_for_all_is_refused_if_one_of_them_waits_for_this_loop() {
    let (alpha, runtime) = (named("alpha"), pool());
    let (pool, back) = (Handle::from(&runtime), Handle::from(&alpha));
    let text = alpha.block_on(async {
        let free = pool.submit(async { None });
        // Refused itself, if it is late and closes the cycle.
        let held_up = pool.submit(async move { back.block_on(async {}).err() });
        thread::sleep(SETTLE);
        let waited = catch_unwind(AssertUnwindSafe(|| wait([free, held_up], AllCompleted, None)));
        match waited {
            Ok(waited) => waited.done.into_iter().filter_map(|task| task.result().unwrap()).next().unwrap().to_string(),
            Err(payload) => *payload.downcast::<String>().unwrap(),
        }
    });
    let text = text.unwrap();
    assert!(text.contains("would never end") && text.contains("a task of `pool`"), "{text}");
}

#[test]
fn a_wait_for_the_first_is_refused_only_if_all_of_them_wait_for_this_loop() {
    type Way = fn(Vec<Task<u32>>) -> u32;
    let ways: [Way; 2] = [
        |tasks| wait(tasks, FirstCompleted, None).done.into_iter().next().unwrap().result().unwrap(),
        |tasks| as_completed(tasks).next().unwrap().1.unwrap(),
    ];
    for way in ways {
        let (alpha, runtime) = (named("alpha"), pool());
        let (pool, back) = (Handle::from(&runtime), Handle::from(&alpha));
        // Refused itself, if it is late and closes the cycle, and so as panicked.
        let held_up = |pool: &Handle, back: &Handle| {
            let back = back.clone();
            let task =
                pool.submit(async move { back.block_on(async { 0 }).map_err(|error| error.to_string()).unwrap() });
            thread::sleep(SETTLE);
            task
        };
        let asked = alpha.block_on(async {
            let (go, gone) = oneshot::channel();
            let free = pool.submit(async { gone.await.unwrap() });
            runtime.spawn(async {
                tokio::time::sleep(SETTLE).await;
                go.send(6).unwrap();
            });
            let first = way(vec![held_up(&pool, &back), free]);
            (first, catch_unwind(AssertUnwindSafe(|| way(vec![held_up(&pool, &back), held_up(&pool, &back)]))))
        });
        let (first, second) = asked.unwrap();
        assert_eq!(first, 6);
        let text = second.unwrap_err().downcast::<String>().unwrap();
        assert!(text.contains("would never end") && text.contains("a task of `pool`"), "{text}");
    }
}
