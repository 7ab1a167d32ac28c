//! Whose turn it is on the loop's thread: busy company holds up neither jobs nor calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use bridge::{EventLoop, Handle, LocalHandle};
use bridge_tests::{HANGS, watchdog};
use tokio::sync::{Notify, Semaphore};

/// A pass through tokio that is free at once, and costs a part of the budget of whoever is polled.
async fn pass() {
    drop(Semaphore::new(1).acquire().await.unwrap());
}

#[test]
fn a_main_of_run_that_is_never_out_of_work_leaves_jobs_their_turns() {
    watchdog(HANGS, || {
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
    });
}

#[test]
fn a_main_of_run_that_is_never_out_of_work_leaves_callers_their_answers() {
    watchdog(HANGS, || {
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
    fn onto(event_loop: &EventLoop) -> Crowd {
        let crowd = Crowd { turns: Arc::default(), over: Arc::default() };
        let (turns, over) = (&crowd.turns, &crowd.over);
        let spawn = || async {
            for _ in 0..CROWD {
                let (turns, over) = (Arc::clone(turns), Arc::clone(over));
                tokio::task::spawn_local(std::future::poll_fn(move |cx| {
                    turns.fetch_add(1, Ordering::Relaxed);
                    // `yield_now` would let the runtime have a look at everything else first.
                    cx.waker().wake_by_ref();
                    if over.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }
                }));
            }
        };
        event_loop.block_on_local(spawn).unwrap();
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
fn turns_before_a_call_after(event_loop: &EventLoop, crowd: &Crowd, wake: impl FnOnce() + 'static + Send) -> usize {
    let (send_now, sends_now) = mpsc::channel();
    let (sent, is_sent) = mpsc::channel();
    let (ran, has_run) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            sends_now.recv().unwrap();
            let (turns, before) = (Arc::clone(&crowd.turns), crowd.turns());
            let call = event_loop.submit(async move { ran.send(turns.load(Ordering::Relaxed) - before).unwrap() });
            sent.send(()).unwrap();
            call.result().unwrap();
        });
        let turns = Arc::clone(&crowd.turns);
        let trigger = move || async move {
            let quiet = turns.load(Ordering::Relaxed) + 3 * CROWD;
            tokio::task::spawn_local(async move {
                // Jobs that ran before are forgotten by then.
                while turns.load(Ordering::Relaxed) < quiet {
                    tokio::task::yield_now().await;
                }
                wake();
                send_now.send(()).unwrap();
                is_sent.recv().unwrap();
            });
        };
        event_loop.block_on_local(trigger).unwrap();
        has_run.recv().unwrap()
    })
}

#[test]
fn a_call_does_not_wait_behind_all_tasks_for_a_job_that_one_of_them_woke() {
    watchdog(HANGS, || {
        let event_loop = EventLoop::builder().spin(Duration::ZERO).build().unwrap();
        let woken = Arc::new(Notify::new());
        let waits = Arc::clone(&woken);
        let job = event_loop.submit(async move { waits.notified().await });
        event_loop.block_on(async {}).unwrap();
        let crowd = Crowd::onto(&event_loop);
        let turns = turns_before_a_call_after(&event_loop, &crowd, move || woken.notify_one());
        job.result().unwrap();
        assert!(turns < CROWD / 2, "the call waited for {turns} turns of others");
    });
}

#[test]
fn a_call_does_not_wait_behind_all_tasks_for_a_job_that_one_of_them_submitted() {
    watchdog(HANGS, || {
        let event_loop = EventLoop::builder().spin(Duration::ZERO).build().unwrap();
        let crowd = Crowd::onto(&event_loop);
        let submits = || drop(LocalHandle::current().submit(async {}));
        let turns = turns_before_a_call_after(&event_loop, &crowd, submits);
        assert!(turns < CROWD / 2, "the call waited for {turns} turns of others");
    });
}
