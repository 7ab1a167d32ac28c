//! Runs a script: a thread for each of its lists of steps, then the end of all loops, then the last questions.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use bridge::{AsCompleted, Error, ReturnWhen};
use bridge_tests::load::Threads;
use bridge_tests::{Log, wait_until};

use crate::acts::{Held, settle};
use crate::future::Captured;
use crate::model::{Outcome, Output, PlannedPanic, Record, Tally};
use crate::script::{Call, Kind, Script, Step};
use crate::world::{World, lock};

/// Runs it to its end. What was not as it should be is in `faults`.
pub(crate) fn run(script: &Arc<Script>, faults: &Log<String>, tally: &Tally) {
    let before = Threads::now();
    let (world, reaper) = World::new(script, faults);
    let barrier = Arc::new(Barrier::new(script.threads.len()));
    let start = |index: usize| {
        let (world, barrier, script) = (Arc::clone(&world), Arc::clone(&barrier), Arc::clone(script));
        thread::spawn(move || {
            barrier.wait();
            for step in &script.threads[index] {
                let taken = catch_unwind(AssertUnwindSafe(|| settle(|| take(step, &world))));
                if let Err(payload) = taken {
                    world.faults.push(format!("{:?}: {step:?}", Outcome::from(payload)));
                }
            }
        })
    };
    let actors: Vec<_> = (0..script.threads.len()).map(start).collect();
    actors.into_iter().for_each(|actor| actor.join().expect("its panics are caught"));
    world.actors.store(0, SeqCst);
    let (last, first): (Vec<_>, Vec<_>) =
        script.finale.iter().enumerate().partition(|(index, _)| script.loops[*index] == Kind::MultiThread);
    first.into_iter().for_each(|(index, how)| world.end(index, *how, None));
    for (index, how) in last {
        // What seemed over is not, if a callback has just submitted more.
        wait_until(|| {
            world.end(index, *how, None);
            world.places[index].ending.load(SeqCst)
        });
    }
    // A loop that somebody else ends, or that was refused a join, may be at it still.
    wait_until(|| before.started_since() <= 1);
    drop(lock(&world.reaper).take());
    reaper.join().expect("it only cancels");
    wait_until(|| before.started_since() == 0);
    let records = std::mem::take(&mut *lock(&world.records));
    for record in records {
        world.check(&record, record.at_rest());
        record.tally(tally);
    }
    for place in &world.places {
        let live = place.live.load(SeqCst);
        if live != 0 || !place.ended.load(SeqCst) {
            faults.push(format!("loop {} has {live} futures that nobody dropped", place.index));
        }
    }
    lock(&world.cancellers).clear();
    let outputs = world.outputs.load(SeqCst);
    if outputs != 0 {
        faults.push(format!("{outputs} results were not dropped, or twice"));
    }
}

fn take(step: &Step, world: &Arc<World>) {
    match step {
        Step::Pause(time) => thread::sleep(*time),
        Step::Flurry(calls) => calls.iter().for_each(|call| world.block(call, None, None)),
        Step::Block(call, timeout) => world.block(call, *timeout, None),
        Step::Task(call, canceling, then) => world.submit(call, None).live(*canceling, then, world),
        Step::Wait { calls, when, timeout, ask_again } => wait(calls, *when, *timeout, *ask_again, world),
        Step::AsCompleted { calls, timeout, take } => as_completed(calls, *timeout, *take, world),
        Step::CallSoon { call, panics } => call_soon(call, *panics, world),
        Step::Cancel(index) => world.cancel_any(*index),
        Step::Iter(items) => world.read(items, None),
        Step::End(index, how) => world.end(*index, *how, None),
    }
}

fn submit_all(calls: &[Arc<Call>], world: &Arc<World>) -> (Vec<bridge::Task<Output>>, Vec<Arc<Record>>) {
    calls.iter().map(|call| world.submit(call, None)).map(|Held { task, record }| (task, record)).unzip()
}

fn wait(calls: &[Arc<Call>], when: ReturnWhen, timeout: Option<Duration>, ask_again: bool, world: &Arc<World>) {
    let (tasks, records) = submit_all(calls, world);
    let started = Instant::now();
    let waited = bridge::wait(tasks, when, timeout);
    let in_time = timeout.is_none_or(|timeout| started.elapsed() < timeout);
    let (done, mut pending) = (waited.done, waited.pending);
    let total = done.len() + pending.len();
    if total != calls.len() {
        world.faults.push(format!("`wait` gave back {total} tasks: {records:?}"));
    }
    // Whose result is whose shows in the results: they come in the order of the input.
    let mut failed = false;
    let mut left = records.iter();
    let none_done = done.is_empty();
    for mut task in done {
        let outcome = Outcome::from(task.result_timeout(Duration::ZERO));
        failed |= !matches!(outcome, Outcome::Value(_));
        // Tasks that fail do not say who they are: any of those that are left may be it, in order.
        let fits = |record: &&Arc<Record>| match &outcome {
            Outcome::Value(id)
            | Outcome::PlannedPanic(PlannedPanic::Make(id) | PlannedPanic::Body(id) | PlannedPanic::Drop(id)) => {
                record.call.id == *id
            }
            _ => true,
        };
        match left.find(fits) {
            Some(record) if matches!(outcome, Outcome::Value(_) | Outcome::PlannedPanic(_)) => {
                world.ended(record, &outcome)
            }
            Some(_) if matches!(outcome, Outcome::Cancelled | Outcome::Closed) => {}
            _ => world.faults.push(format!("`wait` for {when:?}: {outcome:?} is out of order: {records:?}")),
        }
    }
    let enough = pending.is_empty()
        || match when {
            ReturnWhen::FirstCompleted => !none_done,
            ReturnWhen::FirstError => failed,
            ReturnWhen::AllCompleted => false,
        };
    if in_time && !enough {
        world.faults.push(format!("`wait` for {when:?}, {timeout:?} came too early: {records:?}"));
    }
    if ask_again {
        pending = bridge::wait(pending, ReturnWhen::AllCompleted, None).done;
        if pending.iter().any(|task| !task.is_done()) {
            world.faults.push(format!("`wait` for all left some: {records:?}"));
        }
    }
    pending.into_iter().for_each(|task| settle(|| drop(task)));
}

fn as_completed(calls: &[Arc<Call>], timeout: Option<Duration>, take: usize, world: &Arc<World>) {
    let (tasks, records) = submit_all(calls, world);
    let mut ended: AsCompleted<Output> = bridge::as_completed(tasks);
    let mut seen = HashSet::new();
    let mut missed = 0;
    while seen.len() < take && missed < 5 {
        let started = Instant::now();
        let next = match timeout {
            None => Ok(ended.next()),
            Some(timeout) => ended.next_timeout(timeout),
        };
        match next {
            Ok(Some((index, result))) => {
                if !seen.insert(index) {
                    world.check(&records[index], Err("`as_completed` gave it twice".into()));
                }
                world.ended(&records[index], &result.into());
            }
            Ok(None) if seen.len() == records.len() => break,
            Err(Error::TimedOut(of)) if Some(of) == timeout && started.elapsed() >= of => missed += 1,
            other => {
                let other = other.map(|ended| ended.map(|(index, _)| index));
                world.faults.push(format!("`as_completed` after {} of {records:?}: {other:?}", seen.len()));
                break;
            }
        }
    }
    // The first that is dropped might panic, and the next as well: one at a time, by asking.
    while let Ok(Some((index, result))) = ended.next_timeout(Duration::MAX) {
        world.ended(&records[index], &result.into());
    }
}

fn call_soon(call: &Arc<Call>, panics: bool, world: &Arc<World>) {
    let record = world.record(call, None, None, false);
    record.is_function.store(true, SeqCst);
    let place = &record.place;
    if place.handle.is_closed() && !place.ending.load(SeqCst) {
        world.check(&record, Err("it is closed, and nobody ends it".into()));
    }
    let captured = Captured { record: Arc::clone(&record), world: Arc::clone(world) };
    let called = place.handle.call_soon(move || {
        captured.run(|record| {
            record.callbacks.fetch_add(1, SeqCst);
            if panics {
                panic_any(PlannedPanic::Callback(record.call.id));
            }
        });
    });
    if !place.ending.load(SeqCst) {
        record.accepted.store(true, SeqCst);
    }
    let right = match called {
        Ok(()) => !record.late.load(SeqCst),
        Err(Error::Closed) => place.ending.load(SeqCst),
        Err(_) => false,
    };
    if !right {
        world.check(&record, Err(format!("`call_soon`: {called:?}")));
    }
}
