//! How much of what a function deals with has to cross threads.

use crate::model::{Function, Options, Place};

/// Of what something is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Of all that a `Send` future may hold.
    All,
    /// Of the arguments and the output: the future stays where it is made.
    Signature,
    /// Of the output alone: the future is promised to be `Send`.
    Output,
}

impl Need {
    pub(super) fn of(function: &Function, place: Place<'_>, options: &Options) -> Need {
        let in_trait = matches!(place, Place::Block(block) if block.interface().is_some());
        if options.local.is_some() {
            Need::Signature
        } else if in_trait && function.is_async() && !function.has_body {
            Need::Output
        } else {
            Need::All
        }
    }
}
