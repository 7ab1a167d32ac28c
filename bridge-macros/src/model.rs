//! What the attribute works on: plain structs that keep the spans they came with.

mod plan;
mod ty;

use proc_macro2::{Group, Ident, Literal, Span, TokenStream, TokenTree};
use syn::{Lifetime, Token};

pub(crate) use self::plan::{
    Ask, Companion, HandleSource, Kind, Lifetimes, OnError, Param, Place, Plan, Planned, Promise, Subject,
};
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
    pub(crate) stream: Option<Span>,
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
    /// An inherent impl or a trait.
    Block(Box<Block>),
    /// Anything that cannot have a companion.
    Other(TokenStream),
}

/// A function as it was written, and as it was understood.
pub(crate) struct Lone {
    pub(crate) tokens: TokenStream,
    pub(crate) function: Function,
}

/// An inherent impl or a trait.
pub(crate) struct Block {
    /// All tokens before the braces.
    pub(crate) head: TokenStream,
    /// Those of an impl, the inner ones too.
    pub(crate) attrs: Vec<Attr>,
    /// The head of an impl without them.
    pub(crate) bare: TokenStream,
    pub(crate) generics: Vec<GenericParam>,
    pub(crate) kind: BlockKind,
    /// `impl` or `trait`.
    pub(crate) span: Span,
    pub(crate) braces: Span,
    /// The attributes inside the braces that are the block's own, which have to come first.
    pub(crate) inner: TokenStream,
    pub(crate) members: Vec<Member>,
}

impl Block {
    pub(crate) fn interface(&self) -> Option<&Interface> {
        match &self.kind {
            BlockKind::Impl(_) => None,
            BlockKind::Trait(interface) => Some(interface),
        }
    }
}

pub(crate) enum BlockKind {
    /// Of that type.
    Impl(Ty),
    Trait(Interface),
}

/// What a trait is beyond its members.
pub(crate) struct Interface {
    pub(crate) name: Ident,
    /// What follows its colon.
    pub(crate) supertraits: TokenStream,
    /// Those of its where clause, without `where`.
    pub(crate) predicates: TokenStream,
    /// `#[async_trait]`, where it is yet to be expanded.
    pub(crate) async_trait: Option<AsyncTrait>,
}

/// `#[async_trait]`, or `#[async_trait(?Send)]`.
#[derive(Clone, Copy)]
pub(crate) struct AsyncTrait {
    pub(crate) span: Span,
    pub(crate) is_send: bool,
}

/// One item inside an impl or a trait, without the `#[threadsafe]` that stood on it.
pub(crate) struct Member {
    pub(crate) tokens: TokenStream,
    /// Its last token: the body, or `;`.
    pub(crate) tail: Option<TokenTree>,
    /// The body of a default-bodied function, without the invisible delimiters that a `$body:block` brings.
    pub(crate) body: Option<Group>,
    pub(crate) function: Option<Function>,
    /// A function with a mistake in its syntax, of which rustc has told.
    pub(crate) is_broken: bool,
    /// The name of an associated type without parameters.
    pub(crate) associated: Option<Ident>,
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
    /// All that stands before `fn`, but for `async`.
    pub(crate) qualifiers: Vec<TokenTree>,
    pub(crate) fn_token: Span,
    pub(crate) name: Ident,
    pub(crate) generics: Vec<GenericParam>,
    pub(crate) receiver: Option<Receiver>,
    pub(crate) args: Vec<Arg>,
    /// What the call gives in the end: of a function that returns a future, that one's output.
    pub(crate) output: Option<Ty>,
    pub(crate) returns: Returns,
    /// The name in the return type that says that the future is not `Send`.
    pub(crate) not_send: Option<Span>,
    /// Whether what is returned is said to borrow nothing.
    pub(crate) owned: bool,
    pub(crate) has_body: bool,
    /// The predicates of its where clause, without `where`.
    pub(crate) predicates: TokenStream,
    /// The same, read as types are.
    pub(crate) conditions: Ty,
    /// Whether `Self` occurs in the signature.
    pub(crate) mentions_self: bool,
}

impl Function {
    /// Whether it is an `async fn`, or was one before `#[async_trait]` changed it.
    pub(crate) fn is_async(&self) -> bool {
        self.asyncness.is_some() || self.returns == Returns::AsyncTrait
    }
}

/// What a function returns, as far as its types say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returns {
    /// As an async fn: its value.
    Value,
    /// As a plain fn: a future.
    Future,
    /// What `#[async_trait]` made of an async fn.
    AsyncTrait,
    /// A stream, or as an async fn the future of one.
    Stream,
}

/// An attribute, an outer one unless it is said.
#[derive(Clone)]
pub(crate) struct Attr {
    /// Its path, without spaces: `doc`, `tokio::test`.
    pub(crate) path: String,
    /// The text, where it is a doc comment.
    pub(crate) doc: Option<Literal>,
    /// With what stands in them.
    pub(crate) brackets: Group,
}

impl Attr {
    /// What stands in the brackets.
    pub(crate) fn meta(&self) -> TokenStream {
        self.brackets.stream()
    }
}

/// A generic parameter, without its default.
pub(crate) struct GenericParam {
    pub(crate) attrs: Vec<Attr>,
    pub(crate) kind: GenericKind,
    /// What follows its colon: bounds, or the type of a const.
    pub(crate) bounds: TokenStream,
}

impl GenericParam {
    pub(crate) fn is_lifetime(&self, name: &str) -> bool {
        matches!(&self.kind, GenericKind::Lifetime(lifetime) if lifetime.ident == name)
    }
}

pub(crate) enum GenericKind {
    Lifetime(Lifetime),
    Type(Ident),
    Const(Token![const], Ident),
}

pub(crate) struct Receiver {
    pub(crate) attrs: Vec<Attr>,
    pub(crate) kind: ReceiverKind,
    /// The `mut` of `mut self`.
    pub(crate) mutable: Option<Ident>,
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
    pub(crate) pattern: Vec<TokenTree>,
    /// The first token of the pattern.
    pub(crate) span: Span,
    pub(crate) ty: Ty,
}
