//! Outputs that are awaited, and those that nobody who blocks can use.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{GenericArgument, Path, PathArguments, Result, Token, Type, TypeParamBound, parse_quote};

use super::errors::mistake;
use super::map::types_in;
use super::registry::Registry;
use super::tokens::{at, text, ungrouped};
use crate::ast::types::{self, Part};

/// The `T` of `impl Future<Output = T>`, `BoxFuture<'_, T>` and `Pin<Box<dyn Future<Output = T>>>`.
pub(super) fn output(ty: &Type) -> Option<Type> {
    match ungrouped(ty) {
        Type::ImplTrait(it) => of_bounds(&it.bounds),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            if last.ident == "BoxFuture" || last.ident == "LocalBoxFuture" {
                return arguments(&last.arguments).last().cloned();
            }
            if last.ident != "Pin" {
                return None;
            }
            let Type::Path(boxed) = ungrouped(arguments(&last.arguments).next()?) else { return None };
            let boxed = boxed.path.segments.last().filter(|last| last.ident == "Box")?;
            match ungrouped(arguments(&boxed.arguments).next()?) {
                Type::TraitObject(it) => of_bounds(&it.bounds),
                _ => None,
            }
        }
        _ => None,
    }
}

fn of_bounds<'a>(bounds: impl IntoIterator<Item = &'a TypeParamBound>) -> Option<Type> {
    bounds.into_iter().find_map(|bound| output_of(bound, "Future", "Output"))
}

/// The `T` of `Future<Output = T>`.
fn output_of(bound: &TypeParamBound, name: &str, key: &str) -> Option<Type> {
    let TypeParamBound::Trait(bound) = bound else { return None };
    let last = bound.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(it) if it.ident == key => Some(it.ty.clone()),
        _ => None,
    })
}

fn arguments(arguments: &PathArguments) -> impl Iterator<Item = &Type> {
    let args = match arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    args.into_iter().flatten().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

const ASYNC_TRAITS: [&str; 10] = [
    "AsyncBufRead",
    "AsyncRead",
    "AsyncSeek",
    "AsyncWrite",
    "Future",
    "FusedFuture",
    "FusedStream",
    "IntoFuture",
    "Sink",
    "Stream",
];

const ASYNC_TYPES: [&str; 4] = ["BoxFuture", "BoxStream", "LocalBoxFuture", "LocalBoxStream"];

/// The items of `impl Stream<Item = T>`, `BoxStream<'_, T>` and `Pin<Box<dyn Stream<Item = T> + Send>>`.
pub(super) fn items(ty: &Type) -> Option<Type> {
    if !cfg!(feature = "stream") {
        return None;
    }
    match ungrouped(ty) {
        Type::ImplTrait(it) => item_of(&it.bounds),
        Type::Path(path) if path.path.segments.last()?.ident == "BoxStream" => {
            arguments(&path.path.segments.last()?.arguments).last().cloned()
        }
        ty => item_of(boxed(ty)?),
    }
}

fn item_of(bounds: &Punctuated<TypeParamBound, Token![+]>) -> Option<Type> {
    bounds.iter().find_map(|bound| output_of(bound, "Stream", "Item"))
}

/// The bounds of a `Pin<Box<dyn Trait + Send>>`.
fn boxed(ty: &Type) -> Option<&Punctuated<TypeParamBound, Token![+]>> {
    match ungrouped(super::registry::in_pinned_box(ty)?) {
        Type::TraitObject(it) if types::has_bound(&it.bounds, "Send") => Some(&it.bounds),
        _ => None,
    }
}

/// Makes that type one of an iterator over `item`.
pub(super) fn iterates(ty: &mut Type, item: &Type) {
    let others: Vec<TokenStream> = match ungrouped(ty) {
        Type::Path(path) if boxed(ty).is_none() => {
            let arguments = path.path.segments.last().map(|last| &last.arguments);
            let lifetime = arguments.and_then(|arguments| match arguments {
                PathArguments::AngleBracketed(arguments) => arguments.args.first(),
                _ => None,
            });
            let lifetime = lifetime.filter(|argument| matches!(argument, GenericArgument::Lifetime(_)));
            [quote!(::core::marker::Send)].into_iter().chain(lifetime.map(|it| it.to_token_stream())).collect()
        }
        Type::ImplTrait(it) => {
            it.bounds.iter().filter(|bound| is_other(bound)).map(|it| it.to_token_stream()).collect()
        }
        ty => boxed(ty).into_iter().flatten().filter(|bound| is_other(bound)).map(|it| it.to_token_stream()).collect(),
    };
    let here = at(ty.span());
    let iterator = quote_spanned!(here=> ::core::iter::FusedIterator);
    *ty = parse_quote!(impl #iterator<Item = #item> #(+ #others)*);
}

/// Whether it is no bound that an iterator cannot have.
fn is_other(bound: &TypeParamBound) -> bool {
    !matches!(bound, TypeParamBound::Trait(bound) if ["Stream", "FusedStream"].iter().any(|name| types::ends_in(&bound.path, name)))
}

/// Refuses an output with a stream, a sink, a future in it that has no name. What is an argument of a facade stays
/// inside of it.
pub(super) fn refuse_unnamed(ty: &Type, registry: &Registry) -> Result<()> {
    let (mut found, mut inside) = (Vec::new(), Vec::new());
    types::walk_all(ty, &mut |part| {
        found.extend(unnamed(part));
        let Part::Path(path) = part else { return };
        let last = path.path.segments.last().filter(|_| registry.is_facade(&path.path));
        for argument in last.into_iter().flat_map(|last| types_in(&last.arguments)) {
            types::walk_all(argument, &mut |part| inside.extend(unnamed(part)));
        }
    });
    let is_inside = |found: &Path| inside.iter().any(|path| std::ptr::eq(*path, found));
    let Some(found) = found.into_iter().find(|found| !is_inside(found)) else { return Ok(()) };
    let name = text(found);
    let implements = match &*name {
        name if name.contains("Sink") => None,
        name if name.contains("Stream") => Some("Iterator"),
        name if name.contains("Write") => Some("Write"),
        name if name.contains("BufRead") => Some("BufRead"),
        name if name.contains("Read") => Some("Read"),
        name if name.contains("Seek") => Some("Seek"),
        _ => Some("IntoFuture"),
    };
    let help = match implements {
        Some(implements) => format!(
            "give the type a name and a facade, `pub struct Name(crate::Name): {implements};` in `facade!`, or leave this \
             method out with `#[threadsafe(skip)]`"
        ),
        None => "leave this method out with `#[threadsafe(skip)]`".to_owned(),
    };
    Err(mistake(found, format!("`{name}` would leave the facade, where nobody can await it"), help))
}

/// The path of an async trait without a name, or of a boxed one.
fn unnamed(part: Part<'_>) -> Option<&Path> {
    let (path, names): (_, &[&str]) = match part {
        Part::Bound(path) => (path, &ASYNC_TRAITS),
        Part::Path(path) => (&path.path, &ASYNC_TYPES),
        _ => return None,
    };
    names.iter().any(|name| types::ends_in(path, name)).then_some(path)
}
