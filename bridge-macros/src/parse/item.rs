//! The item that the attribute stands on.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Ident, Result, Token};

use super::{attrs, block, cut, returns, signature};
use crate::model::{Errors, Function, Item, Lone, Options, Returns};

/// Never fails: what cannot have a companion is told and kept as it is.
pub(crate) fn item(tokens: TokenStream, options: &Options, errors: &mut Errors) -> Item {
    let bare = cut::bare(tokens.clone());
    let cut = cut::item(bare);
    let head = cut.head.clone();
    let parsed = match keyword.parse2(head.clone()) {
        Ok(Keyword { word, .. }) if word == "fn" => function(head, options.stream.is_some())
            .map(|function| Item::Function(Box::new(Lone { tokens: tokens.clone(), function }))),
        Ok(Keyword { word, .. }) if word == "impl" => block::block(block::impl_head, cut, errors),
        Ok(Keyword { word, .. }) if word == "trait" => block::block(block::trait_head, cut, errors),
        Ok(Keyword { word, span }) => Err(syn::Error::new(span, refusal(&word))),
        Err(_) => Err(syn::Error::new(Span::call_site(), refusal("this item"))),
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

/// The word that says what kind of item it is.
pub(super) struct Keyword {
    pub(super) word: String,
    span: Span,
}

pub(super) fn keyword(input: ParseStream<'_>) -> Result<Keyword> {
    attrs::outer(input)?;
    attrs::visibility(input)?;
    loop {
        let word = input.call(Ident::parse_any)?;
        let found = match &*word.to_string() {
            "async" | "unsafe" | "default" | "auto" | "safe" => false,
            "const" => !at_function(input),
            "extern" if input.peek(syn::LitStr) => {
                input.parse::<syn::LitStr>()?;
                !at_function(input)
            }
            "extern" => !at_function(input),
            _ => true,
        };
        if found {
            input.parse::<TokenStream>()?;
            return Ok(Keyword { word: word.to_string(), span: word.span() });
        }
    }
}

/// Whether a fn, or its qualifiers, comes next.
fn at_function(input: ParseStream<'_>) -> bool {
    input.peek(Token![fn]) || input.peek(Token![async]) || input.peek(Token![unsafe]) || input.peek(Token![extern])
}

/// `stream`: whether it is asked to return one.
pub(super) fn function(head: TokenStream, stream: bool) -> Result<Function> {
    let signature = head.clone();
    let mut function = signature::function.parse2(head)?;
    function.mentions_self = mentions_self(signature);
    if stream || function.asyncness.is_none() {
        let names = if stream { &returns::STREAM } else { &returns::FUTURE };
        if let Some(found) = function.output.as_mut().and_then(|output| returns::find(output, names)) {
            function.output = Some(found.value).filter(|value| !value.is_unit());
            function.not_send = found.not_send;
            function.owned = found.owned;
            function.returns = if stream { Returns::Stream } else { Returns::Future };
        }
    }
    if function.returns == Returns::Future {
        async_trait(&mut function);
    }
    Ok(function)
}

/// Takes back what `#[async_trait]` has put into a signature, but for the names of lifetimes.
fn async_trait(function: &mut Function) {
    let before = function.generics.len();
    function.generics.retain(|param| !param.is_lifetime("async_trait"));
    if function.generics.len() < before {
        function.returns = Returns::AsyncTrait;
        function.predicates = signature::without(std::mem::take(&mut function.predicates), "async_trait");
    }
}

fn mentions_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == "Self",
        TokenTree::Group(group) => mentions_self(group.stream()),
        _ => false,
    })
}
