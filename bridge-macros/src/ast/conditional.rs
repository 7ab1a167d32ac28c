//! Options of a function that stand in a `cfg_attr`.
//!
//! rustc expands a `cfg_attr` of a member after the macro on the whole impl, so whether it applies is not known there.
//! Its condition is left to rustc all the same: the impl is put there twice, each with the attribute in front again,
//! under that condition with the options, and under its opposite without. Only one of the two is expanded any further.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

use super::function::keyword;
use super::tokens::{commas, is_own, is_punct, ungrouped};

/// An impl or a trait in which a `#[threadsafe]` stands in a `cfg_attr`, under the condition of the first one and under
/// its opposite; each has `attribute` in front, and no such condition in it.
pub(crate) fn resolved(attribute: impl FnOnce() -> TokenStream, item: &[TokenTree]) -> Option<TokenStream> {
    let (TokenTree::Group(braces), head) = item.split_last()? else { return None };
    if !matches!(&*keyword(head)?.word, "impl" | "trait") {
        return None;
    }
    let condition = first(&braces.stream())?;
    let (attribute, text) = (attribute(), condition.to_string());
    let head: TokenStream = head.iter().cloned().collect();
    let copy = |holds: bool| {
        let mut members = Group::new(Delimiter::Brace, with(braces.stream(), &text, holds));
        members.set_span(braces.span());
        quote!(#[#attribute] #head #members)
    };
    let (there, not_there) = (copy(true), copy(false));
    let site = Span::call_site();
    let not = quote_spanned!(site=> not(#condition));
    Some(quote_spanned!(site=> #[cfg(#condition)] #there #[cfg(#not)] #not_there))
}

/// A `#[cfg_attr(condition, metas…)]`.
struct Conditional {
    condition: TokenStream,
    metas: Vec<TokenStream>,
}

impl Conditional {
    /// None where `#[threadsafe]` is not among what it brings.
    fn new(brackets: TokenStream) -> Option<Conditional> {
        let mut trees = ungrouped(brackets).into_iter();
        match (trees.next(), trees.next()) {
            (Some(TokenTree::Ident(word)), Some(TokenTree::Group(group))) if word == "cfg_attr" => {
                let mut parts = commas(group.stream()).into_iter();
                let (condition, metas) = (parts.next()?, parts.map(ungrouped).collect::<Vec<_>>());
                let brings = |meta: &TokenStream| is_own(meta.clone()) || Conditional::new(meta.clone()).is_some();
                metas.iter().any(brings).then_some(Conditional { condition, metas })
            }
            _ => None,
        }
    }
}

/// The condition of the first one that is an attribute of a member.
fn first(members: &TokenStream) -> Option<TokenStream> {
    let mut follows_hash = false;
    for tree in members.clone() {
        if let TokenTree::Group(group) = &tree {
            let found = match group.delimiter() {
                Delimiter::Bracket if follows_hash => Conditional::new(group.stream()).map(|found| found.condition),
                Delimiter::None => first(&group.stream()),
                _ => None,
            };
            if found.is_some() {
                return found;
            }
        }
        follows_hash = is_punct(&tree, '#');
    }
    None
}

/// `members`, with what the attributes under that condition bring, or without.
fn with(members: TokenStream, condition: &str, holds: bool) -> TokenStream {
    let mut result: Vec<TokenTree> = Vec::new();
    for tree in members {
        let TokenTree::Group(group) = &tree else {
            result.push(tree);
            continue;
        };
        let follows_hash = result.last().is_some_and(|last| is_punct(last, '#'));
        match group.delimiter() {
            Delimiter::Bracket if follows_hash => {
                let found = Conditional::new(group.stream());
                let Some(found) = found.filter(|found| found.condition.to_string() == condition) else {
                    result.push(tree);
                    continue;
                };
                let hash = result.pop();
                for meta in found.metas.into_iter().filter(|_| holds) {
                    let mut brackets = Group::new(Delimiter::Bracket, meta);
                    brackets.set_span(group.span());
                    result.extend(hash.clone());
                    result.push(TokenTree::from(brackets));
                }
            }
            Delimiter::None => {
                let mut inner = Group::new(Delimiter::None, with(group.stream(), condition, holds));
                inner.set_span(group.span());
                result.push(TokenTree::from(inner));
            }
            _ => result.push(tree),
        }
    }
    result.into_iter().collect()
}
