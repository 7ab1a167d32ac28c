//! What will be generated.

use proc_macro2::{Ident, Span, TokenStream};
use syn::Lifetime;

use super::{Arg, Block, Function, Piece};

/// Where a function stands, as far as the attribute can see.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// In a module or in a function's body.
    Free,
    /// In an impl that is not in sight.
    Method,
    Block(&'a Block),
}

/// What will be generated, for each member of the item.
pub(crate) struct Plan<'a> {
    pub(crate) members: Vec<Planned<'a>>,
    /// The attributes of an impl that the companions have to themselves, where they do.
    pub(crate) apart: Option<Vec<TokenStream>>,
}

#[derive(Default)]
pub(crate) struct Planned<'a> {
    /// What takes the member's place.
    pub(crate) promise: Option<Promise<'a>>,
    pub(crate) companions: Vec<Companion<'a>>,
}

/// An async fn of a trait, as the function that says what its future is.
pub(crate) struct Promise<'a> {
    pub(crate) source: &'a Function,
    pub(crate) is_send: bool,
    pub(crate) lifetimes: Lifetimes,
    /// What a default body's future needs to be what it says.
    pub(crate) asks: Vec<Ask<'a>>,
    pub(crate) krate: TokenStream,
}

/// A function to be generated.
pub(crate) struct Companion<'a> {
    pub(crate) source: &'a Function,
    pub(crate) place: Place<'a>,
    pub(crate) kind: Kind,
    pub(crate) name: Ident,
    /// Where it is another than the async fn's.
    pub(crate) vis: Option<TokenStream>,
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
    /// Whether the arguments are moved to the loop for good.
    pub(crate) owned: bool,
    pub(crate) krate: TokenStream,
    /// Whether the user said so.
    pub(crate) krate_is_given: bool,
    /// The distinct `cfg`s on parameters.
    pub(crate) cfgs: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Waits for the value.
    Blocking,
    /// Gives a `Task`.
    Submit,
    /// Gives an `Iter`.
    Stream,
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

/// Of what a companion asks something.
pub(crate) enum Subject<'a> {
    /// A parameter of its own.
    Own(&'a Ident),
    /// One of the impl's or the trait's.
    Outer(&'a Ident),
    /// `Self`, in a trait.
    This,
    /// A type of the trait.
    Associated(&'a Ident),
    /// `T::Name`, or `<T as Trait>::Name`; of a parameter of its own, or of one of the impl's or the trait's.
    Projection { path: &'a [Piece], own: bool },
}

/// What a companion asks of a type beyond what the async fn does.
pub(crate) struct Ask<'a> {
    pub(crate) subject: Subject<'a>,
    pub(crate) sized: bool,
    pub(crate) send: bool,
    pub(crate) sync: bool,
}

impl Ask<'_> {
    pub(crate) fn is_of(&self, name: &Ident) -> bool {
        matches!(self.subject, Subject::Own(own) if own == name)
    }
}

/// Where the handle comes from.
pub(crate) enum HandleSource {
    /// A parameter of that name.
    Parameter(Ident),
    /// `handle = …`; `cloned` where what it borrows from is moved afterwards, `branches` where it has blocks, as `match` and
    /// `if` do.
    Expression { tokens: TokenStream, cloned: bool, branches: bool },
}

/// What happens to an error of the bridge.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnError {
    Panic,
    Wrap,
    Fold,
}
