//! The return type of a function that is not async: a future or a stream, recognized by the usual names.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::{
    AngleBracketedGenericArguments, CapturedParam, GenericArgument, PathArguments, PathSegment, Token, Type,
    TypeParamBound,
};

use super::tokens::{has_ident, is_punct};
use super::types;

/// A future or a stream.
pub(super) struct Found {
    /// The type of its value or its items.
    pub(super) value: Type,
    /// The name that makes it `!Send`.
    pub(super) not_send: Option<Span>,
    /// The name of an `impl Trait` that says nothing of `Send`: in a trait it is not.
    pub(super) unpromised: Option<Span>,
    /// Whether its type says that it borrows nothing.
    pub(super) owned: bool,
}

/// The names to look for.
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

/// Takes `T` out of `impl Future<Output = T>`, `Pin<Box<dyn Future<Output = T>>>` or `BoxFuture<'_, T>`. Any other type
/// stays whole.
pub(super) fn find(ty: &mut Type, names: &Names) -> Option<Found> {
    find_in(ty, names, false)
}

fn find_in(ty: &mut Type, names: &Names, is_pinned: bool) -> Option<Found> {
    match ty {
        Type::Group(group) => find_in(&mut group.elem, names, is_pinned),
        Type::Paren(paren) => find_in(&mut paren.elem, names, is_pinned),
        Type::ImplTrait(hidden) => bound(&mut hidden.bounds, names, false),
        // What may not be moved is a future only in a `Pin`.
        Type::TraitObject(object)
            if object.dyn_token.is_some() && (is_pinned || types::has_bound(&object.bounds, "Unpin")) =>
        {
            bound(&mut object.bounds, names, true)
        }
        Type::Path(path) if path.qself.is_none() => {
            let PathSegment { ident, arguments: PathArguments::AngleBracketed(arguments) } =
                path.path.segments.last_mut()?
            else {
                return None;
            };
            if ident == "Pin" || ident == "Box" {
                let is_pinned = is_pinned || ident == "Pin";
                return arguments.args.iter_mut().find_map(type_of).and_then(|inner| find_in(inner, names, is_pinned));
            }
            let local = ident == names.boxed_local;
            if !local && ident != names.boxed {
                return None;
            }
            let not_send = local.then(|| ident.span());
            let owned = arguments
                .args
                .iter()
                .any(|argument| matches!(argument, GenericArgument::Lifetime(lifetime) if lifetime.ident == "static"));
            Some(Found { value: take(type_of(arguments.args.last_mut()?)?), not_send, unpromised: None, owned })
        }
        _ => None,
    }
}

/// Whether the names of futures are in the return type of a function with these tokens, which is not parsed yet.
pub(super) fn may_be_future(head: &[TokenTree]) -> bool {
    let arrow = head.windows(2).position(|pair| is_punct(&pair[0], '-') && is_punct(&pair[1], '>'));
    let Some(arrow) = arrow else { return false };
    let names = [FUTURE.bound, FUTURE.boxed, FUTURE.boxed_local];
    head[arrow..].iter().any(|tree| names.iter().any(|name| has_ident(tree, name)))
}

/// `path::Future<Output = T> + Send + 'a`
fn bound(bounds: &mut Punctuated<TypeParamBound, Token![+]>, names: &Names, is_dyn: bool) -> Option<Found> {
    let is_send = types::has_bound(bounds, "Send");
    let lifetimes = || {
        bounds
            .iter()
            .filter_map(|bound| if let TypeParamBound::Lifetime(lifetime) = bound { Some(lifetime) } else { None })
    };
    let captures_nothing = bounds.iter().any(|bound| {
        matches!(bound, TypeParamBound::PreciseCapture(capture)
            if !capture.params.iter().any(|param| matches!(param, CapturedParam::Lifetime(_))))
    });
    let owned = lifetimes().any(|lifetime| lifetime.ident == "static")
        || is_dyn && lifetimes().next().is_none()
        || captures_nothing;
    // Another trait may have `Send` among its supertraits.
    let is_silent = !is_dyn && bounds.iter().filter(|bound| matches!(bound, TypeParamBound::Trait(_))).count() == 1;
    bounds.iter_mut().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let last = bound.path.segments.last_mut().filter(|last| last.ident == names.bound)?;
        let not_send = (is_dyn && !is_send).then(|| last.ident.span());
        let unpromised = is_silent.then(|| last.ident.span());
        let PathArguments::AngleBracketed(arguments) = &mut last.arguments else { return None };
        Some(Found { value: take(binding(arguments, names.value)?), not_send, unpromised, owned })
    })
}

/// The `T` of `name = T`.
fn binding<'a>(arguments: &'a mut AngleBracketedGenericArguments, name: &str) -> Option<&'a mut Type> {
    arguments.args.iter_mut().find_map(|argument| match argument {
        GenericArgument::AssocType(binding) if binding.ident == name => Some(&mut binding.ty),
        _ => None,
    })
}

fn type_of(argument: &mut GenericArgument) -> Option<&mut Type> {
    if let GenericArgument::Type(ty) = argument { Some(ty) } else { None }
}

fn take(ty: &mut Type) -> Type {
    std::mem::replace(ty, Type::Verbatim(TokenStream::new()))
}
