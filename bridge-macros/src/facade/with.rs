//! `with(T = Type)`: type parameters that have one type in the facade.

use proc_macro2::{Group, Spacing, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{FnArg, GenericParam, Generics, Ident, Result, Signature, Type, WhereClause};

use super::errors::mistake;
use super::options::With;
use super::tokens::{text, ungrouped};
use crate::ast::tokens::is_punct;

/// Puts the types in the place of their parameters, and gives the arguments of a call's own parameters.
pub(super) fn substitute(sig: &mut Signature, with: &[With]) -> Result<Vec<TokenStream>> {
    check(sig, with)?;
    let argument = |param: &GenericParam| match param {
        GenericParam::Type(param) => {
            let given = with.iter().find(|with| with.param == param.ident);
            Some(given.map_or_else(|| param.ident.to_token_stream(), |with| with.ty.to_token_stream()))
        }
        GenericParam::Const(param) => Some(param.ident.to_token_stream()),
        GenericParam::Lifetime(_) => None,
    };
    let arguments = sig.generics.params.iter().filter_map(argument).collect();
    if !with.is_empty() {
        remove(&mut sig.generics, with);
        replace(sig, with, Signature::parse);
    }
    Ok(arguments)
}

/// Refuses a parameter that the method does not have.
fn check(sig: &Signature, with: &[With]) -> Result<()> {
    let has = |name: &Ident| sig.generics.type_params().any(|param| param.ident == *name);
    let Some(With { param, .. }) = with.iter().find(|with| !with.is_default && !has(&with.param)) else {
        return Ok(());
    };
    let name = &sig.ident;
    let unnamed = sig.inputs.iter().find_map(|input| match input {
        FnArg::Typed(arg) => match ungrouped(&arg.ty) {
            Type::ImplTrait(it) => Some((&arg.pat, &it.bounds)),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    });
    let help = match unnamed {
        Some((pat, bounds)) => format!(
            "give the `impl Trait` argument a name: `fn {name}<{param}: {}>({}: {param})`",
            text(bounds),
            text(pat)
        ),
        None => format!("name a type parameter of `{name}` itself, as `T` of `fn {name}<T>`"),
    };
    Err(mistake(param, format!("`{name}` has no type parameter `{param}`"), help))
}

/// What [`substitute`] does, in the head of an impl.
pub(super) fn substitute_in_impl(generics: &mut Generics, ty: &mut Type, with: &[With]) {
    if !with.is_empty() {
        remove(generics, with);
        let mut clause = generics.where_clause.take();
        replace(&mut clause, with, <Option<WhereClause>>::parse);
        replace(generics, with, Generics::parse);
        generics.where_clause = clause;
        replace(ty, with, Type::parse);
    }
}

/// Puts the async type in the place of `Self`.
pub(super) fn replace_self(sig: &mut Signature, this: &TokenStream) {
    replace(sig, &[With::of_self(this)], Signature::parse);
}

fn remove(generics: &mut Generics, with: &[With]) {
    let is_given = |param: &GenericParam| matches!(param, GenericParam::Type(param) if with.iter().any(|with| with.param == param.ident));
    generics.params = std::mem::take(&mut generics.params).into_iter().filter(|param| !is_given(param)).collect();
}

/// Puts the types into a part of a signature.
fn replace<T: ToTokens>(part: &mut T, with: &[With], parse: fn(ParseStream<'_>) -> Result<T>) {
    // What does not parse with the types does not compile without them.
    if let Ok(replaced) = parse.parse2(replaced(part.to_token_stream(), with)) {
        *part = replaced;
    }
}

fn replaced(tokens: TokenStream, with: &[With]) -> TokenStream {
    let mut replaced = TokenStream::new();
    let mut trees = tokens.into_iter().peekable();
    // Whether a name is the first of its path, and no lifetime's; whether the second `:` of a `::` follows.
    let (mut is_first, mut is_half) = (true, false);
    while let Some(tree) = trees.next() {
        let given = match &tree {
            TokenTree::Ident(name) if is_first => with.iter().find(|with| with.param == *name),
            _ => None,
        };
        let was_half = std::mem::replace(&mut is_half, is_joint_colon(&tree));
        is_first = !(is_punct(&tree, '\'') || was_half && is_punct(&tree, ':'));
        match (given, tree) {
            (Some(With { ty, .. }), _) if trees.peek().is_some_and(is_joint_colon) => replaced.extend(quote!(<#ty>)),
            (Some(With { ty, .. }), _) => ty.to_tokens(&mut replaced),
            (None, TokenTree::Group(group)) => {
                let mut inner = Group::new(group.delimiter(), self::replaced(group.stream(), with));
                inner.set_span(group.span());
                replaced.extend([TokenTree::from(inner)]);
            }
            (None, tree) => replaced.extend([tree]),
        }
    }
    replaced
}

fn is_joint_colon(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint)
}
