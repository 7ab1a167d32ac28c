//! How much of what a function deals with crosses threads.

use crate::ast::{Block, Function};
use crate::attr::Options;
use crate::plan::Place;

/// The types that get bounds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// All that a `Send` future may hold.
    All,
    /// The arguments and the output: the future stays on the thread that makes it.
    Signature,
    /// The output alone: the trait says that the future is `Send`.
    Output,
}

impl Scope {
    pub(super) fn of(function: &Function, place: Place<'_>, options: &Options) -> Scope {
        if options.local.is_some() {
            Scope::Signature
        } else if is_required(function, place) {
            Scope::Output
        } else {
            Scope::All
        }
    }
}

/// Whether it is a trait's async fn without a default body.
fn is_required(function: &Function, place: Place<'_>) -> bool {
    place.block().and_then(Block::as_trait).is_some() && function.is_async() && !function.has_body
}
