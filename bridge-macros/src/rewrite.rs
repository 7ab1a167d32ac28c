//! The whole way from tokens to tokens: parse, analyze, then expand or fall back.

use proc_macro2::TokenStream;
use quote::quote;

use crate::error::Errors;
use crate::{analyze, ast, attr, expand, fallback};

/// The expansion of `#[threadsafe(options)] item`. It needs no compiler around it, so tests call it as a plain function.
pub(crate) fn rewrite(written: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = attr::options(written.clone(), &mut errors);
    let bridge = analyze::bridge(&options);
    let trees = ast::trees(&item);
    if let Some(copies) = ast::resolved(|| quote!(#bridge::__private::threadsafe(#written)), &trees) {
        return copies;
    }
    let item = ast::item(item, trees, &options, &mut errors);
    let plan = analyze::plan(&item, &options, &mut errors);
    if errors.is_empty() { expand::item(&item, &plan) } else { fallback::item(&item, &plan, errors) }
}

/// A trait whose async fns say that their futures are `Send`, without companions.
pub(crate) fn promise(krate: Option<&syn::Path>, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = krate.map(|path| quote!(crate = #path)).unwrap_or_default();
    let options = attr::options(options, &mut errors);
    let written = item.clone();
    let trees = ast::trees(&item);
    let item = ast::item(item, trees, &options, &mut errors);
    let has_async = |member: &ast::Member| member.function.as_ref().is_some_and(ast::Function::is_async);
    if matches!(&item, ast::Item::Block(block) if errors.is_empty() && !block.members.iter().any(has_async)) {
        return written;
    }
    let plan = analyze::plan_all(&item, &options, &mut errors);
    let mut tokens = expand::with(&item, &plan, |_| TokenStream::new());
    tokens.extend(errors.into_compile_errors());
    tokens
}
