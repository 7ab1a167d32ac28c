//! What will be generated.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{Lifetime, PatType, TypePath};

use crate::ast::{Block, Function};

/// Where a function is, as far as the attribute can see.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// In a module or in a function's body.
    Free,
    /// In an impl that is not annotated.
    Method,
    Block(&'a Block),
}

impl<'a> Place<'a> {
    pub(crate) fn block(self) -> Option<&'a Block> {
        if let Place::Block(block) = self { Some(block) } else { None }
    }
}

/// What will be generated, for each member of the item.
pub(crate) struct Plan<'a> {
    pub(crate) members: Vec<PlannedMember<'a>>,
    /// The attributes of the impl that holds the companions alone, where they need one.
    pub(crate) split: Option<Vec<TokenStream>>,
}

#[derive(Default)]
pub(crate) struct PlannedMember<'a> {
    /// The replacement of an async fn of a trait.
    pub(crate) trait_fn: Option<TraitFn<'a>>,
    pub(crate) companions: Vec<Companion<'a>>,
}

/// An async fn of a trait, as a function that returns a future.
pub(crate) struct TraitFn<'a> {
    pub(crate) source: &'a Function,
    pub(crate) is_send: bool,
    pub(crate) lifetimes: Lifetimes,
    /// The bounds that make the future of a default body `Send`.
    pub(crate) bounds: Vec<AddedBound<'a>>,
    pub(crate) bridge: TokenStream,
}

/// A function to be generated.
pub(crate) struct Companion<'a> {
    pub(crate) source: &'a Function,
    pub(crate) place: Place<'a>,
    pub(crate) kind: Kind,
    pub(crate) name: Ident,
    /// Where it is not the async fn's.
    pub(crate) vis: Option<TokenStream>,
    /// The content of each attribute's brackets.
    pub(crate) attrs: Vec<TokenStream>,
    /// The value of `#[doc = …]`.
    pub(crate) docs: TokenStream,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) params: Vec<Param<'a>>,
    pub(crate) added: Vec<AddedBound<'a>>,
    /// Those of the option `bound`.
    pub(crate) bounds: Vec<TokenStream>,
    pub(crate) handle: HandleSource,
    pub(crate) timeout: Option<TokenStream>,
    pub(crate) on_error: OnError,
    /// The function by which an error folds.
    pub(crate) convert: TokenStream,
    pub(crate) local: Option<Span>,
    /// Whether the arguments are moved to the loop for good.
    pub(crate) owned: bool,
    /// The path of the crate `bridge`.
    pub(crate) bridge: TokenStream,
    /// Whether that is the user's.
    pub(crate) is_bridge_given: bool,
    /// The distinct `cfg`s of parameters.
    pub(crate) cfgs: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Waits for the value.
    Blocking,
    /// Returns a `Task`.
    Submit,
    /// Returns an `Iter`.
    Stream,
}

/// The names for elided lifetimes.
#[derive(Default)]
pub(crate) struct Lifetimes {
    /// Those of the inputs, in order; empty where they stay elided.
    pub(crate) inputs: Vec<Lifetime>,
    /// For all of the output.
    pub(crate) output: Option<Lifetime>,
    /// What an `impl Trait` in the output captures, where that must be written.
    pub(crate) captures: Option<Vec<TokenStream>>,
    /// Names for the `impl Trait`s of the inputs, where they must have one.
    pub(crate) impls: Vec<Ident>,
}

/// A parameter of a companion.
pub(crate) struct Param<'a> {
    pub(crate) arg: &'a PatType,
    pub(crate) name: Ident,
}

/// The subject of an added bound.
pub(crate) enum Subject<'a> {
    /// A parameter of the function.
    Own(&'a Ident),
    /// A parameter of the impl or the trait.
    Outer(&'a Ident),
    /// `Self`, in a trait.
    This,
    /// A type of the trait.
    Associated(&'a Ident),
    /// `T::Name`, or `<T as Trait>::Name`; of a parameter of the function's own, or of the impl's or the trait's.
    Projection { path: &'a TypePath, own: bool },
}

/// A bound that a companion has beyond those of the async fn.
pub(crate) struct AddedBound<'a> {
    pub(crate) subject: Subject<'a>,
    pub(crate) sized: bool,
    pub(crate) send: bool,
    pub(crate) sync: bool,
}

impl AddedBound<'_> {
    /// Whether its subject is the function's own parameter of that name.
    pub(crate) fn is_of(&self, name: &Ident) -> bool {
        matches!(self.subject, Subject::Own(own) if own == name)
    }
}

/// Where the handle comes from.
pub(crate) enum HandleSource {
    /// A parameter of that name.
    Parameter(Ident),
    /// `handle = …`; `cloned` where what it borrows from is moved afterwards, `branches` where it has blocks, as `match` and
    /// `if` do, or ends in `?`, which is a `match` too; `attempted` where it may be a `Result`, whose error the companion returns.
    Expression { tokens: TokenStream, cloned: bool, branches: bool, attempted: bool, target: Target },
}

/// The event loop that a `handle = …` gives, as far as the expression shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// `bridge::global()`
    Global,
    /// `bridge::shared()`
    Shared,
    /// `bridge::next_shared()`
    NextShared,
    /// That of `self.…`.
    This,
    Other,
}

impl Target {
    /// Whether it is started on first use and never stopped.
    pub(crate) fn is_process_wide(self) -> bool {
        matches!(self, Target::Global | Target::Shared | Target::NextShared)
    }
}

/// What becomes of an error of the bridge.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnError {
    Panic,
    Wrap,
    Fold,
}
