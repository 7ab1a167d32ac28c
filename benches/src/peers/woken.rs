//! A limit: what tokio's own sleep costs. The future that a runtime's `block_on` polls answers when it is woken, and the
//! caller sleeps on a futex. Nothing is queued, sent or allocated.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Poll, Waker};
use std::thread::{self, JoinHandle, Thread};

use tokio::runtime::Builder;

#[derive(Debug)]
struct Line {
    bell: OnceLock<Waker>,
    asked: AtomicU64,
    answered: AtomicU64,
    caller: Thread,
}

/// For the thread that starts it.
#[derive(Debug)]
pub(crate) struct Woken {
    line: Arc<Line>,
    last: u64,
    thread: Option<JoinHandle<()>>,
}

const END: u64 = u64::MAX;

impl Woken {
    pub(crate) const NAME: &'static str = "tokio's wake + futex";

    pub(crate) fn start() -> Woken {
        let (bell, caller) = (OnceLock::new(), thread::current());
        let line = Arc::new(Line { bell, asked: AtomicU64::new(0), answered: AtomicU64::new(0), caller });
        let theirs = Arc::clone(&line);
        let thread = thread::spawn(move || answer(&theirs));
        let mut woken = Woken { line, last: 0, thread: Some(thread) };
        // The first is answered by the runtime's first poll, which leaves the waker.
        woken.call();
        woken
    }

    pub(crate) fn call(&mut self) {
        self.last += 1;
        self.ask(self.last);
        while self.line.answered.load(Ordering::Acquire) != self.last {
            thread::park();
        }
    }

    fn ask(&self, number: u64) {
        // ORDERING: as a real call would: what is handed over is seen on the other side.
        self.line.asked.store(number, Ordering::SeqCst);
        if let Some(bell) = self.line.bell.get() {
            bell.wake_by_ref();
        }
    }
}

fn answer(line: &Line) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
    runtime.block_on(poll_fn(|cx| {
        line.bell.get_or_init(|| cx.waker().clone());
        let asked = line.asked.load(Ordering::SeqCst);
        if asked == END {
            return Poll::Ready(());
        }
        line.answered.store(asked, Ordering::Release);
        line.caller.unpark();
        Poll::Pending
    }));
}

impl Drop for Woken {
    fn drop(&mut self) {
        self.ask(END);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it does not panic");
        }
    }
}
