//! The item that the attribute is on.

use proc_macro2::{TokenStream, TokenTree};

use super::function::{Keyword, function, keyword};
use super::{Item, SingleFn, block, tokens};
use crate::attr::Options;
use crate::error::Errors;

/// The trees of an item.
pub(crate) fn trees(item: &TokenStream) -> Vec<TokenTree> {
    tokens::ungroup(item.clone().into_iter().collect())
}

/// Never fails: an item that cannot have a companion is reported and kept as it is. One with a syntax error is kept
/// without a word, since rustc has parsed and reported it before. `trees` are those of `tokens`.
pub(crate) fn item(tokens: TokenStream, trees: Vec<TokenTree>, options: &Options, errors: &mut Errors) -> Item {
    let split = tokens::split(trees);
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
            let name =
                split.head.iter().skip_while(|tree| !matches!(tree, TokenTree::Ident(found) if found == word)).nth(1);
            errors.push(span, of_mock(word, name).unwrap_or_else(|| refusal(word)));
            None
        }
    };
    item.unwrap_or(Item::Other(tokens))
}

/// For what `#[automock]` makes of an item below it, with all attributes of that.
fn of_mock(word: &str, name: Option<&TokenTree>) -> Option<String> {
    let Some(TokenTree::Ident(name)) = name else { return None };
    let name = name.to_string();
    let is_mock = word == "struct" && name.starts_with("Mock") || word == "mod" && name.starts_with("__mock_Mock");
    is_mock.then(|| {
        "`#[automock]` hands `#[threadsafe]` on to the mock: on an impl, write `#[threadsafe]` above `#[automock]`; a trait is mocked by `mockall::mock!` beside it, which does not see the attribute".to_owned()
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
