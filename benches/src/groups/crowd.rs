//! Many threads that call at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::effort::Effort;
use crate::measure::{Entry, Role, Slice, interleave};
use crate::peers::{Bridge, Driven, Peer, spawning};
use crate::section::{Asked, Bar, Curve, Plot, Section, Table, Unit};

/// A caller's stack.
const STACK: usize = 128 * 1024;

/// The crowds that the bar is for.
const MOST: usize = 512;

pub(crate) fn run(effort: &Effort) -> Section {
    let tables: Vec<Table> = effort.callers.iter().map(|&callers| table(effort, callers)).collect();
    let bar = |(&callers, table): (&usize, &Table)| {
        let best = table.best_peer();
        let ratio = table.bridge().ratio(best);
        Bar::ratio(format!("throughput of {callers} callers, bridge / {}", best.name), Asked::AtLeast(1.3), ratio)
    };
    let asked = effort.callers.iter().zip(&tables).filter(|(callers, _)| **callers <= MOST);
    Section {
        name: "crowd",
        about: "So many threads, each calls again as soon as it has its answer; a future that is ready at its first poll.",
        bars: asked.map(bar).collect(),
        plots: vec![plot(effort.callers, &tables)],
        tables,
        notes: Vec::new(),
    }
}

fn table(effort: &Effort, callers: usize) -> Table {
    // A large crowd gets round to everybody less often.
    let slice = effort.slice * (1 + u32::try_from(callers / 512).unwrap_or(u32::MAX));
    let rounds = if callers > MOST { effort.few_rounds() } else { effort.rounds };
    let driven = Driven::start();
    let entry = |role, peer: Arc<dyn Peer>| {
        Entry::new(peer.name(), role, move || Slice::of(throughput(&*peer, callers, slice)))
    };
    let mut entries = vec![entry(Role::Bridge, Arc::new(Bridge::start()))];
    entries.extend(spawning(&driven).into_iter().map(|peer| entry(Role::Peer, peer)));
    Table::new(format!("{callers} callers"), Unit::Rate, interleave(rounds, entries))
}

/// A caller's count, on a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Count(AtomicU64);

/// Calls in a second.
fn throughput(peer: &dyn Peer, callers: usize, slice: Duration) -> f64 {
    let counts: Vec<Count> = (0..callers).map(|_| Count::default()).collect();
    let stop = AtomicBool::new(false);
    let call = |count: &Count| {
        let mut calls = 0;
        while !stop.load(Ordering::Relaxed) {
            calls = peer.ready(calls) + 1;
            count.0.store(calls, Ordering::Relaxed);
        }
    };
    thread::scope(|scope| {
        for count in &counts {
            let started = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || call(count));
            started.expect("a thread can be started");
        }
        // Everybody has begun by then.
        thread::sleep(slice / 4);
        let before = total(&counts);
        let start = Instant::now();
        thread::sleep(slice);
        let calls = total(&counts) - before;
        let taken = start.elapsed();
        stop.store(true, Ordering::Relaxed);
        calls as f64 / taken.as_secs_f64()
    })
}

fn total(counts: &[Count]) -> u64 {
    counts.iter().map(|count| count.0.load(Ordering::Relaxed)).sum()
}

fn plot(callers: &[usize], tables: &[Table]) -> Plot {
    let points = |index: usize| {
        let point = |(&callers, table): (&usize, &Table)| (callers as f64, table.series[index].median());
        callers.iter().zip(tables).map(point).collect()
    };
    let series = tables.first().map_or(&[][..], |table| &table.series);
    let curve = |(index, series): (usize, &crate::measure::Series)| Curve {
        name: series.name.clone(),
        role: series.role,
        points: points(index),
    };
    Plot {
        file: "crowd",
        title: "Throughput over callers",
        x: "threads that call",
        y: "calls in a second",
        log_y: true,
        curves: series.iter().enumerate().map(curve).collect(),
    }
}
