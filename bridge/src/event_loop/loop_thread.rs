//! [`LoopThread`]: the thread of a loop of this crate, for the owner of the loop: how the loop is shut down, and joined.

use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{fmt, mem};

use super::loop_ref::LoopRef;
use super::scheduler::Shutdown;
use crate::error::Error;
use crate::task::latch::ShutdownLatch;

/// How long a loop may take, after the timeout of its shutdown, to drop what is left.
const ABORT: Duration = Duration::from_millis(250);

/// The thread of a loop, for the owner of the loop. Dropping it ends the loop, and waits for that. The other types that are
/// "the loop" are listed in [`event_loop`](super).
pub(crate) struct LoopThread {
    loop_ref: Arc<LoopRef>,
    /// `None`: nobody waits for it.
    thread: Option<JoinHandle<()>>,
    ended: ShutdownLatch,
    /// Where it was started: the line by which a drop, which has none of its own, is named in a [`Deadlock`].
    ///
    /// [`Deadlock`]: crate::Deadlock
    site: &'static Location<'static>,
}

// The handle of the thread is joined once, and its panic is not looked at.
impl UnwindSafe for LoopThread {}
impl RefUnwindSafe for LoopThread {}

impl LoopThread {
    pub(crate) fn new(
        loop_ref: Arc<LoopRef>,
        thread: JoinHandle<()>,
        mut ended: ShutdownLatch,
        site: &'static Location<'static>,
    ) -> LoopThread {
        ended.set_site(&loop_ref.on, site);
        LoopThread { loop_ref, thread: Some(thread), ended, site }
    }

    pub(crate) fn name(&self) -> &str {
        &self.loop_ref.on.name
    }

    /// Has the loop finish what was submitted, and waits for its end; aborts it after `timeout`.
    #[track_caller]
    pub(crate) fn finish(mut self, timeout: Option<Duration>) -> Result<(), Error> {
        let loop_ref = Arc::clone(&self.loop_ref);
        if loop_ref.on.is_of_parent_process() {
            return Err(Error::Closed);
        }
        let guard = self.ended.may_wait(&loop_ref.on, Location::caller()).map_err(Error::WouldDeadlock)?;
        self.ended.set_site(&loop_ref.on, Location::caller());
        loop_ref.scheduler.shut_down(Shutdown::Drain);
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let listed = self.ended.enter();
        let in_time = guard.block(|_| self.wait(deadline, guard.is_on_worker()));
        // The guard is kept until the loop has ended: else a task of that loop might be let into a wait for this thread in
        // between, and the drop, refused, would not wait.
        loop_ref.scheduler.shut_down(Shutdown::Abort);
        let ended = guard.block(|_| self.join(deadline.and_then(|deadline| deadline.checked_add(ABORT))));
        drop((listed, guard));
        match timeout {
            Some(timeout) if !ended || (!in_time && loop_ref.scheduler.has_aborted_any()) => {
                Err(Error::TimedOut(timeout))
            }
            _ => Ok(()),
        }
    }

    /// Has the loop drop what is left, and waits for nothing.
    pub(crate) fn close(&self) {
        self.loop_ref.scheduler.shut_down(Shutdown::Abort);
    }

    /// As [`close`](LoopThread::close), and nobody will wait.
    pub(crate) fn detach(mut self) {
        // In a fork there is no thread to detach; the drop sees to that.
        if !self.loop_ref.on.is_of_parent_process() {
            self.close();
            drop(self.thread.take());
        }
    }

    /// Waits for the end of a loop that aborts, and joins its thread. False: `deadline` came first, and the thread, which is
    /// stuck, is left to itself. It ends the loop as soon as it can.
    fn join(&mut self, deadline: Option<Instant>) -> bool {
        let ended = self.wait_for_end(deadline);
        let thread = self.thread.take();
        // With a deadline nobody joins it: what runs after the latch, the destructors of pthread keys say, may be stuck as well.
        if let Some(thread) = thread.filter(|thread| ended && deadline.is_none() && !is_current(thread)) {
            // What a loop's thread panics with, if a hook of the user's did, has been reported by the panic hook, and every
            // caller has got `Closed`.
            drop(thread.join());
        }
        ended
    }

    /// False: `deadline` came first. The loop's own thread does not wait for its end: it may own this in a thread-local
    /// that outlives the loop.
    fn wait_for_end(&mut self, deadline: Option<Instant>) -> bool {
        self.thread.as_ref().is_some_and(is_current) || self.ended.wait(deadline)
    }

    /// Waits for a loop that finishes what was submitted. False: `deadline` came first.
    #[cfg(not(feature = "stream"))]
    fn wait(&mut self, deadline: Option<Instant>, _: bool) -> bool {
        self.wait_for_end(deadline)
    }

    #[cfg(feature = "stream")]
    fn wait(&mut self, deadline: Option<Instant>, on_worker: bool) -> bool {
        /// Within which an iterator that was moved to another thread is taken to be asked there.
        const MOVED: Duration = Duration::from_secs(1);
        let streams = Arc::clone(&self.loop_ref.streams);
        // What was done before does not count.
        streams.give_up_idle();
        loop {
            let next = Instant::now() + MOVED;
            if deadline.is_some_and(|deadline| deadline <= next) {
                return self.wait_for_end(deadline);
            }
            if self.wait_for_end(Some(next)) {
                return true;
            }
            // The first time alone finds some: this thread asks for nothing meanwhile.
            streams.give_up_asked_here(on_worker);
            streams.give_up_idle();
        }
    }
}

fn is_current(thread: &JoinHandle<()>) -> bool {
    thread.thread().id() == thread::current().id()
}

impl Drop for LoopThread {
    fn drop(&mut self) {
        if self.loop_ref.on.is_of_parent_process() {
            // In a fork there is no thread to stop, nor one to join.
            mem::forget(self.thread.take());
            return;
        }
        if self.thread.is_none() {
            // It was waited for, or nobody is to wait.
            return;
        }
        self.close();
        // Refused: nobody joins the thread, which ends on its own.
        let Ok(guard) = self.ended.may_wait(&self.loop_ref.on, self.site) else { return };
        let _listed = self.ended.enter();
        guard.block(|_| self.join(None));
    }
}

impl fmt::Debug for LoopThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoopThread").field("name", &self.name()).finish_non_exhaustive()
    }
}
