//! Tasks that are all pending at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bridge::{EventLoop, SharedLoop};
use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::allocator::{self, Counter};
use crate::effort::Effort;
use crate::measure::{Entry, Role, Series, Slice, interleave};
use crate::peers::{Driven, OnLoop, SHARED};
use crate::section::{Asked, Bar, Curve, Plot, Section, Shape, Table, Unit};
use crate::statistics::median;

/// What the bar against `tokio::spawn` is for.
const MANY: usize = 500_000;

/// Who is measured at each size.
const KINDS: usize = 3;

/// A round of all sizes takes seconds.
const MOST_ROUNDS: usize = 7;

pub(crate) fn run(effort: &Effort) -> Section {
    let event_loop = EventLoop::new().expect("a loop can be started");
    let shared = SharedLoop::new().expect("a loop can be started");
    let driven = Driven::start();
    let limit = effort.slice;
    // All sizes in the same rounds, since they are compared.
    let mut entries = Vec::new();
    for &count in effort.in_flight {
        let (event_loop, shared, runtime) = (&event_loop, &shared, driven.handle());
        entries.push(entry(OnLoop::DEFAULT, Role::Bridge, limit, move || ours(event_loop, count)));
        entries.push(entry(SHARED, Role::Bridge, limit, move || ours(shared, count)));
        entries.push(entry("tokio::spawn", Role::Peer, limit, move || theirs(runtime, count)));
    }
    let series = interleave(effort.few_rounds().min(MOST_ROUNDS), entries);

    let sizes: Vec<(usize, &[Series])> = effort.in_flight.iter().copied().zip(series.chunks(KINDS)).collect();
    let mut tables = Vec::new();
    for (count, kinds) in &sizes {
        tables.push(Table::new(format!("{count} tasks, time per task"), Unit::Time, kinds.to_vec()));
        let bytes = kinds.iter().map(Series::second).collect();
        tables.push(Table::new(format!("{count} tasks, bytes per task"), Unit::Bytes, bytes));
    }
    Section {
        name: "in_flight",
        about: "Tasks that are submitted, wait together for one signal, and are then all asked for their results. The \
                bytes are those that are allocated while all of them wait, and their handles.",
        bars: bars(&sizes),
        plots: vec![plot(&sizes)],
        tables,
        ..Section::default()
    }
}

fn bars(sizes: &[(usize, &[Series])]) -> Vec<Bar> {
    let mut bars = Vec::new();
    if let Some((count, [ours, _, theirs])) = sizes.iter().find(|(count, _)| *count >= MANY).or(sizes.last()) {
        let bytes = ours.second().ratio(&theirs.second());
        let what = |of: &str| format!("{count} in flight, {of}, {} / tokio::spawn", ours.name);
        bars.push(Bar::ratio(what("bytes"), Asked::AtMost(1.1), bytes));
        bars.push(Bar::ratio(what("time"), Asked::AtMost(1.0), ours.ratio(theirs)));
    }
    if let [(fewest, few), .., (most, many)] = sizes {
        let what = format!("in flight, time per task, {}, {most} / {fewest}", many[0].name);
        bars.push(Bar::ratio(what, Asked::AtMost(1.5), many[0].ratio(&few[0])));
    }
    bars
}

/// The signal, and how many wait for it.
#[derive(Debug, Default)]
struct Gate {
    waiting: AtomicUsize,
    signal: Notify,
}

async fn wait_at(gate: Arc<Gate>, value: usize) -> usize {
    let signal = gate.signal.notified();
    // ORDERING: a head count, but that the signal is not given before the last has been created.
    gate.waiting.fetch_add(1, Ordering::Release);
    signal.await;
    value
}

impl Gate {
    fn wait_for(&self, count: usize) {
        while self.waiting.load(Ordering::Acquire) < count {
            thread::sleep(Duration::from_micros(20));
        }
    }
}

fn ours(handle: &bridge::Handle, count: usize) -> (f64, f64) {
    let gate = Arc::new(Gate::default());
    once(count, &gate, |count| {
        let submit = |value| handle.submit(wait_at(Arc::clone(&gate), value));
        let mut tasks = Vec::with_capacity(count);
        tasks.extend((0..count).map(submit));
        (tasks, |tasks: Vec<bridge::Task<usize>>| {
            let signal = Arc::clone(&gate);
            drop(handle.submit(async move { signal.signal.notify_waiters() }));
            tasks.into_iter().map(|task| task.result().expect("the loop is open")).sum()
        })
    })
}

fn theirs(runtime: &Handle, count: usize) -> (f64, f64) {
    let gate = Arc::new(Gate::default());
    once(count, &gate, |count| {
        let spawn = |value| runtime.spawn(wait_at(Arc::clone(&gate), value));
        let mut tasks = Vec::with_capacity(count);
        tasks.extend((0..count).map(spawn));
        (tasks, |tasks: Vec<tokio::task::JoinHandle<usize>>| {
            let signal = Arc::clone(&gate);
            drop(runtime.spawn(async move { signal.signal.notify_waiters() }));
            futures::executor::block_on(async {
                let mut sum = 0;
                for task in tasks {
                    sum += task.await.expect("the task does not panic");
                }
                sum
            })
        })
    })
}

/// Submits, waits until all are pending, signals and collects. Per task: the nanoseconds, and the bytes if they are
/// counted.
fn once<T, C: FnOnce(Vec<T>) -> usize>(
    count: usize,
    gate: &Gate,
    submit: impl FnOnce(usize) -> (Vec<T>, C),
) -> (f64, f64) {
    let start = Instant::now();
    let (tasks, collect) = submit(count);
    gate.wait_for(count);
    let submitted = start.elapsed();
    let live = allocator::live();

    let start = Instant::now();
    let sum = collect(tasks);
    let taken = submitted + start.elapsed();
    assert_eq!(sum, count * (count - 1) / 2, "a task gave another's value");
    (taken.as_nanos() as f64 / count as f64, live as f64 / count as f64)
}

/// The bytes are counted in the first round alone, which is for warming up: counting takes time.
fn entry<'a>(name: &str, role: Role, limit: Duration, run: impl Fn() -> (f64, f64) + 'a) -> Entry<'a> {
    let mut bytes = None;
    Entry::new(name, role, move || {
        let beside = *bytes.get_or_insert_with(|| {
            let _counter = Counter::start();
            run().1
        });
        let begun = Instant::now();
        let mut times = vec![run().0];
        while begun.elapsed() < limit {
            times.push(run().0);
        }
        Slice { value: median(&times), beside, samples: Vec::new() }
    })
}

fn plot(sizes: &[(usize, &[Series])]) -> Plot {
    let curve = |index: usize| {
        let points = sizes.iter().map(|(count, kinds)| (*count as f64, kinds[index].median())).collect();
        let (name, role) = sizes.first().map(|(_, kinds)| (kinds[index].name.clone(), kinds[index].role))?;
        Some(Curve { name, role, points })
    };
    Plot {
        file: "in_flight",
        title: "Time per task over tasks in flight",
        x: "tasks in flight",
        y: "nanoseconds per task",
        shape: Shape::Lines,
        curves: (0..KINDS).filter_map(curve).collect(),
    }
}
