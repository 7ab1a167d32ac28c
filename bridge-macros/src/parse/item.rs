//! The item that the attribute stands on.

use proc_macro2::TokenStream;

use super::function::{Keyword, function, keyword};
use super::{block, cut};
use crate::model::{Errors, Item, Lone, Options};

/// Never fails: what cannot have a companion is told and kept as it is. A signature with a mistake in its syntax is kept
/// without a word, since rustc has read the item before it came here, and has told.
pub(crate) fn item(tokens: TokenStream, options: &Options, errors: &mut Errors) -> Item {
    let cut = cut::item(cut::bare(tokens.clone().into_iter().collect()));
    let other = || Item::Other(tokens.clone());
    let parsed = match keyword(&cut.head) {
        Some(Keyword { word, .. }) if word == "fn" => {
            let function = function(cut.head.into_iter().collect(), options.stream.is_some());
            Ok(function.map_or_else(
                |_| other(),
                |function| Item::Function(Box::new(Lone { tokens: tokens.clone(), function })),
            ))
        }
        Some(Keyword { word, .. }) if word == "impl" => block::block(block::impl_head, cut, errors),
        Some(Keyword { word, .. }) if word == "trait" => block::block(block::trait_head, cut, errors),
        Some(Keyword { word, span, .. }) if word != "async" => Err(syn::Error::new(span, refusal(&word))),
        // An `async` closure or block: rustc says that no attribute can stand there.
        _ => Ok(other()),
    };
    parsed.unwrap_or_else(|error| {
        errors.push_error(error);
        Item::Other(tokens.clone())
    })
}

fn refusal(word: &str) -> String {
    const PURPOSE: &str = "`#[threadsafe]` makes blocking companions of async functions";
    let what = match word {
        "struct" | "enum" | "union" => {
            return format!(
                "{PURPOSE}, and a type has none: put it on an `async fn`, or on the `impl` that holds them"
            );
        }
        "const" | "let" | "macro_rules" | "mod" | "static" | "type" | "use" => format!("a `{word}`"),
        "extern" => "an `extern` block".to_owned(),
        _ => format!("`{word}`"),
    };
    format!("{PURPOSE}: put it on an `async fn`, or on an `impl` or `trait` that holds some, not on {what}")
}
