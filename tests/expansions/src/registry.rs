//! What rustc does between `facade!` and `#[threadsafe(facade)]`: it hands the list to each impl, by the macro that the list
//! leaves in its module.

use proc_macro2::{TokenStream, TokenTree};

use crate::{facade_attribute, facade_impl};

/// The macro's name.
const REGISTRY: &str = "__needs_a_bridge_facade_list";

/// What the macro hands on of the list that `facade!` has made `output` of. Nothing, where the list has a mistake.
#[must_use]
pub fn registry_of(output: &TokenStream) -> TokenStream {
    argument_of("facade_impl", output.clone()).into_iter().take(1).collect()
}

/// What `#[threadsafe(options)]` makes of `item`, where the options name `facade`, together with the list that has left
/// `registry`.
#[must_use]
pub fn facade_expanded(options: TokenStream, item: TokenStream, registry: &TokenStream) -> TokenStream {
    let output = facade_attribute(options, item);
    let trees: Vec<TokenTree> = output.clone().into_iter().collect();
    let is_name = |tree: &TokenTree| matches!(tree, TokenTree::Ident(name) if name == REGISTRY);
    let Some(call) = trees.iter().position(is_name) else { return output };
    let Some(TokenTree::Group(handed_on)) = trees.get(call + 2) else { return output };
    // Of a list in the module that is declared here.
    let own = registry_of(&output);
    let mut input = if own.is_empty() { registry.clone() } else { own };
    let is_path = |tree: &&TokenTree| match tree {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(punct) => punct.as_char() == ':',
        _ => false,
    };
    // A list with a mistake drops what it is given.
    if input.is_empty() {
        return output;
    }
    let path = trees[..call].iter().rev().take_while(is_path).count();
    let mut tokens: TokenStream = trees[..call - path].iter().cloned().collect();
    input.extend(handed_on.stream());
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
