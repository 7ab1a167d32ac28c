//! Where a companion's handle comes from.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{Expr, ExprCall, ExprPath, FnArg, Path, ReceiverKind, parse_quote};

use super::{bridge, forward, on_error};
use crate::ast::tokens::{mentions, ungrouped};
use crate::ast::{Function, binding, types};
use crate::attr::Options;
use crate::error::Errors;
use crate::plan::{HandleSource, Kind, OnError, Target};

pub(super) fn source(function: &Function, options: &Options, kind: Kind) -> HandleSource {
    let Some(handle) = &options.handle else {
        return HandleSource::Parameter(parameter(function, options));
    };
    // A timeout is set on a handle of its own; `submit` has none, and keeps nothing of the expression.
    let submits = kind == Kind::Submit;
    let own = !submits && options.timeout.is_some();
    let cloned = (!own && moves(function, handle)) || (!submits && calls(handle));
    let expression = outermost(handle);
    let target = target(handle, expression.as_ref(), &bridge(options));
    let on_error = on_error(function, options);
    // Where the companion returns errors of another type, `?` has no place to return its own.
    let asks = on_error == OnError::Wrap || kind == Kind::Stream;
    let expression = expression.as_ref();
    let attempt = expression.filter(|_| !submits && on_error != OnError::Panic);
    let attempt = attempt.and_then(|expression| attempt_of(expression, asks, &bridge(options)));
    let attempted = attempt.is_some();
    let branches = any_group(handle, |delimiter| delimiter == Delimiter::Brace)
        || expression.is_some_and(|expression| matches!(expression, Expr::Try(_)));
    let tokens = value(function, attempt.as_ref().unwrap_or(handle));
    HandleSource::Expression { tokens, cloned, branches, attempted, target }
}

/// What is seen to be a `Result`, or to return one, where the companion returns none.
pub(super) fn results(function: &Function, options: &Options, errors: &mut Errors) {
    let Some(handle) = &options.handle else { return };
    let expression = outermost(handle);
    let asks = matches!(expression, Some(Expr::Try(_)));
    let name = expression.and_then(|expression| process_wide(expression, &bridge(options)));
    let name = name.filter(|name| name.starts_with("try_"));
    if let Some(submit) = options.submit.as_ref().filter(|_| asks || name.is_some()) {
        errors.push(
            submit.span,
            "`submit` returns a `Task`, and cannot return the error of `handle = …`: give a handle that is no `Result`, as `bridge::global()` does, or remove `submit`",
        );
    }
    if let Some(name) = name.filter(|_| on_error(function, options) == OnError::Panic) {
        let message = format!(
            "`{name}` returns a `Result`: add `fallible`, and the companion returns its error, or write `{}`, which panics",
            name.trim_start_matches("try_")
        );
        errors.push(handle.clone().into_iter().next().map_or_else(Span::call_site, |tree| tree.span()), message);
    }
}

/// The expression of a handle that may be a `Result`, where it is seen to be one; `bridge` is the path of the crate.
pub(crate) fn attempt(handle: &TokenStream, bridge: &TokenStream) -> Option<TokenStream> {
    let expression = outermost(handle)?;
    attempt_of(&expression, true, bridge)
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

/// The expression that may be a `Result`: a call of a `try_…`, what comes before a `?`, and `try_global` in the place
/// of `global`, also where methods are called on that.
fn attempt_of(expression: &Expr, asks: bool, bridge: &TokenStream) -> Option<TokenStream> {
    let tries = |name: &Ident| name.to_string().starts_with("try_");
    match expression {
        Expr::Try(asked) if asks => Some(asked.expr.to_token_stream()),
        Expr::MethodCall(call) if tries(&call.method) => Some(call.to_token_stream()),
        Expr::MethodCall(_) => {
            let mut chain = expression.clone();
            let mut first = &mut chain;
            while let Expr::MethodCall(call) = first {
                first = &mut call.receiver;
            }
            // Of a `try_…`, the methods are those of a `Result`.
            process_wide(first.clone(), bridge).filter(|name| !name.starts_with("try_"))?;
            let attempt = attempt_of(first, false, bridge)?;
            let name = Ident::new("handle", Span::mixed_site());
            *first = parse_quote!(#name);
            Some(quote!(#attempt.map(|#name| #chain)))
        }
        Expr::Call(call) => {
            let mut call = call.clone();
            let Expr::Path(path) = &mut *call.func else { return None };
            let name = &mut path.path.segments.last_mut()?.ident;
            if !tries(name) {
                target_of(Some(expression.clone()), bridge)?;
                *name = Ident::new(&format!("try_{name}"), name.span());
            }
            Some(call.to_token_stream())
        }
        _ => None,
    }
}

/// The event loop that the expression gives.
fn target(tokens: &TokenStream, expression: Option<&Expr>, bridge: &TokenStream) -> Target {
    let asked = match expression {
        Some(Expr::Try(asked)) => outermost(&asked.expr.to_token_stream()),
        _ => expression.cloned(),
    };
    let first = ungrouped(tokens.clone()).into_iter().next();
    match target_of(asked, bridge) {
        Some(target) => target,
        None if first.is_some_and(|first| matches!(first, TokenTree::Ident(word) if word == "self")) => Target::This,
        None => Target::Other,
    }
}

/// That loop of the process which the expression is.
fn target_of(expression: Option<Expr>, bridge: &TokenStream) -> Option<Target> {
    match &*process_wide(expression?, bridge)? {
        "global" | "try_global" => Some(Target::Global),
        "shared" | "try_shared" => Some(Target::Shared),
        "next_shared" | "try_next_shared" => Some(Target::NextShared),
        _ => None,
    }
}

/// The `name` of a `bridge::name()`, where `bridge` is the path by which the companion knows the crate.
fn process_wide(expression: Expr, bridge: &TokenStream) -> Option<String> {
    let Expr::Call(ExprCall { func, args, .. }) = expression else { return None };
    let Expr::Path(ExprPath { qself: None, path, .. }) = *func else { return None };
    let bridge: Path = syn::parse2(bridge.clone()).ok()?;
    let path = forward::path(&path);
    let name = path.strip_prefix(&forward::path(&bridge))?.strip_prefix("::")?;
    args.is_empty().then(|| name.to_owned())
}

/// An expression whose `self` is the function's: it has another hygiene where a `macro_rules!` wrote the options and
/// was given the function.
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
