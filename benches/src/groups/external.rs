//! External runtimes: those that are not ours.

use std::time::Duration;

use tokio::runtime;

use crate::effort::Effort;
use crate::measure::{Entry, Role, Slice, batches, interleave};
use crate::peers::{Driven, External, Futures, Peer, round_trip};
use crate::section::{Asked, Bar, Section, Table, Unit};

const BATCH: u32 = 4;

pub(crate) fn run(effort: &Effort) -> Section {
    let driven = Driven::start();
    let workers = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let workers = workers.expect("a runtime can be built");
    let tables = vec![
        table("A current-thread runtime, driven by a thread", effort, driven.handle()),
        table("A multi-thread runtime of two workers", effort, workers.handle()),
    ];
    let bar = |(flavour, table): (&str, &Table)| {
        let ratio = table.bridge().ratio(table.best_peer());
        Bar::ratio(format!("ready, {flavour}, time, {} / block_on(spawn)", External::NAME), Asked::AtMost(0.1), ratio)
    };
    let bars = ["current-thread", "multi-thread"].into_iter().zip(&tables).map(bar).collect();
    Section {
        name: "external",
        about: "`Handle::from(&runtime).block_on(future)` against `futures::executor::block_on(runtime.spawn(future))`, of a ready future, hot.",
        tables,
        bars,
        ..Section::default()
    }
}

fn table(title: &str, effort: &Effort, runtime: &runtime::Handle) -> Table {
    let ours = entry(effort.slice, Role::Bridge, External::of(runtime));
    let theirs = entry(effort.slice, Role::Peer, Futures(runtime.clone()));
    Table::new(title, Unit::Time, interleave(effort.rounds, vec![ours, theirs]))
}

fn entry<'a>(slice: Duration, role: Role, peer: impl Peer + 'a) -> Entry<'a> {
    Entry::new(peer.name(), role, move || Slice::of_calls(batches(slice, BATCH, || round_trip(&peer))))
}
