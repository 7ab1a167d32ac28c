//! What facades are generated as, to be read: for each `facades/NAME.rs`, which has a `facade!` and impls and traits of async
//! types, `facades/NAME.snap` is what it becomes.
//!
//! `INSTA_UPDATE=always` writes them anew. Read their diff as if a colleague had written it.

mod common;

use bridge_expansion_tests::{facade_attribute, facade_impl, facade_list};
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Attribute, File, Item, Meta};

/// The macro that a list leaves in its module.
const REGISTRY: &str = "__needs_a_bridge_facade_list";

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
                registry = argument_of("facade_impl", list.clone()).into_iter().take(1).collect();
                items.extend(list);
            }
            Item::Impl(block) => {
                let options = take_options(&mut block.attrs);
                items.extend(annotated(options, item.into_token_stream(), &registry));
            }
            Item::Trait(block) => {
                let options = take_options(&mut block.attrs);
                items.extend(annotated(options, item.into_token_stream(), &registry));
            }
            _ => items.extend(item.into_token_stream()),
        }
    }
    let text = items.to_string();
    prettyplease::unparse(&syn::parse2::<File>(items).unwrap_or_else(|error| panic!("{error}: {text}")))
}

/// The item, and what the registry makes of what it is called with.
fn annotated(options: TokenStream, item: TokenStream, registry: &TokenStream) -> TokenStream {
    let output = facade_attribute(options, item);
    let handed_on = argument_of(REGISTRY, output.clone());
    if handed_on.is_empty() {
        return output;
    }
    let trees: Vec<TokenTree> = output.into_iter().collect();
    let call = trees.iter().position(|tree| matches!(tree, TokenTree::Ident(name) if name == REGISTRY)).unwrap();
    let is_path = |tree: &&TokenTree| match tree {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(punct) => punct.as_char() == ':',
        _ => false,
    };
    let path = trees[..call].iter().rev().take_while(is_path).count();
    let mut tokens: TokenStream = trees[..call - path].iter().cloned().collect();
    let mut input = registry.clone();
    input.extend(handed_on);
    tokens.extend(facade_impl(input));
    tokens.extend(trees[call + 3..].iter().cloned());
    tokens
}

/// What a macro of that name is called with.
fn argument_of(name: &str, tokens: TokenStream) -> TokenStream {
    let mut follows = false;
    for tree in tokens {
        match tree {
            TokenTree::Ident(ident) => follows = ident == name,
            TokenTree::Group(group) if follows => return group.stream(),
            TokenTree::Group(group) => {
                let inside = argument_of(name, group.stream());
                if !inside.is_empty() {
                    return inside;
                }
            }
            _ => {}
        }
    }
    TokenStream::new()
}

/// Takes `#[threadsafe(…)]` off, and gives what stands in its parentheses.
fn take_options(attrs: &mut Vec<Attribute>) -> TokenStream {
    let at = attrs.iter().position(|attr| attr.path().is_ident("threadsafe")).unwrap();
    match attrs.remove(at).meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    }
}
