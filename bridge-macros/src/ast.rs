//! The item under the attribute: signatures as `syn`'s types, bodies and other members as raw tokens.

mod block;
mod conditional;
mod function;
mod item;
mod returns;
mod signature;
pub(crate) mod tokens;
pub(crate) mod types;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, FnArg, Generics, Pat, PatIdent, PatType, Receiver, ReturnType, Signature, Token, Type, TypeParamBound,
    Visibility, WherePredicate,
};

pub(crate) use self::conditional::resolved;
pub(crate) use self::item::{item, trees};
use crate::attr::Options;

/// The annotated item.
pub(crate) enum Item {
    /// A free function, or a method that is annotated by itself.
    Function(Box<SingleFn>),
    /// An inherent impl or a trait.
    Block(Box<Block>),
    /// An item that cannot have a companion.
    Other(TokenStream),
}

/// A function outside of an annotated impl or trait.
pub(crate) struct SingleFn {
    /// The whole item, as it was written.
    pub(crate) tokens: TokenStream,
    pub(crate) function: Function,
}

/// An inherent impl or a trait.
pub(crate) struct Block {
    /// All tokens before the braces.
    pub(crate) head: TokenStream,
    /// The head without attributes.
    pub(crate) bare_head: TokenStream,
    /// Outer and inner ones.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) generics: Generics,
    pub(crate) kind: BlockKind,
    /// The span of `impl` or `trait`.
    pub(crate) span: Span,
    pub(crate) braces: Span,
    /// The inner attributes.
    pub(crate) inner: TokenStream,
    pub(crate) members: Vec<Member>,
}

impl Block {
    /// One without members, of which no tokens are at hand.
    pub(crate) fn new(kind: BlockKind, generics: Generics) -> Block {
        Block {
            head: TokenStream::new(),
            bare_head: TokenStream::new(),
            attrs: Vec::new(),
            generics,
            kind,
            span: Span::call_site(),
            braces: Span::call_site(),
            inner: TokenStream::new(),
            members: Vec::new(),
        }
    }

    /// The trait, if it is one.
    pub(crate) fn as_trait(&self) -> Option<&Trait> {
        match &self.kind {
            BlockKind::Impl(_) => None,
            BlockKind::Trait(interface) => Some(interface),
        }
    }
}

pub(crate) enum BlockKind {
    /// Of that type.
    Impl(Type),
    Trait(Trait),
}

pub(crate) struct Trait {
    pub(crate) name: Ident,
    pub(crate) supertraits: Punctuated<TypeParamBound, Token![+]>,
    /// `#[async_trait]`, where it is not expanded yet.
    pub(crate) async_trait: Option<AsyncTrait>,
}

/// `#[async_trait]`, or `#[async_trait(?Send)]`.
#[derive(Clone, Copy)]
pub(crate) struct AsyncTrait {
    pub(crate) span: Span,
    pub(crate) is_send: bool,
}

/// An item inside an impl or a trait, without its own `#[threadsafe]`.
pub(crate) struct Member {
    pub(crate) tokens: TokenStream,
    /// The last token: the body, or `;`.
    pub(crate) tail: Option<TokenTree>,
    /// The body of a function, outside of the invisible delimiters of a `$body:block`.
    pub(crate) body: Option<Group>,
    pub(crate) function: Option<Function>,
    /// Whether it is a function with a syntax error, which rustc has reported.
    pub(crate) is_broken: bool,
    /// The name of an associated type without parameters.
    pub(crate) associated: Option<Ident>,
    /// The options of its own `#[threadsafe(…)]`.
    pub(crate) options: Option<Options>,
    /// The span of that attribute.
    pub(crate) attribute: Option<Span>,
}

/// A function without its body.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    /// The signature; its return type is in `output`.
    pub(crate) sig: Signature,
    /// The type of the value: of a function that returns a future, the future's output.
    pub(crate) output: Option<Type>,
    pub(crate) returns: Returns,
    /// The name in the return type that makes the future `!Send`.
    pub(crate) not_send: Option<Span>,
    /// The name of an `impl Trait` in it that says nothing of `Send`, which in a trait is not.
    pub(crate) unpromised: Option<Span>,
    /// Whether the future or stream borrows nothing, by its type.
    pub(crate) owned: bool,
    pub(crate) has_body: bool,
    /// The tokens from the name to the body.
    pub(crate) head: Vec<TokenTree>,
}

impl Function {
    /// A function of that signature, whose output is the type of its value.
    pub(crate) fn of(mut sig: Signature) -> Function {
        let output = match std::mem::replace(&mut sig.output, ReturnType::Default) {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(*ty),
        };
        Function {
            attrs: Vec::new(),
            vis: Visibility::Inherited,
            sig,
            output,
            returns: Returns::Value,
            not_send: None,
            unpromised: None,
            owned: false,
            has_body: true,
            head: Vec::new(),
        }
    }

    pub(crate) fn name(&self) -> &Ident {
        &self.sig.ident
    }

    pub(crate) fn is_unsafe(&self) -> bool {
        matches!(self.sig.safety, syn::Safety::Unsafe(_))
    }

    /// Whether it is an `async fn`, or was one before `#[async_trait]` expanded it.
    pub(crate) fn is_async(&self) -> bool {
        self.sig.asyncness.is_some() || self.returns == Returns::AsyncTrait
    }

    /// Whether it gets a companion without an attribute of its own.
    pub(crate) fn is_awaited(&self) -> bool {
        self.is_async() || self.returns == Returns::Future
    }

    pub(crate) fn receiver(&self) -> Option<&Receiver> {
        match self.sig.inputs.first() {
            Some(FnArg::Receiver(receiver)) => Some(receiver),
            _ => None,
        }
    }

    /// The parameters after the receiver.
    pub(crate) fn args(&self) -> impl Iterator<Item = &PatType> {
        self.sig.inputs.iter().filter_map(|input| if let FnArg::Typed(arg) = input { Some(arg) } else { None })
    }

    pub(crate) fn predicates(&self) -> impl Iterator<Item = &WherePredicate> {
        predicates(&self.sig.generics)
    }

    /// Whether `Self` is in the signature.
    pub(crate) fn mentions_self(&self) -> bool {
        self.head.iter().any(|tree| tokens::has_ident(tree, "Self"))
    }
}

/// The predicates of a where clause.
pub(crate) fn predicates(generics: &Generics) -> impl Iterator<Item = &WherePredicate> {
    generics.where_clause.iter().flat_map(|clause| &clause.predicates)
}

/// The pattern of a parameter that binds one name to all of it: `x`, `mut x`, `ref x`.
pub(crate) fn binding(arg: &PatType) -> Option<&PatIdent> {
    match &*arg.pat {
        Pat::Ident(pattern) if pattern.subpat.is_none() => Some(pattern),
        _ => None,
    }
}

/// The return type of a function, as far as its names show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returns {
    /// An async fn's value, or a plain one.
    Value,
    /// A future.
    Future,
    /// The future that `#[async_trait]` made of an async fn.
    AsyncTrait,
    /// A stream, or an async fn's future of one.
    Stream,
}
