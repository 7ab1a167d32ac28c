//! `Task::on_done`.

use std::sync::mpsc;
use std::thread;

use bridge::{Canceller, Error, Handle};
use bridge_tests::kinds::{AnyLoop, Kind, for_each, is_pending, on_each};
use bridge_tests::{BlockedThread, Drops, block_thread, wait_until};
use tokio::sync::oneshot;

#[test]
fn a_callback_of_a_pending_task_runs_once_on_the_loops_thread() {
    on_each(Kind::ALL, |on| {
        let threads = on.threads();
        let (go, wait) = oneshot::channel::<u32>();
        let (sender, receiver) = mpsc::channel();
        on.submit(async { wait.await.unwrap() }).on_done(move |result| {
            sender.send((result.unwrap(), thread::current().id())).unwrap();
        });
        go.send(5).unwrap();
        let (value, thread) = receiver.recv().unwrap();
        assert_eq!(value, 5);
        assert!(threads.contains(&thread));
        assert!(receiver.recv().is_err(), "the callback is dropped after its one call");
    });
}

#[test]
fn a_callback_of_a_done_task_runs_on_the_registering_thread() {
    on_each(Kind::ALL, |on| {
        let task = on.submit(async { 1 });
        wait_until(|| task.is_done());
        let (sender, receiver) = mpsc::channel();
        task.on_done(move |result| sender.send((result.unwrap(), thread::current().id())).unwrap());
        assert_eq!(receiver.try_recv().unwrap(), (1, thread::current().id()));
    });
}

#[test]
fn a_callback_learns_of_every_kind_of_end() {
    on_each(Kind::ALL, |on| {
        let (sender, receiver) = mpsc::channel();
        let ask = |name| {
            let sender = mpsc::Sender::clone(&sender);
            move |result: Result<(), Error>| sender.send((name, result)).unwrap()
        };
        on.submit(async { panic!("as the test wants") }).on_done(ask("panicked"));
        let cancelled = on.submit(std::future::pending());
        let canceller = cancelled.canceller();
        cancelled.on_done(ask("cancelled"));
        canceller.cancel();
        on.submit(std::future::pending()).on_done(ask("closed"));
        on.settle();
        drop(on);
        drop(sender);
        let mut ends: Vec<_> = receiver.iter().collect();
        ends.sort_by_key(|(name, _)| *name);
        assert!(
            matches!(
                &ends[..],
                [
                    ("cancelled", Err(Error::Cancelled)),
                    ("closed", Err(Error::Closed)),
                    ("panicked", Err(Error::Panicked(_)))
                ]
            ),
            "{ends:?}"
        );
    });
}

#[test]
fn a_callback_that_panics_harms_neither_the_loop_nor_another_callback() {
    on_each(Kind::ALL, |on| {
        let (sender, receiver) = mpsc::channel();
        let blocked = on.block_threads();
        on.submit(async {}).on_done(|_| panic!("as the test wants"));
        on.submit(async {}).on_done(move |_| sender.send(()).unwrap());
        drop(blocked);
        receiver.recv().unwrap();
        assert_eq!(on.block_on(async { 1 }).unwrap(), 1);
    });
}

#[test]
fn a_callback_may_submit_cancel_and_read_but_not_block_on_its_own_loop() {
    on_each(Kind::ONE_DRIVER, |on| {
        let handle = Handle::clone(&on);
        let (go, wait) = oneshot::channel::<()>();
        let (sender, receiver) = mpsc::channel();
        let other = on.submit(std::future::pending::<()>());
        on.submit(async { wait.await.unwrap() }).on_done(move |_| {
            let refused = handle.block_on(async {});
            let submitted = handle.submit(async { 2 });
            let done = other.is_done();
            sender.send((refused, submitted, other.cancel(), done)).unwrap();
        });
        go.send(()).unwrap();
        let (refused, submitted, cancelled, done) = receiver.recv().unwrap();
        assert!(matches!(refused, Err(Error::WouldDeadlock(_))));
        assert_eq!(submitted.result().unwrap(), 2);
        assert!(cancelled && !done);
    });
}

#[test]
fn a_hundred_thousand_dependants_need_no_deep_stack() {
    for_each(Kind::ALL, |kind| {
        // A frame of each on one stack would take a megabyte at least, if it were 20 bytes large.
        const DEPENDANTS: usize = 100_000;
        let handle = AnyLoop::configured(kind, |tokio| _ = tokio.worker_threads(1));
        // Nothing starts behind this: each is cancelled where it is queued, by the callback of the one before.
        let (give, given) = mpsc::channel::<Canceller>();
        handle.call_soon(move || assert!(given.recv().unwrap().cancel())).unwrap();
        let (sender, receiver) = mpsc::channel();
        let last = handle.submit(std::future::pending::<()>());
        let mut next = last.canceller();
        last.on_done(move |result| sender.send(result).unwrap());
        for _ in 0..DEPENDANTS {
            let task = handle.submit(std::future::pending::<()>());
            let canceller = task.canceller();
            task.on_done(move |_| {
                next.cancel();
            });
            next = canceller;
        }
        give.send(next).unwrap();
        assert!(matches!(receiver.recv().unwrap(), Err(Error::Cancelled)));
    });
}

#[test]
fn a_callback_may_drop_its_own_loop() {
    on_each(Kind::LOOPS, |on| {
        let (go, wait) = oneshot::channel::<()>();
        let (sender, receiver) = mpsc::channel();
        let task = on.submit(async { wait.await.unwrap() });
        let left = on.submit(std::future::pending::<()>());
        task.on_done(move |_| {
            drop(on);
            sender.send(()).unwrap();
        });
        go.send(()).unwrap();
        receiver.recv().unwrap();
        assert!(matches!(left.result(), Err(Error::Closed)));
    });
}

#[test]
fn a_callback_finds_its_tasks_future_dropped() {
    on_each(Kind::ALL, |on| {
        let ways: [fn(&Canceller, oneshot::Sender<()>); 2] =
            [|_, go| go.send(()).unwrap(), |canceller, _| assert!(canceller.cancel())];
        for way in ways {
            let (drops, (go, wait)) = (Drops::new(), oneshot::channel::<()>());
            let (captured, inside) = (drops.guard(), drops.guard());
            let task = on.submit(async move {
                let _inside = inside;
                let _ = wait.await;
                drop(captured);
            });
            wait_until(|| is_pending(&task));
            let canceller = task.canceller();
            let (sender, receiver) = mpsc::channel();
            task.on_done(move |_| sender.send(drops.count()).unwrap());
            way(&canceller, go);
            assert_eq!(receiver.recv().unwrap(), 2);
        }
    });
}

#[test]
fn a_callback_of_a_task_that_is_cancelled_or_closed_after_its_first_poll_runs_on_the_loops_thread() {
    on_each(Kind::ALL, |on| {
        let threads = on.threads();
        let (sender, receiver) = mpsc::channel();
        let pending = || {
            let (task, sender) = (on.submit(std::future::pending::<()>()), sender.clone());
            wait_until(|| is_pending(&task));
            let canceller = task.canceller();
            task.on_done(move |result| sender.send((result.unwrap_err().to_string(), thread::current().id())).unwrap());
            canceller
        };
        assert!(pending().cancel());
        let (end, thread) = receiver.recv().unwrap();
        assert!(end.contains("cancelled"), "{end}");
        assert!(threads.contains(&thread));
        pending();
        drop(on);
        let (end, thread) = receiver.recv().unwrap();
        assert!(end.contains("closed"), "{end}");
        assert!(threads.contains(&thread));
    });
}

/// A loop that is busy, and a task behind that, whose callback sends the id of the thread that it runs on.
fn queued(on: &Handle) -> (BlockedThread, Canceller, mpsc::Receiver<thread::ThreadId>) {
    let blocked_thread = block_thread(on);
    let task = on.submit(std::future::pending::<()>());
    let canceller = task.canceller();
    let (sender, receiver) = mpsc::channel();
    task.on_done(move |result| {
        assert!(matches!(result, Err(Error::Cancelled)));
        sender.send(thread::current().id()).unwrap();
    });
    (blocked_thread, canceller, receiver)
}

#[test]
fn a_callback_of_a_task_that_is_cancelled_before_its_first_poll_runs_on_the_loops_thread() {
    on_each(Kind::LOOPS, |on| {
        let (blocked_thread, canceller, receiver) = queued(&on);
        assert!(canceller.cancel());
        assert!(receiver.try_recv().is_err(), "not by this thread");
        let thread = blocked_thread.thread();
        blocked_thread.release();
        assert_eq!(receiver.recv().unwrap(), thread);
        assert!(receiver.recv().is_err(), "the callback is dropped after its one call");
    });
}

#[test]
fn a_callback_that_waits_for_a_loop_that_ends_runs_at_that_end() {
    on_each(Kind::LOOPS, |on| {
        let (blocked_thread, canceller, receiver) = queued(&on);
        assert!(canceller.cancel());
        let handle = on.handle().clone();
        let end = thread::spawn(move || drop(on));
        wait_until(|| handle.is_closed());
        let thread = blocked_thread.thread();
        blocked_thread.release();
        assert_eq!(receiver.recv().unwrap(), thread);
        end.join().unwrap();
    });
}

#[test]
fn a_callback_of_a_task_that_is_cancelled_on_a_closed_loop_before_its_first_poll_runs_on_the_thread_that_cancels() {
    on_each(Kind::LOOPS, |on| {
        let (blocked_thread, canceller, receiver) = queued(&on);
        let handle = on.handle().clone();
        let end = thread::spawn(move || on.shutdown(None));
        wait_until(|| handle.is_closed());
        assert!(canceller.cancel());
        assert_eq!(receiver.try_recv().unwrap(), thread::current().id());
        blocked_thread.release();
        end.join().unwrap().unwrap();
    });
}

#[test]
fn a_callback_of_a_done_task_that_panics_harms_not_the_thread_that_registers_it() {
    on_each(Kind::ALL, |on| {
        let task = on.submit(async { 1 });
        wait_until(|| task.is_done());
        task.on_done(|_| panic!("as the test wants"));
        // What comes later is not taken for nested in it.
        let task = on.submit(async { 2 });
        wait_until(|| task.is_done());
        let (sender, receiver) = mpsc::channel();
        task.on_done(move |result| sender.send(result.unwrap()).unwrap());
        assert_eq!(receiver.try_recv().unwrap(), 2);
    });
}

#[test]
fn a_callback_may_read_another_task_that_is_done_and_is_refused_one_that_is_not() {
    on_each(Kind::ONE_DRIVER, |on| {
        let (done, pending) = (on.submit(async { 7 }), on.submit(std::future::pending::<()>()));
        wait_until(|| done.is_done());
        let (go, wait) = oneshot::channel::<()>();
        let (sender, receiver) = mpsc::channel();
        on.submit(async { wait.await.unwrap() }).on_done(move |_| {
            sender.send((done.result(), pending.result())).unwrap();
        });
        go.send(()).unwrap();
        let (read, refused) = receiver.recv().unwrap();
        assert_eq!(read.unwrap(), 7);
        assert!(matches!(refused, Err(Error::WouldDeadlock(_))));
    });
}

#[test]
fn a_callback_may_run_a_loop_and_wait_for_that_loops_callbacks() {
    on_each(Kind::ALL, |on| {
        let task = on.submit(async {});
        wait_until(|| task.is_done());
        let (sender, receiver) = mpsc::channel();
        task.on_done(move |_| {
            bridge::run(async {
                let (sender, receiver) = oneshot::channel();
                Handle::current().submit(tokio::task::yield_now()).on_done(move |_| sender.send(()).unwrap());
                receiver.await.unwrap();
            });
            sender.send(()).unwrap();
        });
        receiver.recv().unwrap();
    });
}
