//! Many threads that call at once.

use std::sync::Arc;

use super::event_loop_bar;
use crate::crowd::{Contender, Request, Turn, rates};
use crate::effort::Effort;
use crate::measure::Series;
use crate::peers::{Contestant, Driven, SHARED, connected, round_trip};
use crate::section::{Asked, Bar, Curve, Plot, Section, Shape, Table, Unit};

/// A crowd that gets round to everybody less often. Threads that never sleep hold up the one that measures by seconds.
const LARGE: usize = 512;

pub(crate) fn run(effort: &Effort) -> Section {
    let tables: Vec<Table> = effort.callers.iter().map(|&callers| table(effort, callers)).collect();
    let bars = |(&callers, table): (&usize, &Table)| {
        let (shared, best) = (table.named(SHARED), table.best_peer());
        let what = format!("{callers} callers, rate, {SHARED} / {}", best.name);
        [
            Bar::ratio(what, Asked::AtLeast(8.0), shared.ratio(best)),
            event_loop_bar(&format!("{callers} callers"), table),
        ]
    };
    Section {
        name: "crowd",
        about: "So many threads, each calls again as soon as it has its answer; a future that is ready at its first poll.",
        bars: effort.callers.iter().zip(&tables).flat_map(bars).collect(),
        plots: vec![plot(effort.callers, &tables)],
        tables,
        notes: Vec::new(),
    }
}

fn table(effort: &Effort, callers: usize) -> Table {
    let (rounds, slice) =
        if callers < LARGE { (effort.rounds, effort.slice) } else { (effort.few_rounds(), effort.slice * 2) };
    let driven = Driven::start();
    let turn = Turn { settle: slice / 4, slice };
    let series = rates(rounds, turn, connected(&driven).iter().map(|one| ready(one, callers)).collect());
    Table::new(format!("{callers} callers"), Unit::Rate, series)
}

/// A ready future, again and again.
pub(super) fn ready((role, peer): &Contestant, callers: usize) -> Contender {
    let request = || -> Request {
        let peer = Arc::clone(peer);
        Box::new(move || round_trip(&*peer))
    };
    Contender { name: peer.name(), role: *role, requests: (0..callers).map(|_| request()).collect() }
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
        shape: Shape::LogLines,
        curves: series.iter().enumerate().map(curve).collect(),
    }
}
