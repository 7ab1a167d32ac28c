//! Which attributes of the async fn its companions have too.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};

use crate::model::{Attr, Function, GenericKind};
use crate::parse::{commas, flat};

/// Of a function: what decides whether it is there, and how it is treated; not other macros.
pub(super) fn attributes(attrs: &[Attr]) -> Vec<TokenStream> {
    attrs.iter().filter_map(|attr| of(attr, true)).collect()
}

/// Of a parameter.
pub(crate) fn of_parameter(attrs: &[Attr]) -> Vec<TokenStream> {
    attrs.iter().filter_map(|attr| of(attr, false)).collect()
}

/// Of an impl, for one that the companions have to themselves: where another macro stands on it, which would take them
/// for functions of its kind.
pub(super) fn apart(attrs: &[Attr]) -> Option<Vec<TokenStream>> {
    let known =
        ["allow", "automatically_derived", "cfg", "cfg_attr", "deny", "doc", "expect", "forbid", "must_use", "warn"];
    let tools = ["clippy::", "diagnostic::", "rustdoc::", "rustfmt::"];
    let is_known = |path: &str| known.contains(&path) || tools.iter().any(|tool| path.starts_with(tool));
    attrs.iter().any(|attr| !is_known(&attr.path)).then(|| attributes(attrs))
}

fn of(attr: &Attr, of_function: bool) -> Option<TokenStream> {
    if attr.doc.is_some() { None } else { carried(&attr.path, &attr.meta(), of_function) }
}

fn carried(path: &str, meta: &TokenStream, of_function: bool) -> Option<TokenStream> {
    match path {
        "cfg" | "allow" | "warn" | "deny" | "forbid" => Some(meta.clone()),
        "deprecated" | "must_use" | "target_feature" if of_function => Some(meta.clone()),
        // What is expected in the async fn need not occur here.
        "expect" => Some(allow(meta)),
        "doc" if of_function => hides(meta).then(|| meta.clone()),
        "cfg_attr" => conditional(meta, of_function),
        _ => None,
    }
}

fn allow(meta: &TokenStream) -> TokenStream {
    let mut trees: Vec<TokenTree> = flat(meta.clone()).into_iter().collect();
    if let Some(TokenTree::Ident(ident)) = trees.first_mut() {
        *ident = Ident::new("allow", ident.span());
    }
    trees.into_iter().collect()
}

/// `doc(hidden)`, `doc(cfg(…))`: how it is shown, not what is said.
fn hides(meta: &TokenStream) -> bool {
    matches!(flat(meta.clone()).into_iter().nth(1), Some(TokenTree::Group(group))
        if matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(word)) if word == "hidden" || word == "cfg"))
}

/// `cfg_attr(condition, a, b)` with those that are carried.
fn conditional(meta: &TokenStream, of_function: bool) -> Option<TokenStream> {
    let mut trees: Vec<TokenTree> = flat(meta.clone()).into_iter().collect();
    let Some(TokenTree::Group(group)) = trees.last_mut() else { return None };
    let mut parts = commas(group.stream()).into_iter();
    let mut content = parts.next()?;
    let mut any = false;
    for part in parts {
        let path = match part.clone().into_iter().next() {
            Some(TokenTree::Ident(ident)) => ident.to_string(),
            _ => continue,
        };
        if let Some(part) = carried(&path, &part, of_function) {
            content.extend([TokenTree::from(proc_macro2::Punct::new(',', proc_macro2::Spacing::Alone))]);
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

/// The distinct conditions under which parameters are there; one more than [`MAX_CFGS`] at most.
pub(super) fn cfgs(function: &Function) -> Vec<String> {
    let generics = function.generics.iter().filter(|param| !matches!(param.kind, GenericKind::Lifetime(_)));
    let mut conditions = Vec::new();
    for attrs in function.args.iter().map(|arg| &arg.attrs).chain(generics.map(|param| &param.attrs)) {
        for condition in conditions_of(attrs) {
            let condition = condition.to_string();
            if conditions.len() <= MAX_CFGS && !conditions.contains(&condition) {
                conditions.push(condition);
            }
        }
    }
    conditions
}

/// What stands in the parentheses of each `cfg(…)`.
pub(crate) fn conditions_of(attrs: &[Attr]) -> impl Iterator<Item = TokenStream> + '_ {
    attrs.iter().filter(|attr| attr.path == "cfg").filter_map(|attr| match flat(attr.meta()).into_iter().nth(1) {
        Some(TokenTree::Group(group)) => Some(group.stream()),
        _ => None,
    })
}
