//! What a group reports: tables, bars and curves.

use std::fmt;

use crate::measure::{Role, Series};
use crate::statistics::Spread;

/// What one group reports.
#[derive(Debug, Default)]
pub(crate) struct Section {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) tables: Vec<Table>,
    pub(crate) bars: Vec<Bar>,
    pub(crate) plots: Vec<Plot>,
    pub(crate) notes: Vec<String>,
}

/// What figures count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Nanoseconds; less is better.
    Time,
    /// Calls in a second; more is better.
    Rate,
    Bytes,
    /// Of which nothing is the aim, so ratios say nothing.
    Count,
    Ratio,
    /// Of a core.
    Percent,
}

impl Unit {
    pub(crate) fn show(self, value: f64) -> Shown {
        Shown(self, value)
    }
}

/// A figure with its unit.
pub(crate) struct Shown(Unit, f64);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Shown(Unit::Time, nanos) if nanos < 1e3 => write!(f, "{nanos:.0} ns"),
            Shown(Unit::Time, nanos) if nanos < 1e6 => write!(f, "{:.2} µs", nanos / 1e3),
            Shown(Unit::Time, nanos) => write!(f, "{:.2} ms", nanos / 1e6),
            Shown(Unit::Rate, rate) => write!(f, "{:.1} k/s", rate / 1e3),
            Shown(Unit::Bytes, bytes) => write!(f, "{bytes:.0} B"),
            Shown(Unit::Percent, value) => write!(f, "{value:.2} %"),
            Shown(Unit::Count | Unit::Ratio, value) => write!(f, "{value:.2}"),
        }
    }
}

/// Those that were measured together.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) unit: Unit,
    pub(crate) series: Vec<Series>,
}

impl Table {
    pub(crate) fn new(title: impl Into<String>, unit: Unit, series: Vec<Series>) -> Table {
        Table { title: title.into(), unit, series }
    }

    /// The first of ours.
    pub(crate) fn bridge(&self) -> &Series {
        self.series.iter().find(|series| series.role == Role::Bridge).expect("every table has one of ours")
    }

    pub(crate) fn named(&self, name: &str) -> &Series {
        self.series.iter().find(|series| series.name == name).expect("the groups name what they measure")
    }

    /// The peer that does best over all rounds.
    pub(crate) fn best_peer(&self) -> &Series {
        self.best(|series| series.role == Role::Peer)
    }

    /// The best of all that is not ours, on whichever thread it polls.
    pub(crate) fn best_alternative(&self) -> &Series {
        self.best(|series| matches!(series.role, Role::Peer | Role::OnCaller))
    }

    /// The best of those with one of the names.
    pub(crate) fn best_of(&self, names: &[&str]) -> &Series {
        self.best(|series| names.contains(&series.name.as_str()))
    }

    fn best(&self, among: impl Fn(&Series) -> bool) -> &Series {
        let among = self.series.iter().filter(|series| among(series));
        let best = match self.unit {
            Unit::Rate => among.max_by(|a, b| a.median().total_cmp(&b.median())),
            _ => among.min_by(|a, b| a.median().total_cmp(&b.median())),
        };
        best.expect("every table has one")
    }

    /// How many times as fast as the other: a ratio of rates, or of times the other way round.
    pub(crate) fn speed(&self, of: &Series, to: &Series) -> Spread {
        if self.unit == Unit::Rate { of.ratio(to) } else { to.ratio(of) }
    }
}

/// What a bar asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked {
    AtMost(f64),
    AtLeast(f64),
}

/// What is asked for, and what was measured.
#[derive(Debug)]
pub(crate) struct Bar {
    pub(crate) what: String,
    pub(crate) unit: Unit,
    pub(crate) asked: Asked,
    pub(crate) measured: Spread,
}

impl Bar {
    pub(crate) fn ratio(what: impl Into<String>, asked: Asked, measured: Spread) -> Bar {
        Bar { what: what.into(), unit: Unit::Ratio, asked, measured }
    }

    pub(crate) fn value(what: impl Into<String>, unit: Unit, asked: Asked, of: &Series) -> Bar {
        Bar { what: what.into(), unit, asked, measured: Spread::of(&of.rounds) }
    }

    /// Whether the figure that the report shows, which is rounded, is what is asked for.
    pub(crate) fn holds(&self) -> bool {
        let shown = match self.unit {
            Unit::Count | Unit::Percent | Unit::Ratio => (self.measured.median * 100.0).round() / 100.0,
            _ => self.measured.median,
        };
        match self.asked {
            Asked::AtMost(most) => shown <= most,
            Asked::AtLeast(least) => shown >= least,
        }
    }
}

/// How a picture shows its curves.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `x` alone is in powers of ten.
    Lines,
    /// Both axes are in powers of ten.
    LogLines,
    /// A bar for each point, side by side in groups of these names. `x` is the group's index.
    Bars(Vec<String>),
}

/// Curves in one picture.
#[derive(Debug)]
pub(crate) struct Plot {
    /// The file, without its ending.
    pub(crate) file: &'static str,
    pub(crate) title: &'static str,
    pub(crate) x: &'static str,
    pub(crate) y: &'static str,
    pub(crate) shape: Shape,
    pub(crate) curves: Vec<Curve>,
}

#[derive(Debug)]
pub(crate) struct Curve {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) points: Vec<(f64, f64)>,
}

#[cfg(test)]
mod tests {
    use super::{Asked, Bar, Table, Unit};
    use crate::measure::{Role, Series};
    use crate::statistics::Spread;

    fn series(name: &str, role: Role, rounds: &[f64]) -> Series {
        Series { name: name.into(), role, rounds: rounds.into(), beside: Vec::new(), samples: Vec::new() }
    }

    #[test]
    fn the_best_peer_is_no_limit_and_not_ours() {
        let all = |unit| {
            let ours = series("ours", Role::Bridge, &[1.0]);
            let limit = series("limit", Role::Limit, &[0.5]);
            Table::new(
                "",
                unit,
                vec![ours, limit, series("five", Role::Peer, &[5.0]), series("six", Role::Peer, &[6.0])],
            )
        };
        assert_eq!(all(Unit::Time).best_peer().name, "five");
        assert_eq!(all(Unit::Rate).best_peer().name, "six");
        assert_eq!(all(Unit::Rate).bridge().name, "ours");
    }

    #[test]
    fn a_bar_holds_for_the_figure_that_is_shown() {
        let bar = |asked, median| Bar::ratio("", asked, Spread { low: 0.0, median, high: 9.0 }).holds();
        assert!(bar(Asked::AtMost(1.0), 1.004));
        assert!(!bar(Asked::AtMost(1.0), 1.006));
        assert!(bar(Asked::AtLeast(8.0), 7.996));
        assert!(!bar(Asked::AtLeast(8.0), f64::NAN));
    }

    #[test]
    fn times_are_shown_in_the_unit_that_fits() {
        let shown = |nanos| Unit::Time.show(nanos).to_string();
        assert_eq!([shown(140.4), shown(12_345.0), shown(2e6)], ["140 ns", "12.35 µs", "2.00 ms"]);
    }
}
