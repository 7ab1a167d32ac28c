//! What is measured.

mod allocations;
mod cold;
mod cpu;
mod crowd;
mod foreign;
mod harm;
mod hot;
mod in_flight;
mod iter;
mod many;
mod pending;

use crate::effort::Effort;
use crate::section::Section;

/// A name, and what measures.
pub(crate) type Group = (&'static str, fn(&Effort) -> Section);

pub(crate) const ALL: [Group; 11] = [
    ("hot", hot::run),
    ("cold", cold::run),
    ("crowd", crowd::run),
    ("pending", pending::run),
    ("foreign", foreign::run),
    ("in_flight", in_flight::run),
    ("allocations", allocations::run),
    ("cpu", cpu::run),
    ("harm", harm::run),
    ("many", many::run),
    ("iter", iter::run),
];
