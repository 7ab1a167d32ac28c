//! What is done to the bridge, by threads and by futures, each act with the check of what came of it.

use std::cell::Cell;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll, Wake};
use std::thread;
use std::time::{Duration, Instant};

use bridge::{Error, Iter, Task};

use crate::future::{Captured, Played, stream};
use crate::model::{Outcome, Output, PlannedPanic, Record};
use crate::script::{Call, Canceling, End, Items, Reaction, Then};
use crate::world::{World, lock};

/// Runs what may drop results that nobody got, whose destructors may panic.
pub(crate) fn settle(f: impl FnOnce()) {
    match catch_unwind(AssertUnwindSafe(f)) {
        Err(payload) if !matches!(payload.downcast_ref(), Some(PlannedPanic::Output(_))) => resume_unwind(payload),
        _ => {}
    }
}

/// A task that was submitted.
pub(crate) struct Held {
    pub(crate) task: Task<Output>,
    pub(crate) record: Arc<Record>,
}

/// Captured by a scoped call: it writes to the caller's stack when it is dropped.
struct Borrows<'a>(&'a AtomicU32);

impl Drop for Borrows<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

impl World {
    pub(crate) fn record(
        &self,
        call: &Arc<Call>,
        from: Option<usize>,
        timeout: Option<Duration>,
        scoped: bool,
    ) -> Arc<Record> {
        let place = &self.places[call.on];
        let record = Arc::new(Record::new(call, place, from, self.number(), timeout, scoped));
        lock(&self.records).push(Arc::clone(&record));
        record
    }

    /// `from`: on the thread of that loop.
    pub(crate) fn submit(self: &Arc<Self>, call: &Arc<Call>, from: Option<usize>) -> Held {
        let record = self.record(call, from, None, false);
        let captured = Captured { record: Arc::clone(&record), world: Arc::clone(self) };
        let place = &record.place;
        let task = match &place.local {
            Some(local) if call.local => local.submit_local(move || Played::make(captured, Rc::new(Cell::new(0)))),
            _ => place.handle.submit(Played::new(captured, ())),
        };
        if !place.ending.load(SeqCst) {
            record.accepted.store(true, SeqCst);
        }
        if record.late.load(SeqCst) && !task.is_done() {
            self.check(&record, Err("the loop had ended, and it is not done".into()));
        }
        if call.end == End::Never {
            self.reap(&record, task.canceller(), Duration::from_micros(100 * (call.id % 8)));
        }
        if call.shared {
            lock(&self.cancellers).push((Arc::clone(&record), task.canceller()));
        }
        Held { task, record }
    }

    pub(crate) fn block(self: &Arc<Self>, call: &Arc<Call>, timeout: Option<Duration>, from: Option<usize>) {
        let record = self.record(call, from, timeout, true);
        let captured = Captured { record: Arc::clone(&record), world: Arc::clone(self) };
        let place = &record.place;
        let drops = AtomicU32::new(0);
        let borrows = Borrows(&drops);
        let started = Instant::now();
        let called = catch_unwind(AssertUnwindSafe(|| match (&place.local, timeout) {
            (Some(local), None) if call.local => {
                local.block_on_local(|| Played::make(captured, (borrows, Rc::new(Cell::new(0)))))
            }
            (Some(local), Some(timeout)) if call.local => {
                local.with_timeout(timeout).block_on_local(|| Played::make(captured, (borrows, Rc::new(Cell::new(0)))))
            }
            (_, None) => place.handle.block_on(Played::new(captured, borrows)),
            (_, Some(timeout)) => place.handle.with_timeout(timeout).block_on(Played::new(captured, borrows)),
        }));
        let elapsed = started.elapsed();
        let drops = drops.load(SeqCst);
        if drops != 1 {
            self.check(&record, Err(format!("what it borrows with was dropped {drops} times as it returned")));
        }
        let outcome = called.map_or_else(Outcome::from, Outcome::from);
        if outcome == Outcome::TimedOut && timeout.is_some_and(|timeout| elapsed < timeout) {
            self.check(&record, Err(format!("timed out after {elapsed:?}")));
        }
        self.ended(&record, &outcome);
    }

    /// Somebody has the result.
    pub(crate) fn ended(&self, record: &Record, outcome: &Outcome) {
        let may_deadlock = self.may_deadlock(record.from, record.place.index);
        self.check(record, record.ends(outcome, may_deadlock));
    }

    /// Reads a stream.
    pub(crate) fn read(self: &Arc<Self>, items: &Items, from: Option<usize>) {
        let record = self.record(&items.call, from, None, false);
        let captured = Captured { record: Arc::clone(&record), world: Arc::clone(self) };
        let mut iter = record.place.handle.iter(stream(captured));
        if !record.place.ending.load(SeqCst) {
            record.accepted.store(true, SeqCst);
        }
        if items.buffered > 0 {
            iter = iter.buffered(items.buffered);
        }
        let len = items.call.moves.len();
        let mut at = 0;
        for _ in 0..items.take {
            let (next, elapsed) = next(&mut iter, items.timeout);
            let right = match &next {
                Ok(Some(item)) => *item == at && at < len,
                Ok(None) => at == len && items.call.end == End::Value,
                Err(Outcome::PlannedPanic(planned_panic)) => {
                    at == len && items.call.end == End::Panic && *planned_panic == PlannedPanic::Body(items.call.id)
                }
                Err(Outcome::TimedOut) => items.timeout.is_some_and(|timeout| elapsed >= timeout),
                Err(Outcome::Deadlock) => self.may_deadlock(from, items.call.on),
                Err(Outcome::Closed) => record.may_be_closed(lock(&record.polled).is_some()).is_ok(),
                // `next` has no room for it.
                Err(Outcome::Other(text)) if items.timeout.is_none() && text.contains("is closed") => {
                    record.may_be_closed(lock(&record.polled).is_some()).is_ok()
                }
                Err(_) => false,
            };
            if !right {
                self.check(&record, Err(format!("item {at} of {len}: {next:?} after {elapsed:?}")));
            }
            match next {
                Ok(Some(_)) => at += 1,
                Err(Outcome::TimedOut) => {}
                Ok(None) => {
                    self.check(&record, record.done("a stream's end"));
                    let again = iter.next();
                    if again.is_some() {
                        self.check(&record, Err(format!("after its end a stream gave {again:?}")));
                    }
                    break;
                }
                Err(_) => break,
            }
        }
        // Nothing in it panics as it is dropped.
        record.cancel_silently(|| drop(iter));
    }
}

fn next(iter: &mut Iter<usize>, timeout: Option<Duration>) -> (Result<Option<usize>, Outcome>, Duration) {
    let started = Instant::now();
    let next = catch_unwind(AssertUnwindSafe(|| match timeout {
        None => Ok(iter.next()),
        Some(timeout) => iter.next_timeout(timeout),
    }));
    let next = next.map_or_else(|payload| Err(payload.into()), |next| next.map_err(Outcome::from));
    (next, started.elapsed())
}

impl Held {
    pub(crate) fn result(self, world: &World) {
        let Held { task, record } = self;
        world.ended(&record, &task.result().into());
    }

    pub(crate) fn let_go(self) {
        settle(|| drop(self.task));
    }

    /// The life of a task in the hands of a thread.
    pub(crate) fn live(self, canceling: Option<Canceling>, then: &Then, world: &Arc<World>) {
        let Held { task, record } = &self;
        match canceling {
            Some(Canceling::Here) => world.check(record, record.cancel(|| task.cancel())),
            Some(Canceling::Elsewhere(delay)) => world.reap(record, task.canceller(), delay),
            None => {}
        }
        match then {
            Then::Result => self.look_and_ask(world),
            Then::Ask(timeouts) => self.ask(timeouts, world),
            Then::Await => {
                let outcome = block_on_here(self.task).into();
                world.ended(&self.record, &outcome);
            }
            Then::Drop => self.let_go(),
            Then::CancelOnDrop => {
                let Held { task, record } = self;
                record.cancel_silently(|| settle(|| drop(task.cancel_on_drop())));
            }
            Then::Keep => {
                let Held { task, record } = self;
                Held { task: task.cancel_on_drop().detach(), record }.result(world);
            }
            Then::OnDone(reactions) => self.on_done(reactions, world),
        }
    }

    /// Done stays done, and cancelled stays cancelled.
    fn look_and_ask(mut self, world: &World) {
        let Held { task, record } = &mut self;
        let (done, cancelled) = (task.is_done(), task.is_cancelled());
        if !done {
            return self.result(world);
        }
        world.check(record, record.done("`is_done`"));
        let outcome = Outcome::from(task.result_timeout(Duration::ZERO));
        if outcome == Outcome::TimedOut {
            world.check(record, Err("it was done, and is not".into()));
        }
        if cancelled != (outcome == Outcome::Cancelled) {
            world.check(record, Err(format!("`is_cancelled` said {cancelled}: {outcome:?}")));
        }
        world.ended(record, &outcome);
    }

    fn ask(mut self, timeouts: &[Duration], world: &World) {
        let Held { task, record } = &mut self;
        for timeout in timeouts {
            let started = Instant::now();
            match task.result_timeout(*timeout) {
                Err(Error::TimedOut(of)) if of == *timeout && started.elapsed() >= *timeout => {}
                result => return world.ended(record, &result.into()),
            }
        }
        self.result(world);
    }

    fn on_done(self, reactions: &[Reaction], world: &Arc<World>) {
        let Held { task, record } = self;
        record.callbacks_due.fetch_add(1, SeqCst);
        // What a callback drops is there before.
        let given: Vec<_> = reactions
            .iter()
            .map(|reaction| match reaction {
                Reaction::DropTask(call) => Some(world.submit(call, None)),
                _ => None,
            })
            .collect();
        let (reactions, world) = (reactions.to_vec(), Arc::clone(world));
        let registered = catch_unwind(AssertUnwindSafe(|| {
            task.on_done(move |result| {
                record.callbacks.fetch_add(1, SeqCst);
                world.ended(&record, &result.into());
                given.into_iter().flatten().for_each(Held::let_go);
                for reaction in reactions {
                    match reaction {
                        Reaction::Submit(call) => world.submit(&call, None).let_go(),
                        Reaction::Cancel(index) => world.cancel_any(index),
                        Reaction::DropTask(_) => {}
                        Reaction::Panic => panic_any(PlannedPanic::Callback(record.call.id)),
                    }
                }
            });
        }));
        // Contained, also where it runs at once.
        assert!(registered.is_ok(), "a callback's panic comes out of `on_done`");
    }
}

/// Awaits a task on this thread, with a waker that is not the bridge's.
fn block_on_here<T>(mut task: Task<T>) -> Result<T, Error> {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut awaited = pin!(poll_fn(move |cx| Pin::new(&mut task).poll(cx)));
    loop {
        match awaited.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => return result,
            Poll::Pending => thread::park(),
        }
    }
}
