//! Tasks that are all pending at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bridge::EventLoop;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::allocator::{self, Counter};
use crate::effort::Effort;
use crate::measure::{Entry, Role, Series, Slice, interleave};
use crate::peers::Driven;
use crate::section::{Asked, Bar, Curve, Plot, Section, Table, Unit};
use crate::statistics::median;

/// What the bar against `tokio::spawn` is for.
const MANY: usize = 500_000;

/// A round of all sizes takes seconds.
const MOST_ROUNDS: usize = 7;

pub(crate) fn run(effort: &Effort) -> Section {
    let event_loop = EventLoop::new().expect("a loop can be started");
    let driven = Driven::start();
    let limit = effort.slice;
    // All sizes in the same rounds, since they are compared.
    let mut entries = Vec::new();
    for &count in effort.in_flight {
        let (event_loop, runtime) = (&event_loop, driven.handle());
        entries.push(entry("bridge", Role::Bridge, limit, move || ours(event_loop, count)));
        entries.push(entry("tokio::spawn", Role::Peer, limit, move || theirs(runtime, count)));
    }
    let series = interleave(effort.few_rounds().min(MOST_ROUNDS), entries);

    let pairs: Vec<(usize, &[Series])> = effort.in_flight.iter().copied().zip(series.chunks(2)).collect();
    let mut tables = Vec::new();
    for (count, pair) in &pairs {
        tables.push(Table::new(format!("{count} tasks, time per task"), Unit::Time, pair.to_vec()));
        let bytes = pair.iter().map(Series::second).collect();
        tables.push(Table::new(format!("{count} tasks, bytes per task"), Unit::Bytes, bytes));
    }
    Section {
        name: "in_flight",
        about: "Tasks that are submitted, wait together for one signal, and are then all asked for their results. The \
                bytes are those that are allocated while all of them wait, and their handles.",
        bars: bars(&pairs),
        plots: vec![plot(&pairs)],
        tables,
        ..Section::default()
    }
}

fn bars(pairs: &[(usize, &[Series])]) -> Vec<Bar> {
    let mut bars = Vec::new();
    if let Some((count, [ours, theirs])) = pairs.iter().find(|(count, _)| *count >= MANY).or(pairs.last()) {
        let bytes = ours.second().ratio(&theirs.second());
        let what = |of: &str| format!("{count} in flight, {of}, bridge / tokio::spawn");
        bars.push(Bar::ratio(what("bytes"), Asked::AtMost(1.1), bytes));
        bars.push(Bar::ratio(what("time"), Asked::AtMost(1.0), ours.ratio(theirs)));
    }
    if let [(fewest, few), .., (most, many)] = pairs {
        let what = format!("in flight, time per task, {most} / {fewest}");
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

fn ours(event_loop: &EventLoop, count: usize) -> (f64, f64) {
    let gate = Arc::new(Gate::default());
    once(count, &gate, |count| {
        let submit = |value| event_loop.submit(wait_at(Arc::clone(&gate), value));
        let mut tasks = Vec::with_capacity(count);
        tasks.extend((0..count).map(submit));
        (tasks, |tasks: Vec<bridge::Task<usize>>| {
            let signal = Arc::clone(&gate);
            drop(event_loop.submit(async move { signal.signal.notify_waiters() }));
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

/// Submits, waits until all are pending, signals and collects. Per task: the nanoseconds, and the bytes if they are counted.
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

fn plot(pairs: &[(usize, &[Series])]) -> Plot {
    let curve = |index: usize| {
        let name = pairs.first().map_or_else(String::new, |(_, pair)| pair[index].name.clone());
        let points = pairs.iter().map(|(count, pair)| (*count as f64, pair[index].median())).collect();
        Curve { name, role: if index == 0 { Role::Bridge } else { Role::Peer }, points }
    };
    Plot {
        file: "in_flight",
        title: "Time per task over tasks in flight",
        x: "tasks in flight",
        y: "nanoseconds per task",
        log_y: false,
        curves: vec![curve(0), curve(1)],
    }
}
