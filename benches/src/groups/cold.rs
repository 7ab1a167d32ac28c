//! Round trips with a pause before each, so that everybody sleeps.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::hot;
use crate::effort::Effort;
use crate::measure::{Entry, Role, Slice, calls_after, interleave};
use crate::peers::{Driven, EVENTFD, OnLoop, Peer, SHARED, WOKEN, everybody, round_trip, start_eventfd, start_woken};
use crate::section::{Asked, Bar, Section, Table, Unit};

const PAUSE: Duration = Duration::from_millis(1);

pub(crate) fn run(effort: &Effort) -> Section {
    // Most of it is pause.
    let slice = effort.slice * 3;
    let driven = Driven::start();
    let entry = |(role, peer): (Role, Arc<dyn Peer>)| {
        Entry::new(peer.name(), role, move || timed(slice, || round_trip(&*peer)))
    };
    let mut entries: Vec<Entry<'_>> = everybody(&driven).into_iter().map(entry).collect();
    let mut eventfd = start_eventfd();
    entries.push(Entry::new(EVENTFD, Role::Limit, move || timed(slice, || eventfd.call())));
    let mut woken = start_woken();
    entries.push(Entry::new(WOKEN, Role::Limit, move || timed(slice, || woken.call())));
    let mut notes = Vec::new();
    hot::python(slice, PAUSE, &mut entries, &mut notes);

    let title = "A ready future, a millisecond after the last call";
    let table = Table::new(title, Unit::Time, interleave(effort.rounds, entries));
    let bar = |of: &str, to: &str, most| {
        let ratio = table.named(of).ratio(table.named(to));
        Bar::ratio(format!("ready, cold, time, {of} / {to}"), Asked::AtMost(most), ratio)
    };
    let bars = vec![
        bar(SHARED, EVENTFD, 0.15),
        bar(OnLoop::DEFAULT, &table.best_peer().name, 1.0),
        bar(OnLoop::DEFAULT, WOKEN, 1.25),
    ];
    Section {
        name: "cold",
        about: "The same with a sleep of a millisecond before each call: the loop and the caller have both gone to sleep.",
        plots: vec![hot::distribution("cold", "Round trip, cold: share of calls that took no longer", &table.series)],
        tables: vec![table],
        bars,
        notes,
    }
}

fn timed(slice: Duration, call: impl FnMut()) -> Slice {
    Slice::of_calls(calls_after(slice, || thread::sleep(PAUSE), call))
}
