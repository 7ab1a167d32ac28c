//! The way of a scoped call: [`Handle::block_on_at`] has the calling thread poll the future ([`here`](super::here)), or makes it a
//! job of the loop and waits for that ([`join`]).
//!
//! | the call is onto | the future is |
//! | --- | --- |
//! | an event loop | a job |
//! | a shared loop, or an external runtime | polled by the calling thread |
//! | the same, from a thread on which another runtime polls | polled once by the calling thread, then lent to a job |
//! | the same, from a thread whose thread-locals are being destroyed | a job |

use std::panic::{Location, resume_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::here::{Here, Lent, RuntimeOf};
use super::{Handle, Target};
use crate::deadlock::context::{Outer, PollsHere};
use crate::deadlock::{self, WaitGuard};
use crate::error::{Deadlock, Error};
use crate::park::waiter::Lease;
use crate::task::join::{self, ScopedWait};
use crate::task::raw::cache::ScopedJob;
use crate::task::raw::completion::Outcome;
use crate::task::raw::header::TaskRef;
use crate::task::raw::state::Reason;

impl Handle {
    /// A scoped call, made at `site`.
    #[inline]
    pub(crate) fn block_on_at<F>(
        &self,
        site: &'static Location<'static>,
        companion: Option<&'static str>,
        future: F,
    ) -> Result<F::Output, Error>
    where
        F: Future + Send,
        F::Output: Send,
    {
        let mut here = None;
        if let Err(error) = self.begin_here(&mut here, site, companion) {
            // A panic of its destructor at the end of this function would leak the return value.
            drop(future);
            return Err(error);
        }
        let Some(here) = &mut here else {
            return self.scoped(|wait| join::call(future, |job| self.send(job), wait), site, companion);
        };
        let deadline = here.deadline;
        let lend = |lent: Lent<'_, F>| {
            let guard = self.wait_guard(site);
            join::call(lent, |job| self.send_inside(job), self.wait(deadline, &guard, site, companion))
        };
        match here.run(future, lend) {
            Ok(Outcome::Value(value)) => Ok(value),
            outcome => {
                if matches!(outcome, Ok(Outcome::Stopped(Reason::Closed))) {
                    here.note_cut_short();
                }
                self.result_of(outcome, Handle::ends_calls)
            }
        }
    }

    /// Whether the end of the loop ends the calls that are under way. One that finishes what it has does not.
    fn ends_calls(&self) -> bool {
        match &self.target {
            Target::Loop(loop_ref) => loop_ref.scheduler.is_aborting(),
            Target::External(_) => self.is_closed(),
        }
    }

    /// The deadline of a call that begins now.
    fn deadline(&self) -> Option<Instant> {
        self.timeout.and_then(|timeout| Instant::now().checked_add(timeout))
    }

    /// A scoped call whose future is a job of the loop, by what makes a wait into an outcome.
    pub(super) fn scoped<T>(
        &self,
        call: impl FnOnce(ScopedWait<'_>) -> Result<Outcome<T>, Deadlock>,
        site: &'static Location<'static>,
        companion: Option<&'static str>,
    ) -> Result<T, Error> {
        self.may_begin()?;
        let (deadline, guard) = (self.deadline(), self.wait_guard(site));
        // A closed loop refuses it.
        self.result_of(call(self.wait(deadline, &guard, site, companion)), Handle::is_closed)
    }

    /// Whether a call is over before it begins.
    #[inline(never)]
    fn may_begin(&self) -> Result<(), Error> {
        if self.cancellers.is_cancelled() {
            return Err(Error::Cancelled);
        }
        if self.timeout == Some(Duration::ZERO) {
            return Err(Error::TimedOut(Duration::ZERO));
        }
        Ok(())
    }

    fn wait_guard(&self, site: &'static Location<'static>) -> impl Fn(&Arc<ScopedJob>) -> Result<WaitGuard, Deadlock> {
        move |job| deadlock::may_wait(self.on(), site, || Box::new(TaskRef::from(job)))
    }

    fn wait<'a>(
        &'a self,
        deadline: Option<Instant>,
        guard: &'a dyn Fn(&Arc<ScopedJob>) -> Result<WaitGuard, Deadlock>,
        site: &'static Location<'static>,
        companion: Option<&'static str>,
    ) -> ScopedWait<'a> {
        let (on, cancellers) = (self.on(), &self.cancellers);
        let (spin, host) = (&on.spin, self.host());
        ScopedWait { deadline, spin, cancellers, host, on, site, companion, guard }
    }

    /// Decides who polls the future of a scoped call. If it is the calling thread, prepares that in `here`, where it is made since
    /// a move takes longer than making it. `here` stays empty for an event loop, and on a thread without thread-locals: the future
    /// is a job then.
    fn begin_here<'a>(
        &'a self,
        here: &mut Option<Here<'a>>,
        site: &'static Location<'static>,
        companion: Option<&'static str>,
    ) -> Result<(), Error> {
        let Some(host) = self.host() else { return Ok(()) };
        let mut outer = Outer::NOTHING;
        if outer.read().is_err() {
            return Ok(());
        }
        if self.timeout.is_some() || self.cancellers.is_some() {
            self.may_begin()?;
        }
        let on = self.on();
        if on.is_of_parent_process() {
            return Err(Error::Closed);
        }
        deadlock::may_call(on, &outer, site).map_err(Error::WouldDeadlock)?;
        let deadline = self.deadline();
        let runtime = match &self.target {
            Target::Loop(loop_ref) => {
                let shared = loop_ref.shared.as_ref().expect("there is a host");
                let Some(context) = shared.enter(&loop_ref.scheduler) else { return Err(Error::Closed) };
                RuntimeOf::Loop(context)
            }
            Target::External(external) if external.has_ended() => return Err(Error::Closed),
            Target::External(external) => RuntimeOf::External(external),
        };
        let _polls = PollsHere::start(on.id, &mut outer);
        let cancellers = &self.cancellers;
        *here = Some(Here { host, on, runtime, deadline, cancellers, site, companion, lease: Lease::new(), _polls });
        Ok(())
    }

    /// The outcome of a scoped call as its result. `ends`: whether the loop would end the call at once.
    fn result_of<T>(
        &self,
        outcome: Result<Outcome<T>, Deadlock>,
        ends: impl FnOnce(&Handle) -> bool,
    ) -> Result<T, Error> {
        match outcome {
            // Nothing would be waited for, also if the loop waits for this thread on its way out.
            Err(_) if self.is_outside() && ends(self) => Err(Error::Closed),
            Err(deadlock) => Err(Error::WouldDeadlock(deadlock)),
            Ok(Outcome::Panicked(payload)) => resume_unwind(payload),
            Ok(outcome) => outcome.into_result(self.timeout.unwrap_or(Duration::MAX)),
        }
    }
}
