//! The item that the attribute stands on.

use proc_macro2::{Span, TokenStream};

use super::function::{Keyword, function, keyword};
use super::{block, cut};
use crate::model::{Errors, Item, Lone, Options};

/// Never fails: what cannot have a companion is told and kept as it is.
pub(crate) fn item(tokens: TokenStream, options: &Options, errors: &mut Errors) -> Item {
    let cut = cut::item(cut::bare(tokens.clone().into_iter().collect()));
    let parsed = match keyword(&cut.head) {
        Some(Keyword { word, .. }) if word == "fn" => {
            function(cut.head.into_iter().collect(), options.stream.is_some())
                .map(|function| Item::Function(Box::new(Lone { tokens: tokens.clone(), function })))
        }
        Some(Keyword { word, .. }) if word == "impl" => block::block(block::impl_head, cut, errors),
        Some(Keyword { word, .. }) if word == "trait" => block::block(block::trait_head, cut, errors),
        Some(Keyword { word, span, .. }) => Err(syn::Error::new(span, refusal(&word))),
        None => Err(syn::Error::new(Span::call_site(), refusal("this item"))),
    };
    parsed.unwrap_or_else(|error| {
        errors.push_error(error);
        Item::Other(tokens)
    })
}

fn refusal(word: &str) -> String {
    match word {
        "struct" | "enum" | "union" => {
            "`#[threadsafe]` makes blocking companions of async functions, and a type has none: put it on an `async fn`, or on the `impl` that holds them".to_owned()
        }
        word => format!(
            "`#[threadsafe]` makes blocking companions of async functions: put it on an `async fn`, or on an `impl` or `trait` that holds some, not on {}",
            if word == "this item" { "this item".to_owned() } else { format!("a `{word}`") }
        ),
    }
}
