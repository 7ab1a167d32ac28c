//! Many threads that call at once.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use crate::effort::Effort;
use crate::measure::{Entry, Role, Series, Slice, interleave};
use crate::peers::{Driven, Peer, across_threads};
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
    let peers = &across_threads(&driven);
    let crowd = Crowd::new(callers);
    let series = thread::scope(|scope| {
        for count in &crowd.counts {
            let caller = thread::Builder::new().stack_size(STACK);
            caller.spawn_scoped(scope, || crowd.call(peers, count)).expect("a thread can be started");
        }
        let entry = |(index, (role, peer)): (usize, &(Role, Arc<dyn Peer>))| {
            let crowd = &crowd;
            Entry::new(peer.name(), *role, move || Slice::of(crowd.throughput(index, slice)))
        };
        let series = interleave(rounds, peers.iter().enumerate().map(entry).collect());
        crowd.go_home();
        series
    });
    Table::new(format!("{callers} callers"), Unit::Rate, series)
}

/// Threads that call whoever has its turn. They are started once, since that takes longer than a turn.
struct Crowd {
    counts: Vec<Count>,
    /// Where all meet before a turn, and after it.
    gate: Barrier,
    /// Whose turn it is, by its index.
    turn: AtomicUsize,
    stop: AtomicBool,
}

/// A caller's count, on a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Count(AtomicU64);

/// As the turn of nobody: the end.
const NOBODY: usize = usize::MAX;

impl Crowd {
    fn new(callers: usize) -> Crowd {
        Crowd {
            counts: (0..callers).map(|_| Count::default()).collect(),
            gate: Barrier::new(callers + 1),
            turn: AtomicUsize::new(NOBODY),
            stop: AtomicBool::new(false),
        }
    }

    /// A caller.
    fn call(&self, peers: &[(Role, Arc<dyn Peer>)], count: &Count) {
        let mut calls = 0;
        loop {
            self.gate.wait();
            // ORDERING: what is written between two turns is handed over by the gate.
            let Some((_, peer)) = peers.get(self.turn.load(Ordering::Relaxed)) else { return };
            while !self.stop.load(Ordering::Relaxed) {
                calls = peer.ready(calls) + 1;
                count.0.store(calls, Ordering::Relaxed);
            }
            self.gate.wait();
        }
    }

    /// Calls in a second.
    fn throughput(&self, turn: usize, slice: Duration) -> f64 {
        self.turn.store(turn, Ordering::Relaxed);
        self.stop.store(false, Ordering::Relaxed);
        self.gate.wait();
        // Everybody has begun by then.
        thread::sleep(slice / 4);
        let before = self.total();
        let start = Instant::now();
        thread::sleep(slice);
        let calls = self.total() - before;
        let taken = start.elapsed();
        self.stop.store(true, Ordering::Relaxed);
        self.gate.wait();
        calls as f64 / taken.as_secs_f64()
    }

    fn total(&self) -> u64 {
        self.counts.iter().map(|count| count.0.load(Ordering::Relaxed)).sum()
    }

    fn go_home(&self) {
        self.turn.store(NOBODY, Ordering::Relaxed);
        self.gate.wait();
    }
}

fn plot(callers: &[usize], tables: &[Table]) -> Plot {
    let points = |index: usize| {
        let point = |(&callers, table): (&usize, &Table)| (callers as f64, table.series[index].median());
        callers.iter().zip(tables).map(point).collect()
    };
    let series = tables.first().map_or(&[][..], |table| &table.series);
    let curve = |(index, series): (usize, &Series)| Curve {
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
