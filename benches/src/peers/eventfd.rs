//! A limit: a thread that sleeps in `epoll_wait`, as loops do, and a caller that sleeps on a futex, with nothing else.

use rustix::buffer::spare_capacity;
use rustix::event::{EventfdFlags, epoll, eventfd};
use rustix::fd::OwnedFd;
use rustix::io;

use super::asleep::{Asleep, Line, Notify};

pub(crate) const EVENTFD: &str = "eventfd + futex";

pub(crate) fn start_eventfd() -> Asleep<OwnedFd> {
    let notifier = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).expect("an eventfd can be made");
    Asleep::start(notifier, |line| answer(line).expect("epoll works"))
}

impl Notify for OwnedFd {
    fn notify(&self) {
        io::write(self, &1u64.to_ne_bytes()).expect("an eventfd takes it");
    }
}

/// The eventfd is not read, as mio does not read its own: every write is an edge.
fn answer(line: &Line<OwnedFd>) -> io::Result<()> {
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &line.notifier, epoll::EventData::new_u64(0), epoll::EventFlags::IN | epoll::EventFlags::ET)?;
    let mut events = Vec::with_capacity(8);
    loop {
        events.clear();
        match epoll::wait(&epoll, spare_capacity(&mut events), None) {
            Ok(_) | Err(io::Errno::INTR) => {}
            Err(error) => return Err(error),
        }
        if !line.answer() {
            return Ok(());
        }
    }
}
