//! What is generated, to be read: for each `cases/NAME.rs`, `cases/NAME.snap` is what it becomes.
//!
//! `INSTA_UPDATE=always` writes them anew. Read their diff as if a colleague had written it.

mod common;

use bridge_expansion_tests::rewrite;
use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{Attribute, File, ImplItem, Item, Meta};

#[test]
fn expansions_are_what_they_were() {
    insta::glob!("..", "cases/*.rs", |case| common::compare(case, expanded));
}

/// A file with each `#[threadsafe]` carried out, as rustc would, but for what stands in functions.
fn expanded(text: &str) -> String {
    let file = syn::parse_file(text).unwrap();
    let mut items = TokenStream::new();
    for item in file.items {
        items.extend(of_item(item));
    }
    let text = items.to_string();
    prettyplease::unparse(&syn::parse2::<File>(items).unwrap_or_else(|error| panic!("{error}: {text}")))
}

fn of_item(mut item: Item) -> TokenStream {
    let attrs = match &mut item {
        Item::Fn(function) => &mut function.attrs,
        Item::Impl(block) => &mut block.attrs,
        Item::Trait(block) => &mut block.attrs,
        Item::Struct(block) => &mut block.attrs,
        _ => return item.into_token_stream(),
    };
    if let Some(options) = take_options(attrs) {
        return rewrite(options, item.into_token_stream());
    }
    if let Item::Impl(block) = &mut item {
        let members = std::mem::take(&mut block.items);
        block.items = members.into_iter().map(of_member).map(ImplItem::Verbatim).collect();
    }
    item.into_token_stream()
}

fn of_member(mut member: ImplItem) -> TokenStream {
    if let ImplItem::Fn(function) = &mut member
        && let Some(options) = take_options(&mut function.attrs)
    {
        return rewrite(options, member.into_token_stream());
    }
    member.into_token_stream()
}

/// Takes `#[threadsafe(…)]` off, and gives what stands in its parentheses.
fn take_options(attrs: &mut Vec<Attribute>) -> Option<TokenStream> {
    let at = attrs.iter().position(|attr| attr.path().is_ident("threadsafe"))?;
    match attrs.remove(at).meta {
        Meta::List(list) => Some(list.tokens),
        _ => Some(TokenStream::new()),
    }
}
