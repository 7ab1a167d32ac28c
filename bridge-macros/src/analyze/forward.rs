//! The attributes of an async fn that its companions have too.

use std::fmt::Write as _;

use proc_macro2::{Group, Ident, Punct, Spacing, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Attribute, Expr, ExprLit, GenericParam, Lit, Meta, Path};

use crate::ast::Function;
use crate::ast::tokens::{commas, ungrouped};

/// Those of a function: what decides whether it is there, and how it is treated; not other macros.
pub(crate) fn of_function(attrs: &[Attribute]) -> Vec<TokenStream> {
    attrs.iter().filter_map(|attr| forwarded_attribute(attr, true)).collect()
}

/// Those of a parameter.
pub(crate) fn of_parameter(attrs: &[Attribute]) -> impl Iterator<Item = TokenStream> {
    attrs.iter().filter_map(|attr| forwarded_attribute(attr, false))
}

/// Those of an impl, for one that holds the companions alone: where another macro is on it, which would take them for
/// functions of its kind.
pub(super) fn of_split_impl(attrs: &[Attribute]) -> Option<Vec<TokenStream>> {
    const KNOWN: [&str; 10] =
        ["allow", "automatically_derived", "cfg", "cfg_attr", "deny", "doc", "expect", "forbid", "must_use", "warn"];
    const TOOLS: [&str; 4] = ["clippy::", "diagnostic::", "rustdoc::", "rustfmt::"];
    let is_known = |path: &str| KNOWN.contains(&path) || TOOLS.iter().any(|tool| path.starts_with(tool));
    attrs.iter().any(|attr| !is_known(&path(attr.path()))).then(|| of_function(attrs))
}

/// A path without spaces: `doc`, `tokio::test`.
pub(crate) fn path(path: &Path) -> String {
    let mut text = String::new();
    for segment in &path.segments {
        let separator = if text.is_empty() { "" } else { "::" };
        let _ = write!(text, "{separator}{}", segment.ident);
    }
    text
}

/// The text of a doc comment.
pub(crate) fn doc_text(attr: &Attribute) -> Option<String> {
    match &attr.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

fn forwarded_attribute(attr: &Attribute, of_function: bool) -> Option<TokenStream> {
    let name = attr.path().get_ident()?.to_string();
    if name == "doc" && !matches!(attr.meta, Meta::List(_)) {
        return None;
    }
    forwarded(&name, || attr.meta.to_token_stream(), of_function)
}

fn forwarded(name: &str, meta: impl FnOnce() -> TokenStream, of_function: bool) -> Option<TokenStream> {
    match name {
        "cfg" | "allow" | "warn" | "deny" | "forbid" => Some(meta()),
        "deprecated" | "must_use" | "target_feature" if of_function => Some(meta()),
        // A lint that is expected in the async fn need not occur here.
        "expect" => Some(allow(meta())),
        "doc" if of_function => Some(meta()).filter(|meta| lists(meta, &["hidden", "cfg"])),
        "cfg_attr" => conditional(meta(), of_function),
        _ => None,
    }
}

fn allow(meta: TokenStream) -> TokenStream {
    let mut trees: Vec<TokenTree> = ungrouped(meta).into_iter().collect();
    if let Some(TokenTree::Ident(ident)) = trees.first_mut() {
        *ident = Ident::new("allow", ident.span());
    }
    trees.into_iter().collect()
}

/// Whether it is `doc(hidden)`.
pub(super) fn hides(meta: &TokenStream) -> bool {
    meta.clone().into_iter().next().is_some_and(|tree| matches!(tree, TokenTree::Ident(word) if word == "doc"))
        && lists(meta, &["hidden"])
}

/// Whether the list of `meta` begins with one of `words`. `doc(hidden)` and `doc(cfg(…))` say how an item is shown, not
/// what its docs are.
fn lists(meta: &TokenStream, words: &[&str]) -> bool {
    matches!(ungrouped(meta.clone()).into_iter().nth(1), Some(TokenTree::Group(group))
        if matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(word)) if words.iter().any(|known| word == known)))
}

/// `cfg_attr(condition, a, b)` with those that are forwarded.
fn conditional(meta: TokenStream, of_function: bool) -> Option<TokenStream> {
    let mut trees: Vec<TokenTree> = ungrouped(meta).into_iter().collect();
    let Some(TokenTree::Group(group)) = trees.last_mut() else { return None };
    let mut parts = commas(group.stream()).into_iter();
    let mut content = parts.next()?;
    let mut any = false;
    for part in parts {
        let name = match part.clone().into_iter().next() {
            Some(TokenTree::Ident(ident)) => ident.to_string(),
            _ => continue,
        };
        if let Some(part) = forwarded(&name, || part, of_function) {
            content.extend([TokenTree::from(Punct::new(',', Spacing::Alone))]);
            content.extend(part);
            any = true;
        }
    }
    let mut replaced = Group::new(group.delimiter(), content);
    replaced.set_span(group.span());
    *group = replaced;
    any.then(|| trees.into_iter().collect())
}

/// More conditions would need a call for each of their combinations.
pub(super) const MAX_CFGS: usize = 4;

/// The distinct conditions of parameters; at most one more than [`MAX_CFGS`].
pub(super) fn cfgs(function: &Function) -> Vec<String> {
    let generics = function.sig.generics.params.iter().map(|param| match param {
        GenericParam::Lifetime(_) => &[][..],
        GenericParam::Type(param) => &param.attrs,
        GenericParam::Const(param) => &param.attrs,
    });
    let mut conditions = Vec::new();
    for condition in function.args().map(|arg| &*arg.attrs).chain(generics).flat_map(conditions_of) {
        let condition = condition.to_string();
        if conditions.len() <= MAX_CFGS && !conditions.contains(&condition) {
            conditions.push(condition);
        }
    }
    conditions
}

/// The condition of each `cfg(…)`.
pub(crate) fn conditions_of(attrs: &[Attribute]) -> impl Iterator<Item = &TokenStream> {
    attrs.iter().filter_map(|attr| match &attr.meta {
        Meta::List(list) if list.path.is_ident("cfg") => Some(&list.tokens),
        _ => None,
    })
}

/// The `cfg`s among `attrs`.
pub(crate) fn cfg_attributes(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg"))
}
