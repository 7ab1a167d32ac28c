//! Where a companion's handle comes from.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

use crate::model::{Function, HandleSource, Kind, Options, Piece, ReceiverKind, Tokens, Ty};

pub(super) fn source(function: &Function, options: &Options, kind: Kind) -> HandleSource {
    match &options.handle {
        Some(handle) => {
            // A limit is set on a handle of its own; `submit` has none, and keeps nothing of the expression.
            let submits = kind == Kind::Submit;
            let own = !submits && options.timeout.is_some();
            let cloned = (!own && moves(function, &handle.tokens)) || (!submits && calls(&handle.tokens));
            let branches = any_group(&handle.tokens, |delimiter| delimiter == Delimiter::Brace);
            HandleSource::Expression { tokens: value(function, handle), cloned, branches }
        }
        None => HandleSource::Parameter(parameter(function, options)),
    }
}

/// An expression whose `self` is the function's: it has another hygiene where a `macro_rules!` wrote the options and was
/// given the function.
pub(super) fn value(function: &Function, expression: &Tokens) -> TokenStream {
    match &function.receiver {
        Some(receiver) => seen_from(receiver.self_token.span(), expression.tokens.clone()),
        None => expression.tokens.clone(),
    }
}

fn seen_from(site: Span, tokens: TokenStream) -> TokenStream {
    let seen = |tree| match tree {
        TokenTree::Ident(mut ident) if ident == "self" => {
            ident.set_span(ident.span().resolved_at(site));
            TokenTree::Ident(ident)
        }
        TokenTree::Group(group) => {
            let mut seen = Group::new(group.delimiter(), seen_from(site, group.stream()));
            seen.set_span(group.span());
            TokenTree::Group(seen)
        }
        tree => tree,
    };
    tokens.into_iter().map(seen).collect()
}

/// `handle`, if no argument is called that.
fn parameter(function: &Function, options: &Options) -> Ident {
    let taken = function.args.iter().filter_map(|arg| arg.name.as_ref()).any(|name| name == "handle");
    // Underlined as `local` where that is what asks for another type than people expect.
    let span = options.local.map_or_else(Span::mixed_site, |local| Span::mixed_site().located_at(local));
    Ident::new(if taken { "loop_handle" } else { "handle" }, span)
}

/// Whether `expression` names something that the call then moves, or borrows mutably.
fn moves(function: &Function, expression: &TokenStream) -> bool {
    let own = function.receiver.as_ref().is_some_and(|receiver| match &receiver.kind {
        ReceiverKind::Value => true,
        ReceiverKind::Reference(reference) => reference.mutable.is_some(),
        ReceiverKind::Typed(ty) => !is_shared_reference(ty),
    });
    (own && mentions(expression, "self"))
        || function.args.iter().any(|arg| {
            !is_shared_reference(&arg.ty)
                && arg.name.as_ref().is_some_and(|name| mentions(expression, &name.to_string()))
        })
}

/// Whether `expression` is more than a place: it may leave temporaries, a lock's guard, say, which must not live as
/// long as the wait.
fn calls(expression: &TokenStream) -> bool {
    any_group(expression, |_| true)
}

/// Whether delimiters that can be seen are among `tokens`, also where a `$h:expr` has put others around them.
fn any_group(tokens: &TokenStream, is: fn(Delimiter) -> bool) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => any_group(&group.stream(), is),
        TokenTree::Group(group) => is(group.delimiter()),
        _ => false,
    })
}

fn is_shared_reference(ty: &Ty) -> bool {
    matches!(ty.0.first(), Some(Piece::Reference(reference, _)) if reference.mutable.is_none())
}

/// Whether an identifier is among `tokens`.
pub(crate) fn mentions(tokens: &TokenStream, name: &str) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => mentions(&group.stream(), name),
        _ => false,
    })
}
