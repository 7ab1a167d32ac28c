//! Futures that are not ready at their first poll.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use super::{event_loop_bar, shared_bar};
use crate::effort::Effort;
use crate::measure::{Entry, Role, Slice, batches, calls, interleave};
use crate::peers::{Connection, Driven, EchoServer, PerCall, connected};
use crate::section::{Section, Table, Unit};

const SLEEP: Duration = Duration::from_millis(1);

pub(crate) fn run(effort: &Effort) -> Section {
    let driven = Driven::start();
    let server = EchoServer::start();
    let mut peers = connected(&driven);
    // A runtime per call keeps no connection.
    let connections: Vec<Connection> = peers.iter().map(|(_, peer)| peer.connect(server.address)).collect();
    let echoes = {
        let each = peers.iter().zip(&connections);
        let entries = each.map(|((role, peer), connection)| {
            Entry::new(peer.name(), *role, move || {
                calls(effort.settle, || peer.echoes(connection));
                Slice::of_calls(calls(effort.slice, || peer.echoes(connection)))
            })
        });
        Table::new("16 bytes there and back on a TCP connection over loopback", Unit::Time, {
            interleave(effort.half_rounds(), entries.collect())
        })
    };
    peers.push((Role::OnCaller, Arc::new(PerCall)));
    let yields = peers.iter().map(|(role, peer)| {
        entry(*role, peer.name(), effort.slice, 4, move || {
            black_box(peer.yields(black_box(1)));
        })
    });
    let yields = Table::new("Pending once", Unit::Time, interleave(effort.rounds, yields.collect()));
    let sleeps =
        peers.iter().map(|(role, peer)| entry(*role, peer.name(), effort.slice * 3, 1, move || peer.sleeps(SLEEP)));
    let sleeps = Table::new("A timer of a millisecond", Unit::Time, interleave(effort.rounds, sleeps.collect()));

    let bars = vec![
        shared_bar("timer", &sleeps),
        shared_bar("TCP echo", &echoes),
        event_loop_bar("one yield", &yields),
        event_loop_bar("TCP echo", &echoes),
    ];
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
