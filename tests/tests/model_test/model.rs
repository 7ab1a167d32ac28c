//! What each call may yield: computed from what was done to it, and when.
//!
//! Facts are noted *before* what may follow from them (a cancel is noted as started, then made), outcomes are judged
//! after they were seen. So whatever the interleaving, a fact that an outcome needs is there when it is judged.

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;
use std::time::Duration;

use bridge::{Canceller, Error};

use crate::script::{Call, End, Kind, OnDrop};
use crate::world::Place;

/// What is thrown on purpose, where, by which call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlannedPanic {
    Make(u64),
    Body(u64),
    Drop(u64),
    Output(u64),
    Callback(u64),
}

/// What a future gives: counted, and it panics when it is dropped by nobody's wish.
pub(crate) struct Output {
    pub(crate) id: u64,
    panics: bool,
    live: Arc<AtomicI64>,
}

impl Output {
    pub(crate) fn new(call: &Call, live: &Arc<AtomicI64>) -> Output {
        live.fetch_add(1, SeqCst);
        Output { id: call.id, panics: call.output_panics, live: Arc::clone(live) }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.live.fetch_sub(1, SeqCst);
        if self.panics && !std::thread::panicking() {
            std::panic::panic_any(PlannedPanic::Output(self.id));
        }
    }
}

pub(crate) const NO_TIMER: &str = "A Tokio 1.x context was found, but it is being shutdown.";

/// How a call ended, as one that asked has seen it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Value(u64),
    Cancelled,
    TimedOut,
    Closed,
    Deadlock,
    PlannedPanic(PlannedPanic),
    /// tokio's panic of a future that sets a timer in a runtime that shuts down.
    NoTimer,
    Other(String),
}

impl From<Result<Output, Error>> for Outcome {
    fn from(result: Result<Output, Error>) -> Outcome {
        match result {
            Ok(mut output) => {
                output.panics = false;
                Outcome::Value(output.id)
            }
            Err(error) => error.into(),
        }
    }
}

impl From<Error> for Outcome {
    fn from(error: Error) -> Outcome {
        match error {
            Error::Cancelled => Outcome::Cancelled,
            Error::TimedOut(_) => Outcome::TimedOut,
            Error::Closed => Outcome::Closed,
            Error::WouldDeadlock(_) => Outcome::Deadlock,
            Error::Panicked(panic) => panic.into_payload().into(),
            other => Outcome::Other(other.to_string()),
        }
    }
}

impl From<Box<dyn Any + Send>> for Outcome {
    fn from(payload: Box<dyn Any + Send>) -> Outcome {
        match (payload.downcast_ref::<PlannedPanic>(), payload.downcast_ref::<String>(), payload.downcast_ref::<&str>())
        {
            (Some(planned_panic), ..) => Outcome::PlannedPanic(*planned_panic),
            (_, Some(text), _) => Outcome::Other(text.clone()),
            (.., Some(text)) if text.contains(NO_TIMER) => Outcome::NoTimer,
            (.., Some(text)) => Outcome::Other((*text).into()),
            _ => Outcome::Other("a panic with a payload".into()),
        }
    }
}

/// All that is known of one submission.
pub(crate) struct Record {
    pub(crate) call: Arc<Call>,
    pub(crate) place: Arc<Place>,
    /// The loop whose thread made it, if that drives one.
    pub(crate) from: Option<usize>,
    /// The thread that made it, and which of its submissions it is.
    pub(crate) submitted: (ThreadId, u64),
    /// A scoped call's timeout.
    pub(crate) timeout: Option<Duration>,
    pub(crate) is_scoped: bool,
    /// The loop had ended before it was made.
    pub(crate) late: AtomicBool,
    /// It was taken in before anybody began to end the loop.
    pub(crate) accepted: AtomicBool,
    pub(crate) polled: Mutex<Option<ThreadId>>,
    /// It is a call of a thread that was to wait, and the loop went on with it.
    pub(crate) went_on: AtomicBool,
    /// It got to its end.
    pub(crate) finished: AtomicBool,
    pub(crate) drops: AtomicU32,
    /// By a thread that was unwinding, so that its destructor did not panic as well.
    pub(crate) dropped_unwinding: AtomicBool,
    cancels_started: AtomicU32,
    cancels_true: AtomicU32,
    cancels_false: AtomicU32,
    pub(crate) callbacks_due: AtomicU32,
    pub(crate) callbacks: AtomicU32,
    /// It is a function, which must run only if the loop is left to.
    pub(crate) is_function: AtomicBool,
    outcome: Mutex<Option<Outcome>>,
}

impl Record {
    pub(crate) fn new(
        call: &Arc<Call>,
        place: &Arc<Place>,
        from: Option<usize>,
        submitted: (ThreadId, u64),
        timeout: Option<Duration>,
        is_scoped: bool,
    ) -> Record {
        Record {
            call: Arc::clone(call),
            place: Arc::clone(place),
            from,
            submitted,
            timeout,
            is_scoped,
            late: AtomicBool::new(place.ended.load(SeqCst)),
            accepted: AtomicBool::new(false),
            polled: Mutex::new(None),
            went_on: AtomicBool::new(false),
            finished: AtomicBool::new(false),
            drops: AtomicU32::new(0),
            dropped_unwinding: AtomicBool::new(false),
            cancels_started: AtomicU32::new(0),
            cancels_true: AtomicU32::new(0),
            cancels_false: AtomicU32::new(0),
            callbacks_due: AtomicU32::new(0),
            callbacks: AtomicU32::new(0),
            is_function: AtomicBool::new(false),
            outcome: Mutex::new(None),
        }
    }

    /// Whether the thread that calls polls it.
    pub(crate) fn is_polled_by_its_caller(&self) -> bool {
        self.is_scoped && self.place.kind.polls_on_the_caller()
    }

    /// Whether its place counts it among those that live there.
    pub(crate) fn counts(&self) -> bool {
        self.place.kind.has_shutdown() || !self.is_polled_by_its_caller()
    }

    /// What the thread that polls or drops it now drives, if that is of one loop.
    pub(crate) fn here(&self) -> Option<usize> {
        if self.is_polled_by_its_caller() && std::thread::current().id() == self.submitted.0 {
            return self.from;
        }
        // A worker of many waits like any thread.
        self.place.kind.has_one_driver().then_some(self.place.index)
    }

    /// Whether this thread may poll it, or drop it once it was polled.
    pub(crate) fn may_be_here(&self) -> Result<(), String> {
        let (here, caller) = (std::thread::current().id(), self.submitted.0);
        let is_here = || self.place.thread.is_none_or(|thread| thread == here);
        if !self.is_polled_by_its_caller() {
            return if is_here() { Ok(()) } else { Err(format!("not on {here:?}")) };
        }
        if here == caller {
            return Ok(());
        }
        // Only a thread that drives a loop leaves it to the other loop to go on.
        if self.from.is_none() || !is_here() { Err(format!("{here:?} is not its caller's")) } else { Ok(()) }
    }

    /// Cancels by `cancel`, and notes it.
    pub(crate) fn cancel(&self, cancel: impl FnOnce() -> bool) -> Result<(), String> {
        self.cancels_started.fetch_add(1, SeqCst);
        if cancel() {
            self.cancels_true.fetch_add(1, SeqCst);
            return Ok(());
        }
        self.cancels_false.fetch_add(1, SeqCst);
        self.done("a cancel that says false")
    }

    pub(crate) fn cancel_by(&self, canceller: &Canceller) -> Result<(), String> {
        self.cancel(|| canceller.cancel())
    }

    /// A cancel that says nothing: a guard's drop.
    pub(crate) fn cancel_silently(&self, cancel: impl FnOnce()) {
        self.cancels_started.fetch_add(1, SeqCst);
        cancel();
    }

    /// Somebody sees it done.
    pub(crate) fn done(&self, seen_by: &str) -> Result<(), String> {
        match self.drops.load(SeqCst) {
            1 => Ok(()),
            drops => Err(format!("{seen_by}: it is done and its captures were dropped {drops} times")),
        }
    }

    /// Somebody sees its end, which comes once.
    pub(crate) fn ends(&self, outcome: &Outcome, may_deadlock: bool) -> Result<(), String> {
        // A refused wait is no end of a task; a refused call is one.
        if *outcome != Outcome::Deadlock || self.is_scoped {
            self.done("its result")?;
            let before = self.outcome.lock().unwrap().replace(outcome.clone());
            if let Some(before) = before {
                return Err(format!("it ended twice: {before:?}, {outcome:?}"));
            }
        }
        self.allows(outcome, may_deadlock)
    }

    fn allows(&self, outcome: &Outcome, may_deadlock: bool) -> Result<(), String> {
        let Call { id, end, on_drop, make_panics, .. } = &*self.call;
        let polled = self.polled.lock().unwrap().is_some();
        let late = self.late.load(SeqCst);
        // Cancelled before its first poll, or dropped afterwards: a destructor that panics replaces every other end but one.
        let drop_panics = matches!(on_drop, OnDrop::Panic) && !self.dropped_unwinding.load(SeqCst);
        let refuse = |why: &str| Err(format!("{outcome:?}: {why}"));
        if self.timeout == Some(Duration::ZERO) && polled {
            return refuse("with no time at all it was polled");
        }
        match outcome {
            Outcome::Value(of) if of != id => refuse("another call's value"),
            Outcome::Value(_) if !self.finished.load(SeqCst) || *end != End::Value => refuse("it gives none"),
            Outcome::Value(_) if drop_panics => refuse("its destructor panics"),
            Outcome::Value(_) if self.cancels_true.load(SeqCst) > 0 => refuse("a cancel had said true"),
            Outcome::Value(_) if late => refuse("the loop had ended"),
            Outcome::Value(_) => Ok(()),
            Outcome::Cancelled | Outcome::TimedOut | Outcome::Closed if drop_panics => refuse("its destructor panics"),
            Outcome::Cancelled if self.is_scoped => refuse("nobody can cancel it"),
            Outcome::Cancelled if late => refuse("the loop had ended"),
            Outcome::Cancelled if self.cancels_started.load(SeqCst) == self.cancels_false.load(SeqCst) => {
                refuse("nobody cancelled it")
            }
            Outcome::Cancelled => Ok(()),
            Outcome::TimedOut if self.timeout.is_none() => refuse("there is no timeout"),
            Outcome::TimedOut if self.is_polled_by_its_caller() && !polled && self.timeout != Some(Duration::ZERO) => {
                refuse("its caller had all the time to poll it")
            }
            Outcome::TimedOut => Ok(()),
            Outcome::Closed => self.may_be_closed(polled).or_else(|why| refuse(&why)),
            Outcome::Deadlock if !may_deadlock => refuse("there is no cycle"),
            Outcome::Deadlock if polled && self.is_scoped && !self.is_polled_by_its_caller() => refuse("it was polled"),
            // A task's wait may also close one through the end of a shared loop, onto which this thread is in a call.
            Outcome::Deadlock if polled && self.is_scoped && self.from.is_none() => refuse("its caller drives nothing"),
            Outcome::Deadlock => Ok(()),
            Outcome::PlannedPanic(PlannedPanic::Make(of)) if of == id && *make_panics && polled => Ok(()),
            Outcome::PlannedPanic(PlannedPanic::Body(of)) if of == id && *end == End::Panic && polled => Ok(()),
            Outcome::PlannedPanic(PlannedPanic::Drop(of)) if of == id && drop_panics => Ok(()),
            Outcome::NoTimer if self.is_scoped => refuse("no panic of tokio's comes out of a call"),
            // Only workers go on while their runtime shuts down.
            Outcome::NoTimer if self.place.kind == Kind::MultiThread && self.place.ending.load(SeqCst) => Ok(()),
            Outcome::NoTimer => refuse("the loop runs"),
            Outcome::PlannedPanic(_) => refuse("that is not its panic"),
            Outcome::Other(_) => refuse("no such thing was planned"),
        }
    }

    /// A loop that finishes what it has closes nothing that it took in.
    pub(crate) fn may_be_closed(&self, polled: bool) -> Result<(), String> {
        let Place { ending, aborting, .. } = &*self.place;
        if !ending.load(SeqCst) {
            return Err("nobody ends the loop".into());
        }
        if !aborting.load(SeqCst) && (polled || self.accepted.load(SeqCst)) {
            return Err("the loop was to finish it".into());
        }
        Ok(())
    }

    /// What holds when nothing moves any more.
    pub(crate) fn at_rest(&self) -> Result<(), String> {
        self.done("at rest")?;
        let (said_true, said_false) = (self.cancels_true.load(SeqCst), self.cancels_false.load(SeqCst));
        let outcome = self.outcome.lock().unwrap();
        match &*outcome {
            Some(Outcome::Cancelled) if said_false > 0 => return Err("cancelled, and a cancel said false".into()),
            // A destructor's or a body's panic stands, whatever a cancel has said.
            Some(Outcome::Cancelled | Outcome::PlannedPanic(_) | Outcome::NoTimer) | None => {}
            Some(Outcome::Closed) if self.accepted.load(SeqCst) && self.place.finished.load(SeqCst) => {
                return Err("closed by a shutdown that said it has finished all".into());
            }
            Some(outcome) if said_true > 0 => return Err(format!("{outcome:?}, and a cancel said true")),
            Some(_) => {}
        }
        let (mut due, called) = (self.callbacks_due.load(SeqCst), self.callbacks.load(SeqCst));
        if self.is_function.load(SeqCst) {
            due = if self.may_be_closed(false).is_ok() { called.min(1) } else { 1 };
        }
        if due != called {
            return Err(format!("its callback ran {called} times, not {due}"));
        }
        Ok(())
    }

    pub(crate) fn tally(&self, tally: &Tally) {
        let polled = self.polled.lock().unwrap().is_some();
        let outcome = self.outcome.lock().unwrap();
        let counter = match &*outcome {
            None => &tally.unasked,
            Some(Outcome::Value(_)) => &tally.values,
            Some(Outcome::Cancelled) => &tally.cancelled,
            Some(Outcome::TimedOut) => &tally.timed_out,
            Some(Outcome::Closed) => &tally.closed,
            Some(Outcome::Deadlock) => &tally.deadlocks,
            Some(_) => &tally.panics,
        };
        counter.fetch_add(1, SeqCst);
        let here = *self.polled.lock().unwrap() == Some(self.submitted.0);
        let marks = [
            (self.is_polled_by_its_caller() && here, &tally.polled_by_its_caller),
            (self.went_on.load(SeqCst), &tally.gone_on_with),
            (!polled, &tally.never_polled),
            (self.callbacks.load(SeqCst) > 0, &tally.callbacks),
            (self.cancels_true.load(SeqCst) > 0, &tally.cancels_in_time),
            (self.cancels_false.load(SeqCst) > 0, &tally.cancels_too_late),
        ];
        for (_, counter) in marks.iter().filter(|(is, _)| *is) {
            counter.fetch_add(1, SeqCst);
        }
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Record { call, from, timeout, accepted, polled, drops, place, .. } = self;
        let kind = if self.is_scoped { "call" } else { "task" };
        write!(
            f,
            "{kind} {call:?} (from {from:?}, timeout {timeout:?}, accepted {accepted:?}, late {:?}, called by {:?}, polled {polled:?}, \
             dropped {drops:?} times, cancels started, true, false: {:?}, {:?}, {:?}; loop: ending {:?}, aborting {:?}, ended {:?})",
            self.late,
            self.submitted.0,
            self.cancels_started,
            self.cancels_true,
            self.cancels_false,
            place.ending,
            place.aborting,
            place.ended
        )
    }
}

/// How many calls ended how, over all scripts; an end that never comes is a hole in the scripts.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    values: AtomicUsize,
    cancelled: AtomicUsize,
    timed_out: AtomicUsize,
    closed: AtomicUsize,
    deadlocks: AtomicUsize,
    panics: AtomicUsize,
    unasked: AtomicUsize,
    polled_by_its_caller: AtomicUsize,
    gone_on_with: AtomicUsize,
    never_polled: AtomicUsize,
    callbacks: AtomicUsize,
    cancels_in_time: AtomicUsize,
    cancels_too_late: AtomicUsize,
}

impl Tally {
    /// Whether everything has happened once at least.
    pub(crate) fn is_whole(&self) -> bool {
        let Tally { values, cancelled, timed_out, closed, deadlocks, panics, unasked, .. } = self;
        let Tally { never_polled, callbacks, cancels_in_time, cancels_too_late, .. } = self;
        let Tally { polled_by_its_caller, gone_on_with, .. } = self;
        let ends = [values, cancelled, timed_out, closed, deadlocks, panics, unasked];
        let marks = [never_polled, callbacks, cancels_in_time, cancels_too_late, polled_by_its_caller, gone_on_with];
        ends.iter().chain(&marks).all(|count| count.load(SeqCst) > 0)
    }
}
