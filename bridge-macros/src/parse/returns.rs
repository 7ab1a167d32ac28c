//! What a function that is not async returns: a future or a stream, seen by the names that everybody gives them.

use proc_macro2::{Delimiter, Span, TokenTree};

use crate::model::{Piece, Ty};

/// A future or a stream, and what it gives.
pub(super) struct Found {
    pub(super) value: Ty,
    /// The name that says that it is not `Send`.
    pub(super) not_send: Option<Span>,
    /// Whether it is said to borrow nothing.
    pub(super) owned: bool,
}

/// What is looked for.
pub(super) struct Names {
    bound: &'static str,
    value: &'static str,
    boxed: &'static str,
    boxed_local: &'static str,
}

pub(super) const FUTURE: Names =
    Names { bound: "Future", value: "Output", boxed: "BoxFuture", boxed_local: "LocalBoxFuture" };
pub(super) const STREAM: Names =
    Names { bound: "Stream", value: "Item", boxed: "BoxStream", boxed_local: "LocalBoxStream" };

/// Takes `T` out of `impl Future<Output = T>`, `Pin<Box<dyn Future<Output = T>>>` or `BoxFuture<'_, T>`; a type that is
/// none of these stays whole.
pub(super) fn find(ty: &mut Ty, names: &Names) -> Option<Found> {
    match &mut ty.0[..] {
        [Piece::Group(Delimiter::None | Delimiter::Parenthesis, _, inner)] => find(inner, names),
        [Piece::Impl(_, bounds)] => bound(&mut bounds.0, names, false),
        [Piece::Ident(word), bounds @ ..] if word == "dyn" => bound(bounds, names, true),
        [.., Piece::Ident(name), Piece::Angle(_, arguments, _)] => {
            if name == "Pin" || name == "Box" {
                return find(arguments, names);
            }
            let local = name == names.boxed_local;
            if !local && name != names.boxed {
                return None;
            }
            let not_send = local.then(|| name.span());
            let owned = arguments.0.iter().any(is_static);
            Some(Found { value: last(&mut arguments.0)?, not_send, owned })
        }
        _ => None,
    }
}

/// `path::Future<Output = T> + Send + 'a`
fn bound(bounds: &mut [Piece], names: &Names, is_dyn: bool) -> Option<Found> {
    let at = bounds
        .windows(2)
        .position(|pair| matches!(pair, [Piece::Ident(name), Piece::Angle(..)] if name == names.bound))?;
    let is_send = bounds.iter().any(|piece| matches!(piece, Piece::Ident(name) if name == "Send"));
    let names_lifetime = bounds.iter().any(|piece| matches!(piece, Piece::Lifetime(_)));
    let captures_nothing = bounds.windows(2).any(|pair| {
        matches!(pair, [Piece::Ident(word), Piece::Angle(_, captured, _)]
            if word == "use" && !captured.any(|piece| matches!(piece, Piece::Lifetime(_))))
    });
    let owned = bounds.iter().any(is_static) || (is_dyn && !names_lifetime) || captures_nothing;
    let not_send = match &bounds[at] {
        Piece::Ident(name) if is_dyn && !is_send => Some(name.span()),
        _ => None,
    };
    let Piece::Angle(_, arguments, _) = &mut bounds[at + 1] else { return None };
    Some(Found { value: binding(&mut arguments.0, names.value)?, not_send, owned })
}

fn is_static(piece: &Piece) -> bool {
    matches!(piece, Piece::Lifetime(lifetime) if lifetime.ident == "static")
}

/// The `T` of `name = T`.
fn binding(arguments: &mut Vec<Piece>, name: &str) -> Option<Ty> {
    let start = arguments
        .windows(2)
        .position(|pair| matches!(pair, [Piece::Ident(word), equals] if word == name && is_punct(equals, '=')))?
        + 2;
    let end =
        arguments[start..].iter().position(|piece| is_punct(piece, ',')).map_or(arguments.len(), |end| start + end);
    is_type(&arguments[start..end]).then(|| Ty(arguments.drain(start..end).collect()))
}

/// The last of `<'a, T>`, where that is a type.
fn last(arguments: &mut Vec<Piece>) -> Option<Ty> {
    if arguments.last().is_some_and(|piece| is_punct(piece, ',')) {
        arguments.pop();
    }
    let start = arguments.iter().rposition(|piece| is_punct(piece, ',')).map_or(0, |comma| comma + 1);
    is_type(&arguments[start..]).then(|| Ty(arguments.drain(start..).collect()))
}

/// Not a lifetime, nor a constant: `3`, `-3` or `{ N }`.
fn is_type(argument: &[Piece]) -> bool {
    match argument {
        [] | [Piece::Lifetime(_)] | [Piece::Raw(TokenTree::Literal(_) | TokenTree::Group(_)), ..] => false,
        [first, ..] => !is_punct(first, '-'),
    }
}

fn is_punct(piece: &Piece, char: char) -> bool {
    matches!(piece, Piece::Raw(TokenTree::Punct(punct)) if punct.as_char() == char)
}
