//! A scoped call whose future is polled on the calling thread: onto a shared loop, or onto an external runtime.
//!
//! The future lies on the caller's stack, or in a box if it is large. Only the calling thread touches it, but where it is lent to
//! the loop, see below. The thread polls it inside the runtime's context, and waits at its [`Host`] while it is pending. Three
//! kinds of threads are special:
//!
//! - **A worker of a multi-thread runtime** polls the future once, and again inside `block_in_place`, where it goes on. So a
//!   future that is ready costs the runtime nothing. The second poll is needed: a `yield_now` in the first one leaves its
//!   wake to the worker.
//! - **A thread on which a current-thread runtime or an event loop polls** polls the future once. If the future has
//!   yielded, it is the scheduler of this very thread that would deliver the wake, and the thread is about to block. So the rest
//!   of the future runs as a job of the loop that is called, while the thread waits for that.
//! - **A thread whose thread-locals are being destroyed** has no context of tokio's any more, and leaves all of it to the
//!   loop.
//!
//! Each poll has a budget of its own ([`budget`]).

use std::any::Any;
use std::cell::Cell;
use std::mem;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::{External, budget};
use crate::deadlock::blocked::{Call, Of, WaitFor};
use crate::deadlock::context::{self, PollsHere};
use crate::deadlock::current::LoopMeta;
use crate::deadlock::thread::{Thread, block_in_place, current_thread};
use crate::error::Deadlock;
use crate::instrument::stall::{self, MeasuredPoll, Site, Threshold};
use crate::instrument::{StallWarning, Subscriber};
use crate::loom::now;
use crate::park::Host;
use crate::park::cancel::Cancellers;
use crate::park::waiter::Lease;
use crate::shared_loop::state::InContext;
use crate::task::raw::completion::Outcome;
use crate::task::raw::state::Reason;
use crate::task::raw::unpolled;
use crate::unwind::{catch_and_drop, message};

/// After how long a worker that waits for its own runtime checks ([`External::ask_pool`]) that this has not shut down before it
/// could hand the worker's tasks over.
const UNSURE: Duration = Duration::from_millis(100);

/// A call that this thread is about to poll. While it lives, the runtime is there.
pub(crate) struct Here<'a> {
    pub(crate) host: &'a dyn Host,
    pub(crate) on: &'a Arc<LoopMeta>,
    pub(crate) runtime: RuntimeOf<'a>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) cancellers: &'a Cancellers,
    pub(crate) site: &'static Location<'static>,
    pub(crate) companion: Option<&'static str>,
    pub(crate) lease: Lease,
    pub(crate) _polls: PollsHere,
}

/// A runtime, by whom it belongs to.
pub(crate) enum RuntimeOf<'a> {
    Loop(InContext<'a>),
    /// No thread of this crate sees to it that it is driven.
    External(&'a Arc<External>),
}

impl Here<'_> {
    /// Polls `future` on this thread until it is over, drops it, and gives what came of it. `lend` runs it as a job of the
    /// loop.
    pub(crate) fn run<F>(
        &mut self,
        future: F,
        lend: impl FnOnce(Lent<'_, F>) -> Result<Outcome<F::Output>, Deadlock>,
    ) -> Result<Outcome<F::Output>, Deadlock>
    where
        F: Future,
    {
        let (runtime, slow_poll) = match &self.runtime {
            RuntimeOf::Loop(context) => (context.runtime(), Some(&context.scheduler.slow_poll)),
            RuntimeOf::External(external) => (&external.runtime, None),
        };
        let _context = runtime.enter();
        let mut future = pin!(Some(future));
        let mut polled = Polled { future: future.as_mut(), lease: &self.lease, site: self.site, slow_poll };
        if let Some(mut outcome) = polled.poll() {
            self.closed_if_runtime_ended(&mut outcome);
            return Ok(polled.end(outcome));
        }
        let mut outcome = match current_thread() {
            Thread::Drives(_) | Thread::DrivesUnknown => return lend(Lent(future)),
            Thread::Free { may_drive } => self.wait_and_poll(&mut polled, None, may_drive),
            Thread::Worker => {
                let own = self.external().filter(|external| context::is_outer(external.on.id));
                if own.is_some_and(|own| own.refuses_tasks()) {
                    Outcome::Stopped(Reason::Closed)
                } else {
                    let done = block_in_place(|may_drive| {
                        polled.poll().unwrap_or_else(|| self.wait_and_poll(&mut polled, own, may_drive))
                    })
                    .ok();
                    match done {
                        Some(outcome) => outcome,
                        // It is no worker.
                        None => return lend(Lent(future)),
                    }
                }
            }
        };
        self.closed_if_runtime_ended(&mut outcome);
        Ok(polled.end(outcome))
    }

    /// The end of the loop has cut the call short.
    pub(crate) fn note_cut_short(&self) {
        if let RuntimeOf::Loop(context) = &self.runtime {
            context.scheduler.set_aborted();
        }
    }

    fn external(&self) -> Option<&Arc<External>> {
        match &self.runtime {
            RuntimeOf::Loop(_) => None,
            RuntimeOf::External(external) => Some(external),
        }
    }

    /// Makes it `Closed` where tokio's own resources have panicked because their runtime shuts down.
    #[inline]
    fn closed_if_runtime_ended<T>(&self, outcome: &mut Outcome<T>) {
        if let Outcome::Panicked(payload) = outcome {
            if self.host.ends_calls() && is_tokios_end(&**payload) {
                let panicked = mem::replace(outcome, Outcome::Stopped(Reason::Closed));
                catch_and_drop(|| panicked);
            }
        }
    }

    /// Waits and polls by turns until the future, which is pending, is over.
    /// `own`: set where this thread is a worker of that very runtime.
    fn wait_and_poll<F: Future>(
        &self,
        polled: &mut Polled<'_, F>,
        own: Option<&Arc<External>>,
        may_drive: bool,
    ) -> Outcome<F::Output> {
        let waiter = polled.lease.waiter();
        let _listed = self.cancellers.list(waiter);
        let warns = if self.external().is_some() { StallWarning::repeated } else { StallWarning::new };
        let mut warning = warns(self.site);
        warning.start();
        let asked = Cell::new(None);
        let of = || Of { on: Some(Arc::clone(self.on)), job: None };
        let call = Call { site: self.site, companion: self.companion, what: WaitFor::Here, of: &of };
        let mut entry = None;
        let mut unsure = own.map(|own| (own, now() + UNSURE));
        let mut has_polled = true;
        let outcome = loop {
            warning.check(|| self.is_driven(&asked));
            // Before what a nudge may be about is looked at.
            let is_woken = waiter.take_events();
            if self.host.ends_calls() {
                break Outcome::Stopped(Reason::Closed);
            }
            if let Some(deadline) = self.deadline.filter(|at| *at <= now()) {
                if has_polled {
                    stall::late_after_poll(self.site, &self.on.name, deadline);
                }
                break Outcome::Stopped(Reason::GivenUp);
            }
            if self.cancellers.is_cancelled() {
                break Outcome::Stopped(Reason::Cancel);
            }
            if is_woken {
                if let Some(outcome) = polled.poll() {
                    break outcome;
                }
                has_polled = true;
                continue;
            }
            if let Some((own, _)) = unsure.take_if(|(_, at)| *at <= now()) {
                own.ask_pool();
            }
            // The future may wait for what its own polls have put off.
            unpolled::end_deferred();
            entry.get_or_insert_with(|| call.enter(waiter));
            let look = [self.deadline, unsure.map(|(_, at)| at)].into_iter().flatten().min();
            self.host.wait(waiter, may_drive, warning.earlier_than(look));
            has_polled = false;
        };
        self.host.leave(waiter);
        outcome
    }

    /// Asked twice by a warning: the first time it asks the runtime, the second time whether that has answered.
    fn is_driven(&self, asked: &Cell<Option<u64>>) -> bool {
        let Some(external) = self.external() else { return true };
        match asked.take() {
            Some(number) => external.has_answered(number),
            None => {
                asked.set(Some(external.ask()));
                false
            }
        }
    }
}

/// Whether that is how tokio's timers and sockets panic while their runtime shuts down.
fn is_tokios_end(payload: &(dyn Any + Send)) -> bool {
    message(payload).is_some_and(|message| message.contains("A Tokio 1.x context was found, but it is being shutdown"))
}

/// A future that this thread polls.
struct Polled<'a, F> {
    future: Pin<&'a mut Option<F>>,
    lease: &'a Lease,
    site: &'static Location<'static>,
    /// From when on a poll is slow, on a loop of this crate.
    slow_poll: Option<&'a Threshold>,
}

impl<F: Future> Polled<'_, F> {
    /// What came of it, if it is over. It is not dropped yet.
    fn poll(&mut self) -> Option<Outcome<F::Output>> {
        let mut cx = Context::from_waker(self.lease.waker());
        let future = self.future.as_mut().as_pin_mut().expect("it is dropped by `end` alone");
        let mut measured = MeasuredPoll::by_caller(self.slow_poll);
        measured.start();
        let polled = catch_unwind(AssertUnwindSafe(|| budget::poll(future, &mut cx)));
        measured.end(|| (Site::new(self.site), Subscriber::of_thread()));
        measured.warn();
        match polled {
            Ok(Poll::Pending) => None,
            Ok(Poll::Ready(value)) => Some(Outcome::Value(value)),
            Err(payload) => Some(Outcome::Panicked(payload)),
        }
    }

    /// Drops the future. A panic of its destructor takes the place of what came of it, unless that is a panic.
    fn end(mut self, outcome: Outcome<F::Output>) -> Outcome<F::Output> {
        outcome.after_drop(catch_unwind(AssertUnwindSafe(|| self.future.set(None))))
    }
}

/// A future on its caller's stack, lent to the loop: it ends with this.
pub(crate) struct Lent<'a, F>(Pin<&'a mut Option<F>>);

impl<F: Future> Future for Lent<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.0.as_mut().as_pin_mut().expect("it is there until the drop").poll(cx)
    }
}

impl<F> Drop for Lent<'_, F> {
    fn drop(&mut self) {
        self.0.set(None);
    }
}
