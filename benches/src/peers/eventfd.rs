//! A limit: a thread that sleeps in `epoll_wait`, as loops do, and a caller that sleeps on a futex, with nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle, Thread};

use rustix::buffer::spare_capacity;
use rustix::event::{EventfdFlags, epoll, eventfd};
use rustix::fd::OwnedFd;
use rustix::io;

#[derive(Debug)]
struct Line {
    bell: OwnedFd,
    asked: AtomicU64,
    answered: AtomicU64,
    caller: Thread,
}

/// For the thread that starts it.
#[derive(Debug)]
pub(crate) struct EventFd {
    line: Arc<Line>,
    last: u64,
    thread: Option<JoinHandle<()>>,
}

const END: u64 = u64::MAX;

impl EventFd {
    pub(crate) const NAME: &'static str = "eventfd + futex";

    pub(crate) fn start() -> EventFd {
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).expect("an eventfd can be made");
        let caller = thread::current();
        let line = Arc::new(Line { bell, asked: AtomicU64::new(0), answered: AtomicU64::new(0), caller });
        let theirs = Arc::clone(&line);
        let thread = thread::spawn(move || answer(&theirs).expect("the kernel tells"));
        EventFd { line, last: 0, thread: Some(thread) }
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
        self.line.asked.store(number, Ordering::Release);
        io::write(&self.line.bell, &1u64.to_ne_bytes()).expect("an eventfd takes it");
    }
}

/// The bell is not read, as mio does not read it: every write is an edge.
fn answer(line: &Line) -> io::Result<()> {
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &line.bell, epoll::EventData::new_u64(0), epoll::EventFlags::IN | epoll::EventFlags::ET)?;
    let mut events = Vec::with_capacity(8);
    loop {
        events.clear();
        match epoll::wait(&epoll, spare_capacity(&mut events), None) {
            Ok(_) | Err(io::Errno::INTR) => {}
            Err(error) => return Err(error),
        }
        let asked = line.asked.load(Ordering::Acquire);
        if asked == END {
            return Ok(());
        }
        line.answered.store(asked, Ordering::Release);
        line.caller.unpark();
    }
}

impl Drop for EventFd {
    fn drop(&mut self) {
        self.ask(END);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it does not panic");
        }
    }
}
