//! A limit: two threads that are both awake, and do nothing but look at a word.

use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

/// Each word on a cache line of its own, and not beside the one that the processor fetches with it.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Word(AtomicU64);

#[derive(Debug, Default)]
struct Words {
    asked: Word,
    answered: Word,
}

/// The other thread, which keeps a core busy until this is dropped: not while others are measured.
#[derive(Debug)]
pub(crate) struct Spinning {
    words: Arc<Words>,
    last: u64,
    thread: Option<JoinHandle<()>>,
}

const END: u64 = u64::MAX;

impl Spinning {
    pub(crate) const NAME: &'static str = "two spinning threads";

    pub(crate) fn start() -> Spinning {
        let words = Arc::new(Words::default());
        let theirs = Arc::clone(&words);
        Spinning { words, last: 0, thread: Some(thread::spawn(move || answer(&theirs))) }
    }

    pub(crate) fn call(&mut self) {
        self.last += 1;
        // ORDERING: as a real call would: what is handed over is seen on the other side.
        self.words.asked.0.store(self.last, Ordering::Release);
        while self.words.answered.0.load(Ordering::Acquire) != self.last {
            spin_loop();
        }
    }
}

fn answer(words: &Words) {
    let mut last = 0;
    loop {
        let asked = words.asked.0.load(Ordering::Acquire);
        match asked {
            END => return,
            asked if asked == last => spin_loop(),
            asked => {
                words.answered.0.store(asked, Ordering::Release);
                last = asked;
            }
        }
    }
}

impl Drop for Spinning {
    fn drop(&mut self) {
        self.words.asked.0.store(END, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it does not panic");
        }
    }
}
