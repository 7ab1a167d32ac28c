//! What waiting costs the processor.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bridge::EventLoop;
use rustix::time::{ClockId, clock_gettime};

use crate::effort::Effort;
use crate::measure::{Entry, Role, Slice, interleave};
use crate::peers::{Bridge, Driven, Futures, Peer, round_trip};
use crate::section::{Asked, Bar, Section, Table, Unit};

/// How long the calls take that are no use to look for.
const LONG: Duration = Duration::from_millis(10);

/// How many hot calls come before an idle time.
const BURST: u32 = 1000;

pub(crate) fn run(effort: &Effort) -> Section {
    let driven = Driven::start();
    let spinning: Arc<dyn Peer> = Arc::new(Bridge::start());
    let parking: Arc<dyn Peer> = Arc::new(Bridge::build(EventLoop::builder().spin(Duration::ZERO)));
    let futures: Arc<dyn Peer> = Arc::new(Futures(driven.handle().clone()));

    let slices = |name: &str, role, peer: &Arc<dyn Peer>| {
        let peer = Arc::clone(peer);
        let calls = u32::try_from(effort.slice.as_millis() * 4).unwrap_or(1).div_ceil(10);
        Entry::new(name, role, move || Slice::of(while_called(&*peer, calls)))
    };
    let entries = vec![
        slices("bridge", Role::Bridge, &spinning),
        slices(PARKING, Role::Peer, &parking),
        slices(futures.name(), Role::Limit, &futures),
    ];
    let long = Table::new("Processor time of a call that takes 10 ms", Unit::Time, interleave(effort.rounds, entries));

    let watched = |name: &str, role, peer: &Arc<dyn Peer>| {
        let peer = Arc::clone(peer);
        Entry::new(name, role, move || Slice::of(while_idle(&*peer, effort.idle)))
    };
    let entries = vec![watched("bridge", Role::Bridge, &spinning), watched(futures.name(), Role::Peer, &futures)];
    let rounds = effort.few_rounds().min(5);
    let idle = Table::new("Processor time of the process in the second after 1,000 hot calls", Unit::Time, {
        interleave(rounds, entries)
    });
    let ratio = long.bridge().ratio(long.named(PARKING));
    let bars = vec![
        Bar::ratio("10 ms calls, processor time, bridge / plain park", Asked::AtMost(1.3), ratio),
        Bar::value("idle for a second after hot calls, processor time", Unit::Time, Asked::AtMost(1e6), idle.bridge()),
    ];
    Section {
        name: "cpu",
        about: "Processor time of the whole process. `spin(ZERO)` is a plain park: nobody looks before sleeping.",
        tables: vec![long, idle],
        bars,
        ..Section::default()
    }
}

const PARKING: &str = "bridge, spin(ZERO)";

fn while_called(peer: &dyn Peer, calls: u32) -> f64 {
    let before = used();
    (0..calls).for_each(|_| peer.sleeps(LONG));
    (used() - before) / f64::from(calls)
}

fn while_idle(peer: &dyn Peer, idle: Duration) -> f64 {
    for _ in 0..BURST {
        round_trip(peer);
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
