//! The report, in Markdown.

use std::fmt::{self, Display, Formatter};

use crate::effort::Effort;
use crate::measure::{Role, Series};
use crate::section::{Asked, Bar, Section, Table, Unit};
use crate::statistics::Spread;

/// All sections, with the bars of all of them first.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    pub(crate) machine: &'a str,
    pub(crate) effort: &'a Effort,
    pub(crate) sections: &'a [Section],
}

const HEAD: &str = "\
# This crate and its peers, side by side

Written by `cargo run --release -p bridge-benches`. Everybody has a slice of every round, in an order that changes, so what
disturbs the machine disturbs all. A **ratio** is the median of the rounds' ratios of medians; where the middle half of
them lies stands behind it. Times are those of this machine alone.
";

impl Display for Report<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEAD}")?;
        let Effort { name, rounds, slice, .. } = self.effort;
        writeln!(f, "{} · {name} run, {rounds} rounds, slices of {} ms\n", self.machine, slice.as_millis())?;
        writeln!(f, "## Bars\n\n| group | what | bar | measured | holds |\n| --- | --- | --: | --: | --- |")?;
        for section in self.sections {
            for bar in &section.bars {
                write_bar(f, section.name, bar)?;
            }
        }
        for section in self.sections {
            writeln!(f, "\n## {}\n\n{}", section.name, section.about)?;
            section.notes.iter().try_for_each(|note| writeln!(f, "\n{note}"))?;
            section.tables.iter().try_for_each(|table| write_table(f, table))?;
            for plot in &section.plots {
                writeln!(f, "\n![{}]({}.svg)", plot.title, plot.file)?;
            }
        }
        Ok(())
    }
}

fn write_bar(f: &mut Formatter<'_>, group: &str, bar: &Bar) -> fmt::Result {
    let asked = match bar.asked {
        Asked::AtMost(most) => format!("≤ {}", bar.unit.show(most)),
        Asked::AtLeast(least) => format!("≥ {}", bar.unit.show(least)),
    };
    let holds = if bar.holds() { "yes" } else { "**no**" };
    writeln!(f, "| {group} | {} | {asked} | {} | {holds} |", bar.what, spread(bar.unit, bar.measured))
}

fn write_table(f: &mut Formatter<'_>, table: &Table) -> fmt::Result {
    let ours = table.bridge();
    let (head, unit) = match table.unit {
        Unit::Time => (format!("× the time of {}", ours.name), "time"),
        Unit::Rate => (format!("rate of {} / its", ours.name), "calls"),
        Unit::Bytes => (format!("× the bytes of {}", ours.name), "bytes"),
        Unit::Count | Unit::Percent | Unit::Ratio => (String::new(), "count"),
    };
    writeln!(f, "\n### {}\n\n| | {head} | {unit} |\n| --- | --: | --: |", table.title)?;
    for series in &table.series {
        let name = match series.role {
            Role::Bridge => format!("**{}**", series.name),
            Role::Peer | Role::OnCaller => series.name.clone(),
            Role::Limit => format!("*{}*", series.name),
        };
        writeln!(f, "| {name} | {} | {} |", compared(table.unit, series, ours), table.unit.show(series.median()))?;
    }
    Ok(())
}

/// To ours, if there is something to compare.
fn compared(unit: Unit, series: &Series, ours: &Series) -> String {
    if std::ptr::eq(series, ours) || ours.median() == 0.0 {
        return String::new();
    }
    match unit {
        Unit::Time | Unit::Bytes => spread(Unit::Ratio, series.ratio(ours)),
        Unit::Rate => spread(Unit::Ratio, ours.ratio(series)),
        Unit::Count | Unit::Percent | Unit::Ratio => String::new(),
    }
}

fn spread(unit: Unit, Spread { low, median, high }: Spread) -> String {
    format!("{} ({} – {})", unit.show(median), unit.show(low), unit.show(high))
}
