//! Callbacks among the arguments, `&mut dyn FnMut(…)` and the like, that say nothing of `Send`: these cannot go to the
//! loop.
//!
//! rustc reports it of the future, and never says what to write. Of other traits a macro cannot know it: `Send` may be
//! a supertrait of theirs.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::punctuated::Punctuated;
use syn::{Error, GenericArgument, PatType, Path, PathArguments, Token, Type, TypeParamBound, TypeReference};

use crate::ast::tokens::is_punct;
use crate::ast::types::{self, Reach, ends_in, has_bound};
use crate::ast::{Block, Function, Returns};
use crate::attr::Options;
use crate::error::Errors;
use crate::plan::Place;

pub(super) fn arguments(function: &Function, place: Place<'_>, options: &Options, errors: &mut Errors) {
    if is_promised(function, place, options) {
        return;
    }
    mistakes(function.args()).into_iter().for_each(|mistake| errors.push_error(mistake));
}

/// Of arguments that a future holds.
pub(crate) fn mistakes<'a>(args: impl Iterator<Item = &'a PatType>) -> Vec<Error> {
    let mut mistakes = Vec::new();
    // One by value is unsized, which rustc reports.
    for arg in args.filter(|arg| !matches!(types::ungroup(&arg.ty), Type::TraitObject(_))) {
        look_into(&arg.ty, Reach::VALUE, None, &mut mistakes);
    }
    mistakes
}

/// Whether what the function returns is `Send` by its type, so that only an impl, or the other macro, holds the
/// arguments.
fn is_promised(function: &Function, place: Place<'_>, options: &Options) -> bool {
    let interface = place.block().and_then(Block::as_trait);
    let is_left_to_impls = interface.is_some() && !function.has_body && options.local.is_none();
    let is_async_trait = interface.is_some_and(|interface| interface.async_trait.is_some());
    is_left_to_impls || is_async_trait || function.returns == Returns::AsyncTrait
}

/// Looks through references and the types whose content must be `Send` for them to be. Others may do what they like.
fn look_into(ty: &Type, reach: Reach, parent: Option<&TypeReference>, mistakes: &mut Vec<Error>) {
    match ty {
        Type::Group(group) => look_into(&group.elem, reach, parent, mistakes),
        Type::Paren(paren) => look_into(&paren.elem, reach, parent, mistakes),
        Type::Array(array) => look_into(&array.elem, reach, None, mistakes),
        Type::Slice(slice) => look_into(&slice.elem, reach, None, mistakes),
        Type::Tuple(tuple) => tuple.elems.iter().for_each(|element| look_into(element, reach, None, mistakes)),
        Type::Reference(reference) => look_into(&reference.elem, reach.behind(reference), Some(reference), mistakes),
        Type::Path(path) if path.qself.is_none() => in_path(&path.path, reach, mistakes),
        Type::TraitObject(object) if object.bounds.iter().any(is_callback) => {
            report(&object.bounds, ty, reach, parent, mistakes);
        }
        _ => {}
    }
}

fn in_path(path: &Path, reach: Reach, mistakes: &mut Vec<Error>) {
    const CONTAINERS: [&str; 5] = ["Box", "Vec", "Option", "Arc", "Pin"];
    let Some(last) = path.segments.last() else { return };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return };
    if !CONTAINERS.iter().any(|name| last.ident == name) {
        return;
    }
    for argument in &arguments.args {
        if let GenericArgument::Type(ty) = argument {
            look_into(ty, reach.inside(&last.ident), None, mistakes);
        }
    }
}

/// `Fn(…)`, `FnMut(…)` or `FnOnce(…)`, of which `Send` is no supertrait.
fn is_callback(bound: &TypeParamBound) -> bool {
    let TypeParamBound::Trait(bound) = bound else { return false };
    let has_parentheses =
        bound.path.segments.last().is_some_and(|last| matches!(last.arguments, PathArguments::Parenthesized(_)));
    has_parentheses && ["Fn", "FnMut", "FnOnce"].iter().any(|name| ends_in(&bound.path, name))
}

fn report(
    bounds: &Punctuated<TypeParamBound, Token![+]>,
    object: &Type,
    reach: Reach,
    parent: Option<&TypeReference>,
    mistakes: &mut Vec<Error>,
) {
    let needed = [("Send", reach.owned), ("Sync", reach.shared)];
    let missing: Vec<&str> = needed
        .into_iter()
        .filter(|(name, is_needed)| *is_needed && !has_bound(bounds, name))
        .map(|(name, _)| name)
        .collect();
    if missing.is_empty() {
        return;
    }
    let mut more = String::new();
    print(object.to_token_stream(), &mut more);
    let more = format!("{more} + {}", missing.join(" + "));
    let write = match parent {
        Some(TypeReference { lifetime, mutability, .. }) => {
            let lifetime = lifetime.as_ref().map(|lifetime| format!("{lifetime} ")).unwrap_or_default();
            let mutability = if mutability.is_some() { "mut " } else { "" };
            format!("&{lifetime}{mutability}({more})")
        }
        None => more,
    };
    let why =
        if reach.owned { "arguments cross threads" } else { "arguments cross threads by `&`, which needs `Sync`" };
    mistakes.push(Error::new_spanned(
        object,
        format!("this callback is not known to be `{}`, and {why}: write `{write}`", missing.join("` and `")),
    ));
}

/// As people write types, which `TokenStream` does not.
fn print(tokens: TokenStream, text: &mut String) {
    let mut trees = tokens.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                print(group.stream(), text);
                text.push_str(close);
            }
            TokenTree::Punct(mark) => match mark.as_char() {
                '-' if trees.peek().is_some_and(|next| is_punct(next, '>')) => {
                    trees.next();
                    text.push_str(" -> ");
                }
                mark @ (',' | ';') => text.extend([mark, ' ']),
                mark @ ('+' | '=') => text.extend([' ', mark, ' ']),
                mark => text.push(mark),
            },
            word => {
                if text.ends_with(|last: char| last.is_alphanumeric() || "_>)".contains(last)) {
                    text.push(' ');
                }
                text.push_str(&word.to_string());
            }
        }
    }
}
