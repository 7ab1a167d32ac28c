//! What facades are generated as, to be read: for each `facades/NAME.rs`, which has a `facade!` and impls and traits of async
//! types, `facades/NAME.snap` is what it becomes.
//!
//! `INSTA_UPDATE=always` writes them anew. Read their diff as if a colleague had written it.

mod common;

use bridge_expansion_tests::{facade_expanded, facade_list, registry_of};
use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{Attribute, File, Item, Meta};

#[test]
fn facades_are_what_they_were() {
    insta::glob!("..", "facades/*.rs", |case| common::compare(case, expanded));
}

fn expanded(text: &str) -> String {
    let file = syn::parse_file(text).unwrap();
    let (mut items, mut registry) = (TokenStream::new(), TokenStream::new());
    for mut item in file.items {
        match &mut item {
            Item::Macro(call) if call.mac.path.segments.last().unwrap().ident == "facade" => {
                let list = facade_list(call.mac.tokens.clone());
                registry = registry_of(&list);
                items.extend(list);
            }
            Item::Impl(block) => {
                let options = take_options(&mut block.attrs);
                items.extend(facade_expanded(options, item.into_token_stream(), &registry));
            }
            Item::Trait(block) => {
                let options = take_options(&mut block.attrs);
                items.extend(facade_expanded(options, item.into_token_stream(), &registry));
            }
            _ => items.extend(item.into_token_stream()),
        }
    }
    let text = items.to_string();
    prettyplease::unparse(&syn::parse2::<File>(items).unwrap_or_else(|error| panic!("{error}: {text}")))
}

/// Takes `#[threadsafe(…)]` off, and gives what stands in its parentheses.
fn take_options(attrs: &mut Vec<Attribute>) -> TokenStream {
    let at = attrs.iter().position(|attr| attr.path().is_ident("threadsafe")).unwrap();
    match attrs.remove(at).meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    }
}
