//! What waiting costs the processor.

use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::effort::Effort;
use crate::measure::{Entry, Role, Slice, calls, interleave};
use crate::peers::{Contestant, Driven, EchoServer, Futures, OnLoop, Peer, SHARED, Shared, round_trip};
use crate::section::{Asked, Bar, Section, Table, Unit};

/// How long the calls take that are no use to look for.
const LONG: Duration = Duration::from_millis(10);

/// How many hot calls come before an idle time.
const BURST: u32 = 1000;

/// The name of the shared loop's own thread.
const OWN: &str = "own-thread";

pub(crate) fn run(effort: &Effort) -> Section {
    let driven = Driven::start();
    let shared: Contestant = (Role::Bridge, Arc::new(Shared::named(OWN)));
    let event_loop: Contestant = (Role::Bridge, Arc::new(OnLoop::start()));
    let spinning: Contestant = (Role::Bridge, Arc::new(OnLoop::spinning()));
    let futures: Contestant = (Role::Peer, Arc::new(Futures(driven.handle().clone())));

    let count = u32::try_from(effort.slice.as_millis() * 4).unwrap_or(1).div_ceil(10);
    let all = [&shared, &event_loop, &spinning, &futures];
    let long = table("Processor time of a call that takes 10 ms", effort.half_rounds(), &all, |peer| {
        while_called(peer, count)
    });
    let title = "Processor time of the process in the second after 1,000 hot calls";
    let all = [&shared, &event_loop, &futures];
    let idle = table(title, effort.few_rounds().min(5), &all, |peer| while_idle(peer, effort.idle));
    let (own, notes) = own_thread(effort, &shared);

    let mut bars = Vec::new();
    for name in [SHARED, OnLoop::DEFAULT] {
        let what = format!("10 ms calls, processor time, {name} / {}", futures.1.name());
        bars.push(Bar::ratio(what, Asked::AtMost(1.1), long.named(name).ratio(long.named(futures.1.name()))));
    }
    for name in [SHARED, OnLoop::DEFAULT] {
        let what = format!("idle for a second after hot calls, processor time, {name}");
        bars.push(Bar::value(what, Unit::Time, Asked::AtMost(1e6), idle.named(name)));
    }
    let what = format!("own thread of a {SHARED} beside hot calls, of a core");
    bars.extend(own.iter().map(|own| Bar::value(&what, Unit::Percent, Asked::AtMost(1.0), own.bridge())));
    Section {
        name: "cpu",
        about: "Processor time of the whole process, and of the thread of a shared loop while callers drive the loop.",
        tables: [long, idle].into_iter().chain(own).collect(),
        bars,
        notes,
        ..Section::default()
    }
}

fn table(title: &str, rounds: usize, all: &[&Contestant], used: impl Fn(&dyn Peer) -> f64 + Copy) -> Table {
    let mut entries = Vec::new();
    for (role, peer) in all.iter().copied() {
        entries.push(Entry::new(peer.name(), *role, move || Slice::of(used(&**peer))));
    }
    Table::new(title, Unit::Time, interleave(rounds, entries))
}

/// The share of a core that a shared loop's own thread takes, while another thread calls without a pause.
fn own_thread(effort: &Effort, (role, peer): &Contestant) -> (Option<Table>, Vec<String>) {
    let Some(thread) = Thread::named(OWN) else {
        return (None, vec!["The kernel does not count the processor time of single threads: left out.".into()]);
    };
    let server = EchoServer::start();
    let connection = peer.connect(server.address);
    let share = || {
        calls(effort.settle, || peer.echoes(&connection));
        let (before, start) = (thread.used(), Instant::now());
        calls(effort.settled, || peer.echoes(&connection));
        let taken = start.elapsed().as_nanos() as f64;
        Slice::of((thread.used() - before) / taken * 100.0)
    };
    let series = interleave(effort.half_rounds(), vec![Entry::new(peer.name(), *role, share)]);
    let title = "The own thread of a shared loop beside hot calls that wait for a socket";
    (Some(Table::new(title, Unit::Percent, series)), Vec::new())
}

/// A thread of this process, as the kernel shows it.
struct Thread(PathBuf);

impl Thread {
    fn named(name: &str) -> Option<Thread> {
        let tasks = fs::read_dir("/proc/self/task").ok()?.flatten();
        let mut tasks = tasks.map(|task| task.path());
        let found = tasks.find(|task| fs::read_to_string(task.join("comm")).is_ok_and(|comm| comm.trim() == name))?;
        let times = found.join("schedstat");
        times.is_file().then_some(Thread(times))
    }

    /// The nanoseconds that it has worked.
    fn used(&self) -> f64 {
        let times = fs::read_to_string(&self.0).unwrap_or_default();
        times.split(' ').next().and_then(|time| time.parse().ok()).unwrap_or(f64::NAN)
    }
}

fn while_called(peer: &dyn Peer, calls: u32) -> f64 {
    let before = used();
    (0..calls).for_each(|_| peer.sleeps(LONG));
    (used() - before) / f64::from(calls)
}

fn while_idle(peer: &dyn Peer, idle: Duration) -> f64 {
    for _ in 0..BURST {
        round_trip(peer);
        black_box(peer.yields(black_box(1)));
    }
    let before = used();
    thread::sleep(idle);
    used() - before
}

/// The nanoseconds that all threads have worked.
fn used() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}
