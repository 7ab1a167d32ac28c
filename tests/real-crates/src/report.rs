//! The table, and the reasons.

use std::collections::BTreeMap;
use std::path::Path;

use crate::work::{Crate, Log};

/// What came of the functions of a crate.
#[derive(Default)]
pub struct Counts {
    pub found: usize,
    pub compiled: usize,
    pub plain: usize,
    pub renamed: usize,
    pub local: usize,
    pub bound: usize,
    /// Where, and why.
    pub not_send: Vec<(String, Vec<String>)>,
    pub refused: Vec<(String, Vec<String>)>,
    pub locals: Vec<(String, Vec<String>)>,
}

impl Counts {
    pub fn of(of: &Crate, log: &Log) -> Counts {
        let mut counts = Counts::default();
        for file in &of.files {
            let place = file.path.strip_prefix(&of.source.copy).unwrap_or(&file.path);
            let choices = file.choices.iter().flatten().zip(file.reasons.iter().flatten());
            let functions = file.sites.iter().flat_map(|site| &site.functions);
            for (function, (choice, reasons)) in functions.zip(choices) {
                counts.found += 1;
                let key = (file.path.clone(), function.line);
                if !log.originals.contains(&key) {
                    continue;
                }
                counts.compiled += 1;
                let entry = (named(place, function.line, &function.name), reasons.clone());
                if choice.skip {
                    let of = if cannot_cross(&entry.1) { &mut counts.not_send } else { &mut counts.refused };
                    of.push(entry);
                } else if !log.companions.contains(&key) {
                    counts.refused.push((entry.0, vec!["no companion was made, and nothing was said".to_owned()]));
                } else if choice.local {
                    if choice.bounds.is_empty() {
                        counts.local += 1
                    } else {
                        counts.bound += 1
                    }
                    counts.locals.push(entry);
                } else {
                    counts.plain += 1;
                    counts.renamed += usize::from(choice.renamed);
                }
            }
        }
        counts
    }

    fn add(&mut self, other: &Counts) {
        self.found += other.found;
        self.compiled += other.compiled;
        self.plain += other.plain;
        self.renamed += other.renamed;
        self.local += other.local;
        self.bound += other.bound;
        self.not_send.extend(other.not_send.iter().cloned());
        self.refused.extend(other.refused.iter().cloned());
    }

    /// Of a hundred companions that there could be, how many there are.
    pub fn rate(&self) -> f64 {
        let (accepted, refused) = (self.plain + self.local + self.bound, self.refused.len());
        if refused == 0 { 100.0 } else { accepted as f64 * 100.0 / (accepted + refused) as f64 }
    }

    fn row(&self, name: &str, version: &str) -> String {
        let renamed = if self.renamed == 0 { String::new() } else { format!(" ({} renamed)", self.renamed) };
        let Counts { found, compiled, plain, local, bound, .. } = self;
        let (not_send, refused, rate) = (self.not_send.len(), self.refused.len(), self.rate());
        format!(
            "| {name} | {version} | {found} | {compiled} | {plain}{renamed} | {local} | {bound} | {not_send} | {refused} | {rate:.1} % |"
        )
    }
}

fn named(file: &Path, line: usize, name: &str) -> String {
    format!("{}:{line} {name}", file.display())
}

/// Whether the last of `reasons` is that an argument or the output is not `Send`: with `local` nothing else need be.
fn cannot_cross(reasons: &[String]) -> bool {
    let what = ["cannot be sent between threads safely", "cannot be shared between threads safely"];
    reasons.last().is_some_and(|reason| reason.starts_with("E0277") && what.iter().any(|what| reason.ends_with(what)))
}

/// Prints everything, and gives the sum.
pub fn print(crates: &[Crate], log: &Log) -> Counts {
    let mut total = Counts::default();
    let mut rows = Vec::new();
    for of in crates {
        let counts = Counts::of(of, log);
        reasons(&of.source.name, &counts);
        rows.push(counts.row(&of.source.name, &of.source.version));
        total.add(&counts);
    }
    rows.push(total.row("**all**", ""));
    println!(
        "| crate | version | async fns | compiled | as is | with `local` | and `bound` | not `Send` to call or return | refused | accepted |"
    );
    println!("| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: |");
    println!("{}\n", rows.join("\n"));
    total
}

fn reasons(name: &str, counts: &Counts) {
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (function, reasons) in &counts.locals {
        groups.entry(without_names(&reasons.join(" / "))).or_default().push(function);
    }
    for (reason, functions) in groups {
        println!("{name}: {} with `local`: {reason}", functions.len());
        for function in functions {
            println!("    {function}");
        }
    }
    for (word, list) in [("what crosses threads is not `Send`", &counts.not_send), ("refused", &counts.refused)] {
        for (function, reasons) in list {
            println!("{name}: {word}: {function}\n    {}", reasons.join("\n    "));
        }
    }
}

/// What is in backticks left out, so that like reasons are alike.
fn without_names(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts.map(|(index, part)| if index % 2 == 0 { part } else { "`…`" }).collect()
}
