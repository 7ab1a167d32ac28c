//! A caller that sleeps on a futex until a thread, which slept as well, has answered: what two limits have in common.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle, Thread};

/// How the other thread is woken.
pub(crate) trait Notify: Send + Sync + 'static {
    fn notify(&self);
}

/// What the two threads share.
#[derive(Debug)]
pub(crate) struct Line<N> {
    pub(crate) notifier: N,
    asked: AtomicU64,
    answered: AtomicU64,
    caller: Thread,
}

/// For the thread that starts it.
#[derive(Debug)]
pub(crate) struct Asleep<N: Notify> {
    line: Arc<Line<N>>,
    last: u64,
    thread: Option<JoinHandle<()>>,
}

const END: u64 = u64::MAX;

impl<N: Notify> Line<N> {
    /// Answers what was asked. Returns false if there will be no more.
    pub(crate) fn answer(&self) -> bool {
        let asked = self.asked.load(Ordering::Acquire);
        if asked == END {
            return false;
        }
        self.answered.store(asked, Ordering::Release);
        self.caller.unpark();
        true
    }

    fn ask(&self, number: u64) {
        // ORDERING: as a real call would: what is handed over is seen on the other side.
        self.asked.store(number, Ordering::Release);
        self.notifier.notify();
    }
}

impl<N: Notify> Asleep<N> {
    /// `run` calls [`Line::answer`] whenever it is notified, until that returns false.
    pub(crate) fn start(notifier: N, run: fn(&Line<N>)) -> Asleep<N> {
        let (asked, answered) = (AtomicU64::new(0), AtomicU64::new(0));
        let line = Arc::new(Line { notifier, asked, answered, caller: thread::current() });
        let theirs = Arc::clone(&line);
        Asleep { line, last: 0, thread: Some(thread::spawn(move || run(&theirs))) }
    }

    pub(crate) fn call(&mut self) {
        self.last += 1;
        self.line.ask(self.last);
        while self.line.answered.load(Ordering::Acquire) != self.last {
            thread::park();
        }
    }
}

impl<N: Notify> Drop for Asleep<N> {
    fn drop(&mut self) {
        self.line.ask(END);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it does not panic");
        }
    }
}
