//! What a call allocates, on any thread.

use std::hint::black_box;
use std::sync::Arc;

use crate::allocator::Counter;
use crate::effort::Effort;
use crate::measure::{Entry, Role, Series, Slice, interleave};
use crate::peers::{Driven, Peer, Submit, everybody};
use crate::section::{Asked, Bar, Section, Table, Unit};

const CALLS: u32 = 1000;

pub(crate) fn run(effort: &Effort) -> Section {
    let driven = Driven::start();
    let mut peers = everybody(&driven);
    peers.push((Role::Bridge, Arc::new(Submit::to_shared())));
    peers.push((Role::Bridge, Arc::new(Submit::to_event_loop())));

    let ready = count(effort, &peers, |peer| peer.ready(black_box(1)));
    let pending = count(effort, &peers, |peer| peer.yields(black_box(1)));
    let bars = [(0, 0.0, 1.0), (1, 0.0, 1.0), (ready.len() - 2, 1.0, 2.0), (ready.len() - 1, 1.0, 2.0)];
    let bars = bars.into_iter().flat_map(|(index, of_ready, of_pending)| {
        let bar = |what: &str, most, series: &Series| {
            let what = format!("allocations, {what}, {}", series.name);
            Bar::value(what, Unit::Count, Asked::AtMost(most), series)
        };
        [bar("ready", of_ready, &ready[index]), bar("pending once", of_pending, &pending[index])]
    });
    let bars = bars.collect();
    let second = |series: &[Series]| series.iter().map(Series::second).collect();
    Section {
        name: "allocations",
        about: "By all threads, per call; the mean of 1,000 calls.",
        tables: vec![
            Table::new("Bytes, a ready future", Unit::Bytes, second(&ready)),
            Table::new("Bytes, pending once", Unit::Bytes, second(&pending)),
            Table::new("Allocations, a ready future", Unit::Count, ready),
            Table::new("Allocations, pending once", Unit::Count, pending),
        ],
        bars,
        ..Section::default()
    }
}

fn count(effort: &Effort, peers: &[(Role, Arc<dyn Peer>)], call: impl Fn(&dyn Peer) -> u64 + Copy) -> Vec<Series> {
    let entry = |(role, peer): &(Role, Arc<dyn Peer>)| {
        let (role, peer) = (*role, Arc::clone(peer));
        Entry::new(peer.name(), role, move || {
            let calls = |count| (0..count).map(|_| call(&*peer)).fold(0, |_, value| black_box(value));
            // What is made once, and kept.
            calls(CALLS / 10);
            let counter = Counter::start();
            calls(CALLS);
            let counted = counter.counted();
            let per_call = |count: u64| count as f64 / f64::from(CALLS);
            Slice { value: per_call(counted.count), beside: per_call(counted.bytes), samples: Vec::new() }
        })
    };
    interleave(effort.few_rounds(), peers.iter().map(entry).collect())
}
