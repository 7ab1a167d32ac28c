//! Who is measured, in slices that take turns, and how long its calls take.

use std::fmt;
use std::time::{Duration, Instant};

use crate::crowd::Turn;
use crate::statistics::{self, Spread};

/// What somebody is in a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Bridge,
    /// What people write today: the call goes to another thread.
    Peer,
    /// What people write today: the call stays on its thread. Never the best peer, but an alternative.
    OnCaller,
    /// What no bridge can beat, or another thing to look at. Never the best peer.
    Limit,
}

/// What was measured in one slice.
#[derive(Debug, Default)]
pub(crate) struct Slice {
    /// The one figure that counts for this round.
    pub(crate) value: f64,
    /// A second figure, of the same slice.
    pub(crate) beside: f64,
    /// Single calls, for the distribution.
    pub(crate) samples: Vec<f64>,
}

impl Slice {
    pub(crate) fn of(value: f64) -> Slice {
        Slice { value, ..Slice::default() }
    }

    /// Of the times of single calls.
    pub(crate) fn of_calls(samples: Vec<f64>) -> Slice {
        Slice { value: statistics::median(&samples), beside: 0.0, samples }
    }
}

/// One that takes its turn in every round.
pub(crate) struct Entry<'a> {
    name: String,
    role: Role,
    slice: Box<dyn FnMut() -> Slice + 'a>,
}

impl<'a> Entry<'a> {
    pub(crate) fn new(name: impl Into<String>, role: Role, slice: impl FnMut() -> Slice + 'a) -> Entry<'a> {
        Entry { name: name.into(), role, slice: Box::new(slice) }
    }
}

impl fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("name", &self.name).field("role", &self.role).finish_non_exhaustive()
    }
}

/// What was measured of one entry, round by round.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) rounds: Vec<f64>,
    pub(crate) beside: Vec<f64>,
    pub(crate) samples: Vec<f64>,
}

impl Series {
    pub(crate) fn median(&self) -> f64 {
        statistics::median(&self.rounds)
    }

    /// How many times as much as `other`.
    pub(crate) fn ratio(&self, other: &Series) -> Spread {
        Spread::of_ratios(&self.rounds, &other.rounds)
    }

    /// The second figure as the first.
    pub(crate) fn second(&self) -> Series {
        Series { rounds: self.beside.clone(), samples: Vec::new(), ..self.clone() }
    }
}

/// Lets the entries take turns, so that what disturbs the machine for a while disturbs all of them. The order is
/// another in every round. The first round is for warming up.
pub(crate) fn interleave(rounds: usize, mut entries: Vec<Entry<'_>>) -> Vec<Series> {
    let empty = |entry: &Entry<'_>| Series {
        name: entry.name.clone(),
        role: entry.role,
        rounds: Vec::new(),
        beside: Vec::new(),
        samples: Vec::new(),
    };
    let mut series: Vec<Series> = entries.iter().map(empty).collect();
    for round in 0..=rounds {
        for turn in 0..entries.len() {
            let index = whose_turn(round, turn, entries.len());
            let slice = (entries[index].slice)();
            if round > 0 {
                series[index].rounds.push(slice.value);
                series[index].beside.push(slice.beside);
                series[index].samples.extend(slice.samples);
            }
        }
    }
    series
}

/// Rotated, and every other round backwards: else everybody would always come after the same one.
fn whose_turn(round: usize, turn: usize, entries: usize) -> usize {
    let turn = if round.is_multiple_of(2) { turn } else { entries - 1 - turn };
    (round / 2 + turn) % entries
}

/// The nanoseconds that `call` takes, again and again for as long as `limit`.
pub(crate) fn calls(limit: Duration, call: impl FnMut()) -> Vec<f64> {
    batches(limit, 1, call)
}

/// The same for calls that are hardly longer than a look at the clock: per call, of so many in a row.
pub(crate) fn batches(limit: Duration, batch: u32, mut call: impl FnMut()) -> Vec<f64> {
    let mut times = Vec::new();
    let begun = Instant::now();
    // What sleeps wakes up first.
    (0..batch).for_each(|_| call());
    let mut last = Instant::now();
    while times.is_empty() || last - begun < limit {
        (0..batch).for_each(|_| call());
        let now = Instant::now();
        times.push((now - last).as_nanos() as f64 / f64::from(batch));
        last = now;
    }
    times
}

/// The mean, which counts the calls that were held up for long, of a turn.
pub(crate) fn mean(turn: Turn, mut call: impl FnMut()) -> Slice {
    let mut run = |limit| {
        let (mut calls, start) = (0_u32, Instant::now());
        loop {
            call();
            calls += 1;
            let taken = start.elapsed();
            if taken >= limit {
                return taken.as_nanos() as f64 / f64::from(calls);
            }
        }
    };
    run(turn.settle);
    Slice::of(run(turn.slice))
}

/// The same with something before each call that is not counted.
pub(crate) fn calls_after(limit: Duration, mut before: impl FnMut(), mut call: impl FnMut()) -> Vec<f64> {
    let mut times = Vec::new();
    let begun = Instant::now();
    while times.is_empty() || begun.elapsed() < limit {
        before();
        let start = Instant::now();
        call();
        times.push(start.elapsed().as_nanos() as f64);
    }
    times
}

/// The nanoseconds per item of a whole run of `count` items; the median of as many runs as begin within `limit`.
pub(crate) fn runs(limit: Duration, count: usize, run: impl FnMut()) -> Slice {
    let mut times = calls_after(limit, || (), run);
    times.iter_mut().for_each(|time| *time /= count as f64);
    Slice::of(statistics::median(&times))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::Duration;

    use super::{Entry, Role, Slice, calls, interleave, whose_turn};

    #[test]
    fn everybody_has_one_turn_in_every_round() {
        for round in 0..12 {
            let mut turns: Vec<usize> = (0..5).map(|turn| whose_turn(round, turn, 5)).collect();
            turns.sort_unstable();
            assert_eq!(turns, [0, 1, 2, 3, 4], "round {round}");
        }
    }

    #[test]
    fn the_order_changes() {
        let order = |round| -> Vec<usize> { (0..3).map(|turn| whose_turn(round, turn, 3)).collect() };
        assert_eq!([order(0), order(1), order(2)], [[0, 1, 2], [2, 1, 0], [1, 2, 0]]);
    }

    #[test]
    fn the_first_round_is_not_counted() {
        let counter = RefCell::new(0.0);
        let entry = Entry::new("counts", Role::Peer, || {
            *counter.borrow_mut() += 1.0;
            Slice::of(*counter.borrow())
        });
        let series = interleave(3, vec![entry]);
        assert_eq!(series[0].rounds, [2.0, 3.0, 4.0]);
    }

    #[test]
    fn something_is_measured_however_short_the_slice() {
        assert_eq!(calls(Duration::ZERO, || ()).len(), 1);
    }
}
