//! The item that the attribute is on.

use proc_macro2::TokenStream;

use super::function::{Keyword, function, keyword};
use super::{Item, SingleFn, block, tokens};
use crate::attr::Options;
use crate::error::Errors;

/// Never fails: an item that cannot have a companion is reported and kept as it is. One with a syntax error is kept
/// without a word, since rustc has parsed and reported it before.
pub(crate) fn item(tokens: TokenStream, options: &Options, errors: &mut Errors) -> Item {
    let split = tokens::split(tokens::ungroup(tokens.clone().into_iter().collect()));
    let Some(Keyword { word, span, .. }) = keyword(&split.head) else { return Item::Other(tokens) };
    let item = match &*word {
        "fn" => function(split.head, options.stream.is_some())
            .ok()
            .map(|function| Item::Function(Box::new(SingleFn { tokens: tokens.clone(), function }))),
        "impl" => block::impl_block(split, errors),
        "trait" => block::trait_block(split, errors),
        // An `async` closure or block: rustc says that no attribute can be on it.
        "async" => None,
        word => {
            errors.push(span, refusal(word));
            None
        }
    };
    item.unwrap_or(Item::Other(tokens))
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
