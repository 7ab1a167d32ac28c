//! A completion's one completer against its one owner.

use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::Instant;

use loom::thread;

use super::{Borrowed, Count};
use crate::loom::now;
use crate::task::block::{self, WaitOptions};
use crate::task::latch::ShutdownLatch;
use crate::task::raw::completion::Completion;
use crate::task::raw::state::Ended;

/// Makes wakers that count.
#[derive(Clone, Default)]
struct Counting {
    wakes: Count,
    dropped: Count,
}

struct CountingWaker(Counting);

impl Counting {
    fn waker(&self) -> Waker {
        Waker::from(Arc::new(CountingWaker(self.clone())))
    }
}

impl Wake for CountingWaker {
    fn wake(self: Arc<Self>) {
        self.0.wakes.up();
    }
}

impl Drop for CountingWaker {
    fn drop(&mut self) {
        self.0.dropped.up();
    }
}

fn complete(completion: &Completion, outcome: &Borrowed) {
    completion.state.start();
    outcome.touch();
    // SAFETY: RUNNING, by this thread, which has a reference.
    unsafe { completion.complete(Ended::Value, || ()) }.unwrap();
}

fn wait(completion: &Completion, deadline: Option<Instant>) -> bool {
    // SAFETY: each model has one owner.
    unsafe { block::wait(completion, WaitOptions { deadline, ..WaitOptions::park() }) }.is_over()
}

/// The waiter looks, registers and parks in whatever order with the completion: it is woken, and sees the outcome.
#[test]
fn wait_against_complete() {
    loom::model(|| {
        let (completion, outcome) = (Arc::new(Completion::new()), Borrowed::default());
        let completer = thread::spawn({
            let (completion, outcome) = (Arc::clone(&completion), outcome.clone());
            move || complete(&completion, &outcome)
        });
        assert!(wait(&completion, None));
        outcome.touch();
        completer.join().unwrap();
    });
}

/// The waker's cell changes hands once, whenever the owner comes with another one. The one that was left is woken.
#[test]
fn another_waker_against_complete() {
    loom::model(|| {
        let (completion, outcome) = (Arc::new(Completion::new()), Borrowed::default());
        let completer = thread::spawn({
            let (completion, outcome) = (Arc::clone(&completion), outcome.clone());
            move || complete(&completion, &outcome)
        });
        let wakers = [Counting::default(), Counting::default()];
        // SAFETY: each model has one owner.
        let left = wakers.each_ref().map(|waker| unsafe { completion.register(&waker.waker()) });
        if !left[1] {
            assert!(completion.state.is_done());
            outcome.touch();
        }
        completer.join().unwrap();
        let woken = wakers.each_ref().map(|waker| waker.wakes.get());
        match left {
            [true, true] => assert_eq!(woken, [0, 1], "the first was taken back, the second was left"),
            [true, false] => assert_eq!(woken[1], 0, "the first was woken, or had been taken back"),
            [false, more] => assert!(!more && woken == [0, 0], "it was done from the start"),
        }
        drop(completion);
        assert_eq!(wakers.map(|waker| waker.dropped.get()), [1, 1]);
    });
}

/// Neither a stray token nor the wake of an earlier wait ends a wait, or keeps the right wake from ending it.
#[test]
fn strays_against_wait() {
    loom::model(|| {
        let (earlier, completion) = (Arc::new(Completion::new()), Arc::new(Completion::new()));
        let outcome = Borrowed::default();
        let waiter = thread::spawn({
            let (earlier, completion, outcome) = (Arc::clone(&earlier), Arc::clone(&completion), outcome.clone());
            move || {
                // Leaves this thread's waker with `earlier`, for a timeout that has passed.
                wait(&earlier, Some(now()));
                assert!(wait(&completion, None));
                outcome.touch();
                assert!(wait(&earlier, None));
            }
        });
        let completer = thread::spawn(move || complete(&completion, &outcome));
        complete(&earlier, &Borrowed::default());
        waiter.thread().unpark();
        completer.join().unwrap();
        waiter.join().unwrap();
    });
}

/// The owner leaves: the outcome is dropped by one of the two, and the waker is neither kept nor woken for nothing.
#[test]
fn detach_against_complete() {
    loom::model(|| {
        let (completion, outcome) = (Arc::new(Completion::new()), Borrowed::default());
        let (discarded, waker) = (Count::default(), Counting::default());
        let completer = thread::spawn({
            let (completion, outcome, discarded) = (Arc::clone(&completion), outcome.clone(), discarded.clone());
            move || {
                completion.state.start();
                outcome.touch();
                let discard = || {
                    outcome.touch();
                    discarded.up();
                };
                // SAFETY: RUNNING, by this thread, which has a reference.
                unsafe { completion.complete(Ended::Value, discard) }.unwrap();
            }
        });
        // SAFETY: each model has one owner.
        unsafe { completion.register(&waker.waker()) };
        // SAFETY: as above.
        let detached = unsafe { completion.detach() };
        if !detached {
            outcome.touch();
        }
        completer.join().unwrap();
        assert_eq!(discarded.get(), usize::from(detached));
        assert_eq!(waker.dropped.get(), 1, "no waker stays behind in a completion that somebody keeps");
        assert!(!detached || waker.wakes.get() == 0);
    });
}

/// The end of a loop's thread, seen by the one that joins it.
#[test]
fn join_against_end() {
    loom::model(|| {
        let (mut ending, end) = ShutdownLatch::new();
        let last = Borrowed::default();
        let thread = thread::spawn({
            let last = last.clone();
            move || {
                last.touch();
                drop(end);
            }
        });
        assert!(ending.wait(None));
        last.touch();
        thread.join().unwrap();
    });
}
