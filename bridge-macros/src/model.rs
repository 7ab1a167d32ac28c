//! What the attribute works on: plain structs that keep the spans they came with.

mod plan;
mod ty;

use proc_macro2::{Ident, Span, TokenStream};
use syn::{Lifetime, Token};

pub(crate) use self::plan::{Ask, Companion, HandleSource, Kind, Lifetimes, OnError, Param, Place, Plan};
pub(crate) use self::ty::{Piece, Reference, Ty};

/// Every mistake of one use of the attribute.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    pub(crate) fn push(&mut self, span: Span, message: impl std::fmt::Display) {
        self.0.push(syn::Error::new(span, message));
    }

    pub(crate) fn push_error(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_compile_errors(self) -> TokenStream {
        self.0.iter().map(syn::Error::to_compile_error).collect()
    }
}

/// What one `#[threadsafe(…)]` says.
#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) name: Option<Ident>,
    pub(crate) suffix: Option<String>,
    pub(crate) vis: Option<Tokens>,
    pub(crate) handle: Option<Tokens>,
    pub(crate) timeout: Option<Tokens>,
    pub(crate) fallible: Option<Fallible>,
    pub(crate) local: Option<Span>,
    pub(crate) submit: Option<Submit>,
    pub(crate) attrs: Vec<TokenStream>,
    pub(crate) bounds: Vec<TokenStream>,
    pub(crate) krate: Option<TokenStream>,
    pub(crate) skip: Option<Span>,
    /// The keys as they were written, in order.
    pub(crate) written: Vec<(Key, Ident)>,
}

impl Options {
    pub(crate) fn has(&self, key: Key) -> bool {
        self.written.iter().any(|(written, _)| *written == key)
    }
}

/// The tokens of a value.
#[derive(Clone)]
pub(crate) struct Tokens {
    pub(crate) tokens: TokenStream,
}

/// An option of the attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Name,
    Suffix,
    Vis,
    Handle,
    Timeout,
    Fallible,
    Local,
    Submit,
    Attr,
    Bound,
    Crate,
    Skip,
    Stream,
}

/// `fallible`, and how the bridge's error is handed over.
#[derive(Clone)]
pub(crate) struct Fallible {
    pub(crate) span: Span,
    pub(crate) mode: FallibleMode,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum FallibleMode {
    /// By the return type: fold where it is named `Result`.
    Auto,
    Wrap,
    Fold,
}

/// `submit` or `submit = name`.
#[derive(Clone)]
pub(crate) struct Submit {
    pub(crate) span: Span,
    pub(crate) name: Option<Ident>,
}

/// What the attribute stands on.
pub(crate) enum Item {
    /// A function: free, or a method that is annotated alone.
    Function(Box<Lone>),
    Impl(Impl),
    /// Anything that cannot have a companion.
    Other(TokenStream),
}

/// A function as it was written, and as it was understood.
pub(crate) struct Lone {
    pub(crate) tokens: TokenStream,
    pub(crate) function: Function,
}

/// An inherent impl.
pub(crate) struct Impl {
    /// All tokens before the braces.
    pub(crate) head: TokenStream,
    pub(crate) generics: Vec<GenericParam>,
    /// The type that is implemented.
    pub(crate) target: Ty,
    pub(crate) span: Span,
    pub(crate) braces: Span,
    pub(crate) members: Vec<Member>,
}

/// One item inside an impl, without the `#[threadsafe]` that stood on it.
pub(crate) struct Member {
    pub(crate) tokens: TokenStream,
    pub(crate) function: Option<Function>,
    /// Its own `#[threadsafe(…)]`, if there is one.
    pub(crate) options: Option<Options>,
    /// Where that attribute stands.
    pub(crate) attribute: Option<Span>,
}

/// The signature of a function; its body is not looked at.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attr>,
    pub(crate) vis: TokenStream,
    pub(crate) asyncness: Option<Span>,
    pub(crate) unsafety: Option<Span>,
    pub(crate) fn_token: Span,
    pub(crate) name: Ident,
    pub(crate) generics: Vec<GenericParam>,
    pub(crate) receiver: Option<Receiver>,
    pub(crate) args: Vec<Arg>,
    pub(crate) output: Option<Ty>,
    /// The predicates of its where clause, without `where`.
    pub(crate) predicates: TokenStream,
    /// Whether `Self` occurs in the signature.
    pub(crate) mentions_self: bool,
}

/// An outer attribute.
#[derive(Clone)]
pub(crate) struct Attr {
    /// Its path, without spaces: `doc`, `tokio::test`.
    pub(crate) path: String,
    /// What stands in the brackets.
    pub(crate) meta: TokenStream,
}

/// A generic parameter, without its default.
pub(crate) struct GenericParam {
    pub(crate) attrs: Vec<Attr>,
    pub(crate) kind: GenericKind,
    /// What follows its colon: bounds, or the type of a const.
    pub(crate) bounds: TokenStream,
}

pub(crate) enum GenericKind {
    Lifetime(Lifetime),
    Type(Ident),
    Const(Token![const], Ident),
}

pub(crate) struct Receiver {
    pub(crate) attrs: Vec<Attr>,
    pub(crate) kind: ReceiverKind,
    pub(crate) self_token: Ident,
}

pub(crate) enum ReceiverKind {
    /// `self`, `mut self`
    Value,
    /// `&self`, `&'a mut self`
    Reference(Reference),
    /// `self: T`
    Typed(Ty),
}

pub(crate) struct Arg {
    pub(crate) attrs: Vec<Attr>,
    /// The name, where the pattern is a plain one.
    pub(crate) name: Option<Ident>,
    /// The first token of the pattern.
    pub(crate) span: Span,
    pub(crate) ty: Ty,
}
