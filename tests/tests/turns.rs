//! Whose turn it is on the loop's thread: busy company holds up neither jobs nor calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::task::Poll;
use std::thread;

use bridge::{Handle, LocalHandle};
use bridge_tests::kinds::{Kind, is_pending, on_each};
use bridge_tests::wait_until;
use tokio::sync::{Notify, Semaphore};

/// A pass through tokio that is free at once, and costs a part of the budget of whoever is polled.
async fn pass() {
    drop(Semaphore::new(1).acquire().await.unwrap());
}

#[test]
fn a_main_of_run_that_is_never_out_of_work_leaves_jobs_their_turns() {
    bridge::run(async {
        let job = LocalHandle::current().submit(async move {
            for _ in 0..10 {
                pass().await;
                tokio::task::yield_now().await;
            }
        });
        while !job.is_done() {
            pass().await;
        }
    });
}

#[test]
fn a_main_of_run_that_is_never_out_of_work_leaves_callers_their_answers() {
    bridge::run(async {
        let handle = Handle::current();
        let answer = async |n| {
            pass().await;
            n
        };
        let calls = move || (0..100).map(|n| handle.block_on(answer(n)).unwrap()).sum::<u32>();
        let caller = thread::spawn(calls);
        while !caller.is_finished() {
            pass().await;
        }
        assert_eq!(caller.join().unwrap(), 4950);
    });
}

/// How many tasks are in the way.
const CROWD: usize = 1000;

/// As many tasks on a loop, each of which is due again as soon as it has had its turn. They count their turns.
struct Crowd {
    turns: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
}

impl Crowd {
    fn onto(on: &Handle) -> Crowd {
        let crowd = Crowd { turns: Arc::default(), over: Arc::default() };
        let (turns, over) = (&crowd.turns, &crowd.over);
        let (turns, over) = (Arc::clone(turns), Arc::clone(over));
        let spawn = async move {
            for _ in 0..CROWD {
                let (turns, over) = (Arc::clone(&turns), Arc::clone(&over));
                tokio::spawn(std::future::poll_fn(move |cx| {
                    turns.fetch_add(1, Ordering::Relaxed);
                    // `yield_now` would let the runtime have a look at everything else first.
                    cx.waker().wake_by_ref();
                    if over.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }
                }));
            }
        };
        on.submit(spawn).result().unwrap();
        crowd
    }

    fn turns(&self) -> usize {
        self.turns.load(Ordering::Relaxed)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// Has `wake` called on the loop's thread, in the turn of a task among the crowd, while the driver sleeps. Before that
/// turn is over another thread sends a call. How many turns others had until that call ran.
fn turns_before_a_call_after(on: &Handle, crowd: &Crowd, wake: impl FnOnce() + 'static + Send) -> usize {
    let (send_now, sends_now) = mpsc::channel();
    let (sent, is_sent) = mpsc::channel();
    let (ran, has_run) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            sends_now.recv().unwrap();
            let (turns, before) = (Arc::clone(&crowd.turns), crowd.turns());
            let call = on.submit(async move { ran.send(turns.load(Ordering::Relaxed) - before).unwrap() });
            sent.send(()).unwrap();
            call.result().unwrap();
        });
        let turns = Arc::clone(&crowd.turns);
        let trigger = async move {
            let quiet = turns.load(Ordering::Relaxed) + 3 * CROWD;
            tokio::spawn(async move {
                // Jobs that ran before are forgotten by then.
                while turns.load(Ordering::Relaxed) < quiet {
                    tokio::task::yield_now().await;
                }
                wake();
                send_now.send(()).unwrap();
                is_sent.recv().unwrap();
            });
        };
        on.submit(trigger).result().unwrap();
        has_run.recv().unwrap()
    })
}

#[test]
fn a_call_does_not_wait_behind_all_tasks_for_a_job_that_one_of_them_woke() {
    on_each(Kind::LOOPS, |on| {
        let woken = Arc::new(Notify::new());
        let waits = Arc::clone(&woken);
        let job = on.submit(async move { waits.notified().await });
        wait_until(|| is_pending(&job));
        let crowd = Crowd::onto(&on);
        let turns = turns_before_a_call_after(&on, &crowd, move || woken.notify_one());
        job.result().unwrap();
        assert!(turns < CROWD / 2, "the call waited for {turns} turns of others");
    });
}

#[test]
fn a_call_does_not_wait_behind_all_tasks_for_a_job_that_one_of_them_submitted() {
    on_each(Kind::LOOPS, |on| {
        let crowd = Crowd::onto(&on);
        let submits = || drop(Handle::current().submit(async {}));
        let turns = turns_before_a_call_after(&on, &crowd, submits);
        assert!(turns < CROWD / 2, "the call waited for {turns} turns of others");
    });
}
