//! What will be generated.

use proc_macro2::{Ident, Span, TokenStream};
use syn::Lifetime;

use super::{Arg, Function, Impl};

/// Where a function stands, as far as the attribute can see.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// In a module or in a function's body.
    Free,
    /// In an impl that is not in sight.
    Method,
    Impl(&'a Impl),
}

/// What will be generated: for each function of the item, its companions.
pub(crate) struct Plan<'a> {
    pub(crate) companions: Vec<Vec<Companion<'a>>>,
}

/// A function to be generated.
pub(crate) struct Companion<'a> {
    pub(crate) source: &'a Function,
    pub(crate) place: Place<'a>,
    pub(crate) kind: Kind,
    pub(crate) name: Ident,
    pub(crate) vis: TokenStream,
    /// What stands in the brackets of each attribute.
    pub(crate) attrs: Vec<TokenStream>,
    pub(crate) docs: String,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) params: Vec<Param<'a>>,
    pub(crate) asks: Vec<Ask<'a>>,
    pub(crate) bounds: Vec<TokenStream>,
    pub(crate) handle: HandleSource,
    pub(crate) timeout: Option<TokenStream>,
    pub(crate) on_error: OnError,
    pub(crate) local: Option<Span>,
    pub(crate) krate: TokenStream,
    /// The distinct `cfg`s on parameters.
    pub(crate) cfgs: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Waits for the value.
    Blocking,
    /// Gives a `Task`.
    Submit,
}

/// What becomes of lifetimes that were left out.
#[derive(Default)]
pub(crate) struct Lifetimes {
    /// Names for those of the inputs, in order; empty where they stay elided.
    pub(crate) inputs: Vec<Lifetime>,
    /// The name for all of the output's.
    pub(crate) output: Option<Lifetime>,
    /// What an `impl Trait` in the output may hold, where that must be said.
    pub(crate) captures: Option<Vec<TokenStream>>,
    /// Names for the `impl Trait`s of the inputs, where they must have one.
    pub(crate) impls: Vec<Ident>,
}

/// A parameter of a companion.
pub(crate) struct Param<'a> {
    pub(crate) arg: &'a Arg,
    pub(crate) name: Ident,
}

/// What a companion asks of a type parameter beyond what the async fn does.
pub(crate) struct Ask<'a> {
    pub(crate) param: &'a Ident,
    /// Whether it is the companion's own, or else the impl's.
    pub(crate) own: bool,
    pub(crate) send: bool,
    pub(crate) sync: bool,
}

/// Where the handle comes from.
pub(crate) enum HandleSource {
    /// A parameter of that name.
    Parameter(Ident),
    /// `handle = …`; `cloned` where what it borrows from is moved afterwards.
    Expression { tokens: TokenStream, cloned: bool },
}

/// What happens to an error of the bridge.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnError {
    Panic,
    Wrap,
    Fold,
}
