//! The generics of a companion: the async fn's, and what is asked beyond them.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};

use super::ty::{Impls, Rewrite};
use super::{at, attribute};
use crate::model::{Ask, Companion, GenericKind, GenericParam, Subject};

/// `<…>`; `named` are those that come from `impl Trait` arguments.
pub(super) fn generics(companion: &Companion<'_>, named: &[TokenStream]) -> TokenStream {
    // What is `'static` is no parameter.
    let lifetimes = companion.lifetimes.inputs.iter().filter(|lifetime| lifetime.ident != "static");
    let lifetimes = lifetimes.map(|name| name.to_token_stream());
    let declared = companion.source.generics.iter().map(|param| {
        let attrs = param.attrs.iter().map(attribute);
        let name = declared(param);
        if is_in_where_clause(param, companion) {
            return quote!(#(#attrs)* #name);
        }
        let bounds = bounds(param, companion);
        if bounds.is_empty() { quote!(#(#attrs)* #name) } else { quote!(#(#attrs)* #name: #(#bounds)+*) }
    });
    let all: Vec<TokenStream> = lifetimes.chain(declared).chain(named.iter().cloned()).collect();
    if all.is_empty() { TokenStream::new() } else { quote!(<#(#all),*>) }
}

pub(super) fn declared(param: &GenericParam) -> TokenStream {
    match &param.kind {
        GenericKind::Lifetime(lifetime) => lifetime.to_token_stream(),
        GenericKind::Const(keyword, name) => quote!(#keyword #name),
        GenericKind::Type(name) => name.to_token_stream(),
    }
}

/// As an argument.
pub(super) fn declared_name(param: &GenericParam) -> TokenStream {
    match &param.kind {
        GenericKind::Lifetime(lifetime) => lifetime.to_token_stream(),
        GenericKind::Const(_, name) | GenericKind::Type(name) => name.to_token_stream(),
    }
}

/// Whether the bounds of a type parameter go into the where clause: where there are some already,
/// so that they stay together.
fn is_in_where_clause(param: &GenericParam, companion: &Companion<'_>) -> bool {
    let GenericKind::Type(name) = &param.kind else { return false };
    let named = |tokens: &TokenStream| names(tokens, name);
    param.attrs.is_empty() && (named(&companion.source.predicates) || companion.bounds.iter().any(named))
}

/// Whether `predicates` are about the parameter, among others.
pub(super) fn names(predicates: &TokenStream, param: &Ident) -> bool {
    predicates.clone().into_iter().any(|tree| matches!(tree, TokenTree::Ident(ident) if ident == *param))
}

/// What is asked of a parameter: by the async fn, and by the companion.
fn bounds(param: &GenericParam, companion: &Companion<'_>) -> Vec<TokenStream> {
    let owned = companion.owned;
    let mut bounds: Vec<TokenStream> = Vec::new();
    if !param.bounds.is_empty() {
        bounds.push(param.bounds.clone());
    }
    match &param.kind {
        GenericKind::Lifetime(_) => bounds.extend(owned.then(|| quote!('static))),
        GenericKind::Const(..) => {}
        GenericKind::Type(name) => {
            if let Some(ask) = companion.asks.iter().find(|ask| ask.is_of(name)) {
                bounds.extend(asked(ask, owned));
            }
        }
    }
    bounds
}

pub(super) fn asked(ask: &Ask<'_>, owned: bool) -> Vec<TokenStream> {
    // Where the parameter stands, since rustc points there when an argument does not do.
    let span = at(match ask.subject {
        Subject::Own(name) | Subject::Outer(name) => name.span(),
        Subject::Projection { path, .. } => path.first().map_or_else(Span::call_site, |piece| piece.span().0),
        Subject::This | Subject::Associated(_) => Span::call_site(),
    });
    let sized = ask.sized.then(|| quote_spanned!(span=> ::core::marker::Sized));
    let send = ask.send.then(|| quote_spanned!(span=> ::core::marker::Send));
    let sync = ask.sync.then(|| quote_spanned!(span=> ::core::marker::Sync));
    let owned = owned.then(|| quote_spanned!(span=> 'static));
    sized.into_iter().chain(send).chain(sync).chain(owned).collect()
}

/// What is asked of a type that is not the companion's own, if anything is.
pub(super) fn predicate(ask: &Ask<'_>, owned: bool) -> Option<TokenStream> {
    let subject = match ask.subject {
        Subject::Own(_) => return None,
        Subject::Outer(name) => name.to_token_stream(),
        Subject::This => quote!(Self),
        Subject::Associated(name) => quote!(Self::#name),
        Subject::Projection { path, .. } => {
            Rewrite { elided: Box::new(std::iter::empty()), impls: Impls::Keep }.pieces(path, false)
        }
    };
    let bounds = asked(ask, owned);
    (!bounds.is_empty()).then(|| quote!(#subject: #(#bounds)+*))
}

/// `where …`, or nothing.
pub(super) fn where_clause(companion: &Companion<'_>) -> TokenStream {
    let owned = companion.owned;
    let source = companion.source;
    let mut predicates = Vec::new();
    for param in source.generics.iter().filter(|param| is_in_where_clause(param, companion)) {
        let (name, bounds) = (declared(param), bounds(param, companion));
        if !bounds.is_empty() {
            predicates.push(quote!(#name: #(#bounds)+*));
        }
    }
    if !source.predicates.is_empty() {
        predicates.push(source.predicates.clone());
    }
    // `Self: 'static` is said below.
    predicates
        .extend(companion.asks.iter().filter_map(|ask| predicate(ask, owned && !matches!(ask.subject, Subject::This))));
    if owned && (source.receiver.is_some() || source.mentions_self) {
        predicates.push(quote!(Self: 'static));
    }
    predicates.extend(companion.bounds.iter().cloned());
    if predicates.is_empty() { TokenStream::new() } else { quote!(where #(#predicates),*) }
}
