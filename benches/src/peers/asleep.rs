//! A caller that sleeps on a futex until a thread, which slept as well, has answered: what two limits have in common.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle, Thread};

/// How the other thread is woken.
pub(crate) trait Bell: Send + Sync + 'static {
    fn ring(&self);
}

/// What the two threads share.
#[derive(Debug)]
pub(crate) struct Line<B> {
    pub(crate) bell: B,
    asked: AtomicU64,
    answered: AtomicU64,
    caller: Thread,
}

/// For the thread that starts it.
#[derive(Debug)]
pub(crate) struct Asleep<B: Bell> {
    line: Arc<Line<B>>,
    last: u64,
    thread: Option<JoinHandle<()>>,
}

const END: u64 = u64::MAX;

impl<B: Bell> Line<B> {
    /// Answers what was asked. False: there will be no more.
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
        self.bell.ring();
    }
}

impl<B: Bell> Asleep<B> {
    /// `run` answers whenever the bell rings, until it is told that there will be no more.
    pub(crate) fn start(bell: B, run: fn(&Line<B>)) -> Asleep<B> {
        let (asked, answered) = (AtomicU64::new(0), AtomicU64::new(0));
        let line = Arc::new(Line { bell, asked, answered, caller: thread::current() });
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

impl<B: Bell> Drop for Asleep<B> {
    fn drop(&mut self) {
        self.line.ask(END);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it does not panic");
        }
    }
}
