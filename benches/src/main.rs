//! This crate and its peers, side by side.
//!
//! `cargo run --release -p bridge-benches -- [--quick] [--out DIR] [GROUP …]` measures all groups, or those named, and
//! writes a report and pictures.

mod allocator;
mod busy;
mod crowd;
mod effort;
mod groups;
mod machine;
mod measure;
mod peers;
mod plots;
mod report;
mod section;
mod services;
mod statistics;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use lexopt::prelude::*;

use crate::effort::Effort;
use crate::groups::{ALL, Group};
use crate::machine::Others;
use crate::report::Report;
use crate::section::Section;

#[global_allocator]
static ALLOCATOR: allocator::Counting = allocator::Counting;

/// What the command line asks for.
#[derive(Debug)]
struct Asked {
    effort: Effort,
    out: PathBuf,
    groups: Vec<Group>,
}

/// The share of the processors that other processes may take.
const QUIET: f64 = 0.03;

const USAGE: &str = "usage: bridge-benches [--quick] [--out DIR] [GROUP …]";

fn main() -> Result<(), Box<dyn Error>> {
    busy::spin_if_asked();
    let Some(asked) = parse(lexopt::Parser::from_env())? else {
        let names: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
        println!("{USAGE}\ngroups: {}", names.join(" "));
        return Ok(());
    };
    if cfg!(debug_assertions) {
        eprintln!("this is a debug build: its figures mean nothing");
    }
    run(&asked)
}

fn parse(mut arguments: lexopt::Parser) -> Result<Option<Asked>, lexopt::Error> {
    let mut asked = Asked { effort: Effort::full(), out: PathBuf::from("benches/results"), groups: Vec::new() };
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("quick") => asked.effort = Effort::quick(),
            Long("out") => asked.out = arguments.value()?.into(),
            Short('h') | Long("help") => return Ok(None),
            Value(name) => {
                let group = ALL.iter().find(|(known, _)| name == *known);
                asked.groups.push(*group.ok_or_else(|| format!("no group is called {name:?}; {USAGE}"))?);
            }
            other => return Err(other.unexpected()),
        }
    }
    if asked.groups.is_empty() {
        asked.groups = ALL.to_vec();
    }
    Ok(Some(asked))
}

fn run(asked: &Asked) -> Result<(), Box<dyn Error>> {
    let machine = machine::line();
    let mut sections: Vec<Section> = Vec::new();
    for (name, measure) in &asked.groups {
        let (begun, others) = (Instant::now(), Others::start());
        let mut section = measure(&asked.effort);
        let others = others.and_then(|others| others.share()).filter(|share| *share > QUIET);
        section.notes.extend(others.map(|share| {
            format!("**The machine was not quiet**: other processes took {:.0} % of its processors.", share * 100.0)
        }));
        sections.push(section);
        eprintln!("{name}: {:.1} s", begun.elapsed().as_secs_f64());
    }
    let report = Report { machine: &machine, effort: &asked.effort, sections: &sections };
    write(&report, &asked.out)?;
    let bars = || sections.iter().flat_map(|section| &section.bars);
    let held = bars().filter(|bar| bar.holds()).count();
    eprintln!("{held} of {} bars hold; written to {}", bars().count(), asked.out.join("README.md").display());
    Ok(())
}

fn write(report: &Report<'_>, into: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(into)?;
    fs::write(into.join("README.md"), report.to_string())?;
    report.sections.iter().flat_map(|section| &section.plots).try_for_each(|plot| plots::draw(plot, into))
}

#[cfg(test)]
mod tests;
