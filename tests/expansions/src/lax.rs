//! What syn lets pass and rustc does not: it is no Rust, and no macro is ever asked about it.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{FnArg, Ident, ImplItem, Item, Pat, Signature, TraitItem};

use crate::written::Written;

/// Whether rustc would have read it, as syn has.
pub(crate) fn is_rust(written: &Written, tokens: &TokenStream) -> bool {
    let mut signatures = Signatures::default();
    match written {
        Written::Item(item) => signatures.visit_item(item),
        Written::Method(item) => signatures.visit_impl_item(item),
        Written::Required(item) => signatures.visit_trait_item(item),
    }
    // What syn passes through without a name for it, as `const impl`.
    let is_verbatim = match written {
        Written::Item(item) => matches!(**item, Item::Verbatim(_)),
        Written::Method(item) => matches!(**item, ImplItem::Verbatim(_)),
        Written::Required(item) => matches!(**item, TraitItem::Verbatim(_)),
    };
    !is_verbatim
        && !signatures.is_refused
        && !names_a_lifetime_like_a_keyword(tokens.clone())
        && !hides_an_attribute(tokens.clone())
}

/// Looks for signatures that rustc refuses.
#[derive(Default)]
struct Signatures {
    is_refused: bool,
}

impl Visit<'_> for Signatures {
    fn visit_signature(&mut self, signature: &Signature) {
        let is_named_self = |input: &FnArg| match input {
            FnArg::Typed(typed) => matches!(&*typed.pat, Pat::Ident(name) if name.ident == "self"),
            FnArg::Receiver(_) => false,
        };
        // `...` where a function is defined, and `ref self: &Self`.
        self.is_refused |= signature.variadic.is_some() || signature.inputs.iter().any(is_named_self);
        visit::visit_signature(self, signature);
    }
}

/// `'async`
fn names_a_lifetime_like_a_keyword(tokens: TokenStream) -> bool {
    let mut follows_tick = false;
    tokens.into_iter().any(|tree| {
        let found = match &tree {
            TokenTree::Ident(name) if follows_tick => {
                name != "static" && name != "_" && syn::parse_str::<Ident>(&name.to_string()).is_err()
            }
            TokenTree::Group(group) => names_a_lifetime_like_a_keyword(group.stream()),
            _ => false,
        };
        follows_tick = matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == '\'');
        found
    })
}

/// `# $t`, where a `$t:ty` is `[must_use]`: syn looks through invisible delimiters, and rustc wants brackets there.
fn hides_an_attribute(tokens: TokenStream) -> bool {
    let mut follows_hash = false;
    tokens.into_iter().any(|tree| {
        let found = match &tree {
            TokenTree::Group(group) => {
                follows_hash && group.delimiter() == Delimiter::None || hides_an_attribute(group.stream())
            }
            _ => false,
        };
        // Also that of `#!`.
        follows_hash = matches!(&tree, TokenTree::Punct(punct)
            if punct.as_char() == '#' || follows_hash && punct.as_char() == '!');
        found
    })
}
