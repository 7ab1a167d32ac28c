//! Round trips, one right after the other.

use std::sync::Arc;
use std::time::Duration;

use super::event_loop_bar;
use crate::effort::Effort;
use crate::measure::{Entry, Role, Series, Slice, batches, calls, interleave};
use crate::peers::{
    Driven, EVENTFD, OnCaller, OnLoop, Peer, Python, SHARED, Spinning, everybody, round_trip, start_eventfd,
};
use crate::section::{Asked, Bar, Curve, Plot, Section, Shape, Table, Unit};
use crate::statistics::{median, quantile, sorted};

/// A look at the clock costs a good part of the shortest calls, so these are timed by so many.
const BATCH: u32 = 16;

/// Nanoseconds that two threads take at most, on cores of their own.
const QUIET: f64 = 2_000.0;

pub(crate) fn run(effort: &Effort) -> Section {
    let slice = effort.slice;
    let driven = Driven::start();
    let entry = |(role, peer): (Role, Arc<dyn Peer>)| {
        Entry::new(peer.name(), role, move || timed(slice, || round_trip(&*peer)))
    };
    let mut all = everybody(&driven);
    all.push((Role::Bridge, Arc::new(OnLoop::spinning())));
    let mut entries: Vec<Entry<'_>> = all.into_iter().map(entry).collect();
    entries.push(Entry::new(Spinning::NAME, Role::Limit, move || {
        let mut spinning = Spinning::start();
        timed(slice, || spinning.call())
    }));
    let mut eventfd = start_eventfd();
    entries.push(Entry::new(EVENTFD, Role::Limit, move || timed(slice, || eventfd.call())));
    let mut notes = Vec::new();
    python(slice, Duration::ZERO, &mut entries, &mut notes);

    let table = Table::new(
        "A ready future, the next call right after the last",
        Unit::Time,
        interleave(effort.rounds, entries),
    );
    if table.named(Spinning::NAME).median() > QUIET {
        notes.push(
            "**The machine was not quiet**: two threads that spin had no core each, and all figures are off.".into(),
        );
    }
    let (shared, block_on) = (table.named(SHARED), table.best_of(&[OnCaller::WORKERS, OnCaller::DRIVEN]));
    let (spinning, best) = (table.named(OnLoop::SPINNING), table.best_peer());
    let bar = |what: String, asked, ratio| Bar::ratio(format!("ready, hot, time, {what}"), asked, ratio);
    let bars = vec![
        bar(format!("{SHARED} / {}", block_on.name), Asked::AtMost(1.0), shared.ratio(block_on)),
        bar(format!("{} / {}", best.name, spinning.name), Asked::AtLeast(8.0), best.ratio(spinning)),
        event_loop_bar("ready, hot", &table),
    ];
    Section {
        name: "hot",
        about: "Round trips of a future that is ready at its first poll. The caller asks again at once.",
        plots: vec![distribution("hot", "Round trip, hot: share of calls that took no longer", &table.series)],
        tables: vec![table],
        bars,
        notes,
    }
}

/// Batches for the median, and for the distribution single calls, which have the clock's time in them.
fn timed(slice: Duration, mut call: impl FnMut()) -> Slice {
    let in_batches = batches(slice * 3 / 4, BATCH, &mut call);
    Slice { value: median(&in_batches), beside: 0.0, samples: calls(slice / 4, call) }
}

/// Python's turn, where there is one.
pub(super) fn python(slice: Duration, pause: Duration, entries: &mut Vec<Entry<'_>>, notes: &mut Vec<String>) {
    match Python::find() {
        Some(python) => {
            entries.push(Entry::new(Python::NAME, Role::Peer, move || Slice::of_calls(python.calls(slice, pause))));
        }
        None => notes.push("There is no `python3` here: left out.".into()),
    }
}

/// The share of calls that took no longer than that, for each.
pub(super) fn distribution(file: &'static str, title: &'static str, series: &[Series]) -> Plot {
    let curve = |series: &Series| {
        let samples = sorted(&series.samples);
        let points = (0..=200).map(|step| f64::from(step) / 200.0).map(|share| {
            // The last percent says more of the machine than of who was measured.
            let share = share * 0.99;
            (quantile(&samples, share), share * 100.0)
        });
        Curve { name: series.name.clone(), role: series.role, points: points.collect() }
    };
    let curves = series.iter().map(curve).collect();
    Plot { file, title, x: "nanoseconds", y: "% of the calls", shape: Shape::Lines, curves }
}
