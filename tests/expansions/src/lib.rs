//! `#[threadsafe]` as a plain function, for tests of what it generates.
//!
//! A crate that exports a macro can export nothing else. So this one compiles the macro's own sources a second time; the
//! tokens it works on are then `proc_macro2`'s, which need no compiler around them.

mod lax;
mod mutate;
mod property;
mod seeds;
mod written;

#[path = "../../../bridge-macros/src"]
mod bridge_macros {
    pub(crate) mod analyze;
    pub(crate) mod expand;
    pub(crate) mod fallback;
    pub(crate) mod model;
    pub(crate) mod parse;
    pub(crate) mod rewrite;
}

// Where the sources look for each other.
use bridge_macros::{analyze, expand, fallback, model, parse};
use proc_macro2::TokenStream;

pub use self::mutate::{Step, mutated};
pub use self::property::{Verdict, check};
pub use self::seeds::{Case, read, seeds};

/// What `#[threadsafe(options)]` makes of `item`.
#[must_use]
pub fn rewrite(options: TokenStream, item: TokenStream) -> TokenStream {
    bridge_macros::rewrite::rewrite(options, item)
}
