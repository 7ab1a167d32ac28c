//! From the plan to tokens. Nothing here can fail.

mod call;
mod companion;
mod generics;
mod trait_fn;
mod types;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::quote;

pub(crate) use self::companion::{any_handle, unfinished};
pub(crate) use self::generics::{markers, predicate};
pub(crate) use self::types::{Impls, Rewrite};
use crate::ast::Item;
use crate::plan::{Companion, Plan};

/// The item as it was, and its companions.
pub(crate) fn item(item: &Item, plan: &Plan<'_>) -> TokenStream {
    with(item, plan, companion::whole)
}

/// The item as it was, and the functions that `generate` makes of its companions.
pub(crate) fn with(item: &Item, plan: &Plan<'_>, generate: fn(&Companion<'_>) -> TokenStream) -> TokenStream {
    match item {
        Item::Other(tokens) => tokens.clone(),
        Item::Function(single) => {
            let mut tokens = single.tokens.clone();
            tokens.extend(plan.members.iter().flat_map(|planned| &planned.companions).map(generate));
            tokens
        }
        Item::Block(block) => {
            let (mut content, mut split) = (block.inner.clone(), TokenStream::new());
            for (member, planned) in block.members.iter().zip(&plan.members) {
                match &planned.trait_fn {
                    Some(trait_fn) => content.extend(trait_fn::function(trait_fn, member)),
                    None => content.extend(member.tokens.clone()),
                }
                let into = if plan.split.is_some() { &mut split } else { &mut content };
                into.extend(planned.companions.iter().map(generate));
            }
            let mut braces = Group::new(Delimiter::Brace, content);
            braces.set_span(block.braces);
            let mut tokens = block.head.clone();
            tokens.extend([TokenTree::from(braces)]);
            if let Some(attrs) = &plan.split {
                let head = &block.bare_head;
                tokens.extend(quote!(#(#[#attrs])* #head { #split }));
            }
            tokens
        }
    }
}

/// Our hygiene, the user's place: where rustc's message points.
fn at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}
