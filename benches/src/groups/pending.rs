//! Futures that are not ready at their first poll.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use crate::effort::Effort;
use crate::measure::{Entry, Role, Slice, batches, interleave};
use crate::peers::{Connection, Driven, EchoServer, PerCall, across_threads};
use crate::section::{Asked, Bar, Section, Table, Unit};

const SLEEP: Duration = Duration::from_millis(1);

pub(crate) fn run(effort: &Effort) -> Section {
    let driven = Driven::start();
    let server = EchoServer::start();
    let mut peers = across_threads(&driven);
    // A runtime per call keeps no connection.
    let connections: Vec<Connection> = peers.iter().map(|(_, peer)| peer.connect(server.address)).collect();
    let echoes = {
        let each = peers.iter().zip(&connections);
        let entries = each.map(|((role, peer), connection)| {
            entry(*role, peer.name(), effort.slice, 1, move || peer.echoes(connection))
        });
        Table::new("16 bytes there and back on a TCP connection over loopback", Unit::Time, {
            interleave(effort.rounds, entries.collect())
        })
    };
    peers.push((Role::Peer, Arc::new(PerCall)));
    let yields = peers.iter().map(|(role, peer)| {
        entry(*role, peer.name(), effort.slice, 4, move || {
            black_box(peer.yields(black_box(1)));
        })
    });
    let yields = Table::new("Pending once", Unit::Time, interleave(effort.rounds, yields.collect()));
    let sleeps =
        peers.iter().map(|(role, peer)| entry(*role, peer.name(), effort.slice * 3, 1, move || peer.sleeps(SLEEP)));
    let sleeps = Table::new("A timer of a millisecond", Unit::Time, interleave(effort.rounds, sleeps.collect()));

    let bars = vec![bar("one yield", 0.8, &yields), bar("timer", 1.05, &sleeps), bar("socket", 1.05, &echoes)];
    Section {
        name: "pending",
        about: "Futures that are pending first: woken at once, by a timer, or by a socket (the echo server is on another thread).",
        tables: vec![yields, sleeps, echoes],
        bars,
        ..Section::default()
    }
}

fn entry<'a>(role: Role, name: &str, slice: Duration, batch: u32, call: impl Fn() + 'a) -> Entry<'a> {
    Entry::new(name, role, move || Slice::of_calls(batches(slice, batch, &call)))
}

fn bar(what: &str, most: f64, table: &Table) -> Bar {
    let best = table.best_peer();
    let ratio = table.bridge().ratio(best);
    Bar::ratio(format!("pending, {what}, bridge / {}", best.name), Asked::AtMost(most), ratio)
}
