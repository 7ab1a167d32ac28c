//! The futures and streams of a script: each does what its [`Call`] says, and notes where it is polled and dropped.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll};
use std::thread;

use bridge::ReturnWhen;
use futures::Stream;

use crate::acts::{Held, settle};
use crate::model::{Outcome, Output, PlannedPanic, Record};
use crate::script::{End, Move, OnDrop};
use crate::world::{Calls, Place, World, lock};

/// What a future captures.
pub(crate) struct Captured {
    pub(crate) record: Arc<Record>,
    pub(crate) world: Arc<World>,
}

impl Captured {
    /// It is polled, here, or made.
    fn note_poll(&self) {
        let Captured { record, world } = self;
        let here = thread::current().id();
        let mut polled = lock(&record.polled);
        let first = polled.is_none();
        polled.get_or_insert(here);
        drop(polled);
        if first && record.counts() {
            record.place.live.fetch_add(1, SeqCst);
        }
        world.check(record, record.may_be_here().map_err(|why| format!("polled: {why}")));
        let by_its_caller = record.is_polled_by_its_caller();
        if by_its_caller && here == record.submitted.0 && record.went_on.load(SeqCst) {
            world.check(record, Err("its caller polls it, and the loop goes on with it".into()));
        }
        if by_its_caller && here != record.submitted.0 {
            if first {
                world.check(record, Err(format!("first polled on {here:?}, which is not its caller's")));
            }
            record.went_on.store(true, SeqCst);
        }
        if !is_inside(record) {
            world.check(record, Err("polled outside of its loop".into()));
        }
        if record.drops.load(SeqCst) > 0 {
            world.check(record, Err("polled after it was dropped".into()));
        }
    }

    /// The first poll of a job, which is when the loop starts it.
    fn note_start(&self) {
        if lock(&self.record.polled).is_none() && !self.record.is_polled_by_its_caller() {
            self.world.check(&self.record, self.record.place.first_poll(self.record.submitted));
        }
        self.note_poll();
    }
}

impl Captured {
    /// Something else than a future, which runs once.
    pub(crate) fn run(self, f: impl FnOnce(&Record)) {
        self.note_start();
        f(&self.record);
    }
}

impl Drop for Captured {
    fn drop(&mut self) {
        let Captured { record, world } = self;
        let polled = lock(&record.polled).is_some();
        if polled {
            world.check(record, record.may_be_here().map_err(|why| format!("dropped: {why}")));
            if !is_inside(record) {
                world.check(record, Err(format!("dropped on {:?}, outside of its loop", thread::current())));
            }
        }
        match &record.call.on_drop {
            OnDrop::Submit(call) => world.submit(call, None).let_go(),
            OnDrop::Cancel(index) => world.cancel_any(*index),
            OnDrop::Nothing | OnDrop::Panic => {}
        }
        record.dropped_unwinding.store(thread::panicking(), SeqCst);
        record.drops.fetch_add(1, SeqCst);
        if polled && record.counts() {
            record.place.live.fetch_sub(1, SeqCst);
        }
        if matches!(record.call.on_drop, OnDrop::Panic) && !thread::panicking() {
            panic_any(PlannedPanic::Drop(record.call.id));
        }
    }
}

/// Whether this thread is in the context of the record's loop.
fn is_inside(record: &Record) -> bool {
    tokio::runtime::Handle::try_current().is_ok_and(|context| context.id() == record.place.id)
}

/// While it lives, this thread polls a task of a place.
struct OnePoll<'a>(&'a Place);

impl<'a> OnePoll<'a> {
    fn begin(record: &'a Record, world: &World) -> OnePoll<'a> {
        let before = record.place.polls.fetch_add(1, SeqCst);
        if before > 0 && record.place.kind.has_one_driver() {
            world.check(record, Err("polled while another task of its loop is".into()));
        }
        OnePoll(&record.place)
    }
}

impl Drop for OnePoll<'_> {
    fn drop(&mut self) {
        self.0.polls.fetch_sub(1, SeqCst);
    }
}

/// A call's future. `L` makes it `!Send` where it may be.
pub(crate) struct Played<L> {
    body: Pin<Box<dyn Future<Output = Output> + Send>>,
    // After the body: dropped last.
    captured: Captured,
    _local: L,
}

impl<L> Played<L> {
    pub(crate) fn new(captured: Captured, local: L) -> Played<L> {
        let body = Box::pin(play(Arc::clone(&captured.record), Arc::clone(&captured.world)));
        Played { body, captured, _local: local }
    }

    /// On the loop's thread.
    pub(crate) fn make(captured: Captured, local: L) -> Played<L> {
        captured.note_start();
        if captured.record.call.make_panics {
            panic_any(PlannedPanic::Make(captured.record.call.id));
        }
        Played::new(captured, local)
    }
}

impl<L: Unpin> Future for Played<L> {
    type Output = Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Output> {
        self.captured.note_start();
        let Captured { record, world } = &self.captured;
        let (record, world) = (Arc::clone(record), Arc::clone(world));
        let by_its_caller = record.is_polled_by_its_caller() && thread::current().id() == record.submitted.0;
        let _calls = by_its_caller.then(|| Calls::onto(record.place.index));
        let _one = (!by_its_caller).then(|| OnePoll::begin(&record, &world));
        self.body.as_mut().poll(cx)
    }
}

async fn play(record: Arc<Record>, world: Arc<World>) -> Output {
    for step in &record.call.moves {
        one(step, &record, &world, record.here()).await;
    }
    match record.call.end {
        End::Value => {}
        End::Panic => panic_any(PlannedPanic::Body(record.call.id)),
        End::Never => pending().await,
    }
    record.finished.store(true, SeqCst);
    Output::new(&record.call, &world.outputs)
}

async fn one(step: &Move, record: &Arc<Record>, world: &Arc<World>, here: Option<usize>) {
    match step {
        Move::Busy(time) => thread::sleep(*time),
        Move::Yield => tokio::task::yield_now().await,
        Move::Sleep(time) => tokio::time::sleep(*time).await,
        Move::Await(call) => {
            let Held { task, record } = world.submit(call, here);
            // Dropped half way it may hold a result whose destructor panics.
            let mut task = Quiet(Some(task));
            let result = std::future::poll_fn(|cx| Pin::new(task.0.as_mut().unwrap()).poll(cx)).await;
            world.ended(&record, &result.into());
        }
        Move::Block(call, timeout) => world.block(call, *timeout, here),
        Move::Result(call) => world.submit(call, here).result(world),
        Move::Wait(calls, when) => wait(calls, *when, world, here),
        Move::Blocking(call) => {
            let (world, call) = (Arc::clone(world), Arc::clone(call));
            // Refused by a runtime that ends: then nobody has asked.
            drop(tokio::task::spawn_blocking(move || world.block(&call, None, None)).await);
        }
        Move::Detach(call) => world.submit(call, here).let_go(),
        Move::Cancel(index) => world.cancel_any(*index),
        Move::Iter(items) => world.read(items, here),
        Move::End(index, how) => {
            // On a worker of many it would wait like any thread, but a runtime must not be dropped there.
            let is_on_worker = !record.place.kind.has_one_driver() && !record.is_polled_by_its_caller();
            let from = here.or(is_on_worker.then_some(record.place.index));
            world.end(*index, *how, from);
        }
    }
}

/// Dropped without a panic.
struct Quiet<T>(Option<T>);

impl<T> Drop for Quiet<T> {
    fn drop(&mut self) {
        settle(|| drop(self.0.take()));
    }
}

/// `wait`, which has no room for a refusal.
fn wait(calls: &[Arc<crate::script::Call>], when: ReturnWhen, world: &Arc<World>, here: Option<usize>) {
    let (tasks, records): (Vec<_>, Vec<_>) =
        calls.iter().map(|call| world.submit(call, here)).map(|held| (held.task, held.record)).unzip();
    let may_deadlock = records.iter().any(|record| world.may_deadlock(here, record.place.index));
    match catch_unwind(AssertUnwindSafe(|| bridge::wait(tasks, when, None))) {
        Ok(waited) => {
            let whole = waited.pending.is_empty() || when != ReturnWhen::AllCompleted;
            if !whole {
                world.faults.push(format!("`wait` for all left some: {records:?}"));
            }
            waited.done.into_iter().chain(waited.pending).for_each(|task| settle(|| drop(task)));
        }
        Err(payload) => match Outcome::from(payload) {
            Outcome::Other(text) if text.contains("would never end") && may_deadlock => {}
            other => world.faults.push(format!("`wait` from {here:?}: {other:?}: {records:?}")),
        },
    }
}

/// The stream of a call: the number of each item.
pub(crate) fn stream(captured: Captured) -> impl Stream<Item = usize> + Send + 'static {
    futures::stream::unfold((captured, 0), |(captured, at)| async move {
        captured.note_poll();
        let record = Arc::clone(&captured.record);
        if let Some(step) = record.call.moves.get(at) {
            one(step, &record, &captured.world, None).await;
            return Some((at, (captured, at + 1)));
        }
        match record.call.end {
            End::Value => None,
            End::Panic => panic_any(PlannedPanic::Body(record.call.id)),
            End::Never => pending().await,
        }
    })
}
