//! Where a companion's handle comes from.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::{Expr, ExprCall, ExprPath, FnArg, Path, ReceiverKind};

use super::{bridge, forward};
use crate::ast::tokens::{mentions, ungrouped};
use crate::ast::{Function, binding, types};
use crate::attr::Options;
use crate::plan::{HandleSource, Kind, Target};

pub(super) fn source(function: &Function, options: &Options, kind: Kind) -> HandleSource {
    match &options.handle {
        Some(handle) => {
            // A timeout is set on a handle of its own; `submit` has none, and keeps nothing of the expression.
            let submits = kind == Kind::Submit;
            let own = !submits && options.timeout.is_some();
            let cloned = (!own && moves(function, handle)) || (!submits && calls(handle));
            let branches = any_group(handle, |delimiter| delimiter == Delimiter::Brace)
                || matches!(outermost(handle), Some(Expr::Try(_)));
            let target = target(handle, options);
            HandleSource::Expression { tokens: value(function, handle), cloned, branches, target }
        }
        None => HandleSource::Parameter(parameter(function, options)),
    }
}

/// The expression outside of parentheses, where it is one that syn knows.
fn outermost(expression: &TokenStream) -> Option<Expr> {
    let mut expression = syn::parse2(expression.clone()).ok()?;
    loop {
        expression = match expression {
            Expr::Group(group) => *group.expr,
            Expr::Paren(paren) => *paren.expr,
            expression => return Some(expression),
        };
    }
}

/// The event loop that `expression` gives.
fn target(expression: &TokenStream, options: &Options) -> Target {
    let expression = ungrouped(expression.clone());
    let first = expression.clone().into_iter().next();
    match process_wide(expression, options).as_deref() {
        Some("global") => Target::Global,
        Some("shared") => Target::Shared,
        _ if first.is_some_and(|first| matches!(first, TokenTree::Ident(word) if word == "self")) => Target::This,
        _ => Target::Other,
    }
}

/// The `name` of a `bridge::name()`, where `bridge` is the path by which the companion knows the crate.
fn process_wide(expression: TokenStream, options: &Options) -> Option<String> {
    let Ok(Expr::Call(ExprCall { func, args, .. })) = syn::parse2(expression) else { return None };
    let Expr::Path(ExprPath { qself: None, path, .. }) = *func else { return None };
    let bridge: Path = syn::parse2(bridge(options)).ok()?;
    let path = forward::path(&path);
    let name = path.strip_prefix(&forward::path(&bridge))?.strip_prefix("::")?;
    args.is_empty().then(|| name.to_owned())
}

/// An expression whose `self` is the function's: it has another hygiene where a `macro_rules!` wrote the options and was
/// given the function.
pub(super) fn value(function: &Function, expression: &TokenStream) -> TokenStream {
    match function.receiver() {
        Some(receiver) => seen_from(receiver.self_token.span, expression.clone()),
        None => expression.clone(),
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

/// `handle`, if no argument has that name.
fn parameter(function: &Function, options: &Options) -> Ident {
    let taken = function.args().filter_map(binding).any(|pattern| pattern.ident == "handle");
    // At `local`, where that is the reason for another type than people expect.
    let span = options.local.map_or_else(Span::mixed_site, |local| Span::mixed_site().located_at(local));
    Ident::new(if taken { "loop_handle" } else { "handle" }, span)
}

/// Whether `expression` names something that the call then moves, or borrows mutably.
fn moves(function: &Function, expression: &TokenStream) -> bool {
    function.sig.inputs.iter().any(|input| match input {
        FnArg::Receiver(receiver) => {
            let moved = match &receiver.kind {
                ReceiverKind::Reference(_, _, mutability) => mutability.is_some(),
                ReceiverKind::Typed(_, ty) => !types::is_shared_reference(ty),
                _ => true,
            };
            moved && mentions(expression, "self")
        }
        FnArg::Typed(arg) => {
            !types::is_shared_reference(&arg.ty)
                && binding(arg).is_some_and(|pattern| mentions(expression, &pattern.ident.to_string()))
        }
    })
}

/// Whether `expression` is more than a place: it may leave temporaries, a lock's guard, say, which must not live as
/// long as the wait.
fn calls(expression: &TokenStream) -> bool {
    any_group(expression, |_| true)
}

/// Whether visible delimiters are among `tokens`, also where a `$h:expr` has put others around them.
fn any_group(tokens: &TokenStream, is: fn(Delimiter) -> bool) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => any_group(&group.stream(), is),
        TokenTree::Group(group) => is(group.delimiter()),
        _ => false,
    })
}
