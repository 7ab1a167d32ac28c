//! What is measured.

mod allocations;
mod background;
mod busy;
mod cold;
mod cpu;
mod crowd;
mod external;
mod harm;
mod hot;
mod in_flight;
mod iter;
mod many;
mod pending;
mod real;

use crate::effort::Effort;
use crate::peers::{OnLoop, SHARED};
use crate::section::{Asked, Bar, Section, Table};

/// A name, and what measures.
pub(crate) type Group = (&'static str, fn(&Effort) -> Section);

pub(crate) const ALL: [Group; 14] = [
    ("real", real::run),
    ("busy", busy::run),
    ("hot", hot::run),
    ("cold", cold::run),
    ("crowd", crowd::run),
    ("pending", pending::run),
    ("external", external::run),
    ("in_flight", in_flight::run),
    ("allocations", allocations::run),
    ("cpu", cpu::run),
    ("background", background::run),
    ("harm", harm::run),
    ("many", many::run),
    ("iter", iter::run),
];

/// An event loop with its defaults against the best peer that goes to another thread, too.
fn event_loop_bar(what: &str, table: &Table) -> Bar {
    let (ours, best) = (table.named(OnLoop::DEFAULT), table.best_peer());
    let what = format!("{what}, speed, {} / {}", ours.name, best.name);
    Bar::ratio(what, Asked::AtLeast(1.0), table.speed(ours, best))
}

/// The time on a shared loop against the best of all that is not ours.
fn shared_bar(what: &str, table: &Table) -> Bar {
    let (ours, best) = (table.named(SHARED), table.best_alternative());
    Bar::ratio(format!("{what}, time, {} / {}", ours.name, best.name), Asked::AtMost(1.05), ours.ratio(best))
}
