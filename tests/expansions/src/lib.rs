//! `#[threadsafe]` and `facade!` as plain functions, for tests of what it generates.
//!
//! A crate that exports a macro can export nothing else. So this one compiles the macro's own sources a second time; the
//! tokens it works on are then `proc_macro2`'s, which need no compiler around them.

mod compose;
mod facades;
mod lax;
mod mutate;
mod property;
mod registry;
mod seeds;
mod written;

#[path = "../../../bridge-macros/src"]
#[cfg_attr(
    feature = "spans",
    allow(clippy::large_enum_variant, reason = "where tokens keep their places, as in no compiler, types are larger")
)]
mod bridge_macros {
    pub(crate) mod analyze;
    pub(crate) mod ast;
    pub(crate) mod attr;
    pub(crate) mod error;
    pub(crate) mod expand;
    pub(crate) mod facade;
    pub(crate) mod fallback;
    pub(crate) mod plan;
    pub(crate) mod rewrite;
}

// Where the sources look for each other.
use bridge_macros::{analyze, ast, attr, error, expand, facade, fallback, plan, rewrite};
use proc_macro2::TokenStream;

pub use self::compose::composed;
pub use self::mutate::{Step, mutated};
pub use self::property::{Verdict, check};
pub use self::registry::{facade_expanded, registry_of};
pub use self::seeds::{Case, read, seeds};

/// What `#[threadsafe(options)]` makes of `item`.
#[must_use]
pub fn rewrite(options: TokenStream, item: TokenStream) -> TokenStream {
    rewrite::rewrite(options, item)
}

/// What `facade! { input }` expands to.
#[must_use]
pub fn facade_list(input: TokenStream) -> TokenStream {
    facade::list(input)
}

/// What `#[threadsafe(options)]` makes of `item`, where the options name `facade`.
#[must_use]
pub fn facade_attribute(options: TokenStream, item: TokenStream) -> TokenStream {
    debug_assert!(attr::facade_word(&options).is_some(), "{options}");
    facade::attribute(options, item)
}

/// What a registry macro expands to.
#[must_use]
pub fn facade_impl(input: TokenStream) -> TokenStream {
    facade::implement(input)
}
