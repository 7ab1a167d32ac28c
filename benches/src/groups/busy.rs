//! Calls while a process computes on every core.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use super::crowd::ready;
use super::{event_loop_bar, real, shared_bar};
use crate::busy::Busy;
use crate::crowd::{Turn, rates};
use crate::effort::Effort;
use crate::measure::{Entry, Role, interleave, mean};
use crate::peers::{Connection, Contestant, Driven, EchoServer, Peer, PerCall, connected, round_trip};
use crate::section::{Section, Table, Unit};

/// Sizes of crowds.
const CALLERS: [usize; 3] = [8, 64, 512];

const SLEEP: Duration = Duration::from_millis(1);

pub(crate) fn run(effort: &Effort) -> Section {
    let mut section = Section {
        name: "busy",
        about: "The calls of other groups while a process computes on every core. Times are means, since a call that is \
                preempted takes as long as thousands that are not.",
        ..Section::default()
    };
    let busy = Busy::start().expect("this program can be started");
    let (rounds, turn) = (effort.half_rounds(), Turn { settle: effort.settle, slice: effort.busy });
    real::measure(rounds, turn, &mut section);
    let plot = real::plot("busy", "Requests to real servers, with a busy process per core", &section.tables);
    section.plots.push(plot);
    single(rounds, turn, &mut section);
    crowds(effort.few_rounds(), turn, &mut section);
    drop(busy);
    section
}

/// One caller.
fn single(rounds: usize, turn: Turn, section: &mut Section) {
    let driven = Driven::start();
    let server = EchoServer::start();
    let mut peers = connected(&driven);
    let connections: Vec<Connection> = peers.iter().map(|(_, peer)| peer.connect(server.address)).collect();
    let each = peers.iter().zip(&connections);
    let entries = each.map(|((role, peer), connection)| {
        Entry::new(peer.name(), *role, move || mean(turn, || peer.echoes(connection)))
    });
    let title = "16 bytes there and back on a TCP connection over loopback";
    let echoes = Table::new(title, Unit::Time, interleave(rounds, entries.collect()));

    peers.push((Role::OnCaller, Arc::new(PerCall)));
    let table = |title: &str, call: fn(&dyn Peer)| {
        let entry = |(role, peer): &Contestant| {
            let (role, peer) = (*role, Arc::clone(peer));
            Entry::new(peer.name(), role, move || mean(turn, || call(&*peer)))
        };
        Table::new(title, Unit::Time, interleave(rounds, peers.iter().map(entry).collect()))
    };
    let ready = table("A ready future", |peer| round_trip(peer));
    let yields = table("Pending once", |peer| {
        black_box(peer.yields(black_box(1)));
    });
    let sleeps = table("A timer of a millisecond", |peer| peer.sleeps(SLEEP));

    section.bars.extend([
        event_loop_bar("ready", &ready),
        event_loop_bar("one yield", &yields),
        event_loop_bar("TCP echo", &echoes),
    ]);
    section.bars.extend([shared_bar("timer", &sleeps), shared_bar("TCP echo", &echoes)]);
    section.tables.extend([ready, yields, sleeps, echoes]);
}

/// Many callers.
fn crowds(rounds: usize, turn: Turn, section: &mut Section) {
    let driven = Driven::start();
    let peers = connected(&driven);
    for callers in CALLERS {
        let contenders = peers.iter().map(|peer| ready(peer, callers)).collect();
        let table =
            Table::new(format!("A ready future, {callers} callers"), Unit::Rate, rates(rounds, turn, contenders));
        section.bars.push(event_loop_bar(&format!("ready, {callers} callers"), &table));
        section.tables.push(table);
    }
}
