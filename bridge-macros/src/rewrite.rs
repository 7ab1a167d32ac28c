//! The whole way from tokens to tokens: parse, analyze, then expand or fall back.

use proc_macro2::TokenStream;

use crate::{analyze, expand, fallback, model, parse};

/// What `#[threadsafe(options)]` makes of `item`. It needs no compiler around it, so tests run it as a plain function.
pub(crate) fn rewrite(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = model::Errors::default();
    let options = parse::options(options, &mut errors);
    let item = parse::item(item, &options, &mut errors);
    let plan = analyze::plan(&item, &options, &mut errors);
    if errors.is_empty() { expand::item(&item, &plan) } else { fallback::item(&item, &plan, errors) }
}
