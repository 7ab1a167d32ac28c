//! A limit: what tokio's own sleep costs. The future that a runtime's `block_on` polls answers when it is woken, and
//! the caller sleeps on a futex. Nothing is queued, sent or allocated.

use std::future::poll_fn;
use std::sync::OnceLock;
use std::task::{Poll, Waker};

use tokio::runtime::Builder;

use super::asleep::{Asleep, Line, Notify};

pub(crate) const WOKEN: &str = "tokio's wake + futex";

pub(crate) fn start_woken() -> Asleep<OnceLock<Waker>> {
    let mut woken = Asleep::start(OnceLock::new(), answer);
    // Not to be measured: it waits until there is a waker.
    woken.call();
    woken
}

/// The runtime's first poll leaves it there.
impl Notify for OnceLock<Waker> {
    fn notify(&self) {
        self.wait().wake_by_ref();
    }
}

fn answer(line: &Line<OnceLock<Waker>>) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
    runtime.block_on(poll_fn(|cx| {
        line.notifier.get_or_init(|| cx.waker().clone());
        if line.answer() { Poll::Pending } else { Poll::Ready(()) }
    }));
}
