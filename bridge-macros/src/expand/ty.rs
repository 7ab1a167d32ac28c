//! Types of the async fn, as its companions have them.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::Lifetime;

use crate::model::{Piece, Reference, Ty};

/// What changes in the types of a companion.
pub(super) struct Rewrite<'a> {
    /// Names for elided lifetimes, used up from the left; where they run out, they stay elided.
    pub(super) elided: Box<dyn Iterator<Item = &'a Lifetime> + 'a>,
    pub(super) impls: Impls<'a>,
}

/// What becomes of `impl Trait`.
pub(super) enum Impls<'a> {
    /// It stays as it is.
    Keep,
    /// In the output: it says what it holds.
    Capture(Option<&'a TokenStream>),
    /// In an argument: it must cross threads.
    Ask { owned: bool },
    /// In an argument, as a parameter with a name.
    Name { names: std::slice::Iter<'a, Ident>, params: Vec<TokenStream> },
}

impl Rewrite<'_> {
    pub(super) fn ty(&mut self, ty: &Ty) -> TokenStream {
        self.pieces(&ty.0, false)
    }

    /// `shared`: whether it is behind a shared reference.
    pub(super) fn pieces(&mut self, pieces: &[Piece], shared: bool) -> TokenStream {
        let mut tokens = TokenStream::new();
        let mut counted = false;
        for (index, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Raw(tree) => tokens.extend([tree.clone()]),
                Piece::Ident(ident) => {
                    counted = ident == "Arc" || ident == "Weak";
                    ident.to_tokens(&mut tokens);
                }
                Piece::Lifetime(lifetime) => self.lifetime(lifetime).to_tokens(&mut tokens),
                Piece::Reference(reference, inner) => {
                    tokens.extend(self.reference(reference));
                    let shared = shared || reference.mutable.is_none();
                    let inner_tokens = self.pieces(&inner.0, shared);
                    let is_impl = matches!(inner.bare().first(), Some(Piece::Impl(..)));
                    tokens.extend(self.pointee(is_impl, inner_tokens));
                }
                Piece::Impl(keyword, bounds) => {
                    let bounds = self.impl_trait(keyword, bounds, shared);
                    tokens.extend(self.pointee(follows_pointer(&pieces[..index]), bounds));
                }
                Piece::Angle(open, inner, close) => {
                    open.to_tokens(&mut tokens);
                    tokens.extend(self.pieces(&inner.0, shared || counted));
                    close.to_tokens(&mut tokens);
                }
                Piece::Group(delimiter, span, inner) => {
                    let mut group = Group::new(*delimiter, self.pieces(&inner.0, shared));
                    group.set_span(span.join());
                    tokens.extend([TokenTree::from(group)]);
                }
                Piece::Opaque(opaque) => tokens.extend(opaque.clone()),
            }
        }
        tokens
    }

    fn lifetime(&mut self, lifetime: &Lifetime) -> Lifetime {
        if lifetime.ident == "_" { self.next(lifetime.clone()) } else { lifetime.clone() }
    }

    fn next(&mut self, elided: Lifetime) -> Lifetime {
        self.elided.next().cloned().unwrap_or(elided)
    }

    /// `&'a mut`
    pub(super) fn reference(&mut self, reference: &Reference) -> TokenStream {
        let Reference { and, lifetime, mutable } = reference;
        let lifetime = match lifetime {
            Some(lifetime) => Some(self.lifetime(lifetime)),
            None => self.elided.next().cloned(),
        };
        quote!(#and #lifetime #mutable)
    }

    /// `&impl A` and `*const impl A` have one bound; with a second they need parentheses.
    fn pointee(&self, is_impl: bool, tokens: TokenStream) -> TokenStream {
        let has_second = !matches!(self.impls, Impls::Name { .. } | Impls::Keep | Impls::Capture(None));
        if is_impl && has_second { quote!((#tokens)) } else { tokens }
    }

    fn impl_trait(&mut self, keyword: &Ident, bounds: &Ty, shared: bool) -> TokenStream {
        let mut bounds = self.pieces(&bounds.0, false);
        match &mut self.impls {
            Impls::Keep => quote!(#keyword #bounds),
            Impls::Capture(captures) => {
                let captures = captures.map(|captures| quote!(+ use<#captures>));
                quote!(#keyword #bounds #captures)
            }
            Impls::Ask { owned } => {
                bounds.extend(quote!(+ ::core::marker::Send));
                bounds.extend(shared.then(|| quote!(+ ::core::marker::Sync)));
                bounds.extend(owned.then(|| quote!(+ 'static)));
                quote!(#keyword #bounds)
            }
            Impls::Name { names, params } => {
                bounds.extend(quote!(+ ::core::marker::Send));
                bounds.extend(shared.then(|| quote!(+ ::core::marker::Sync)));
                let name = names.next();
                params.push(quote!(#name: #bounds));
                quote!(#name)
            }
        }
    }
}

/// Whether what follows these is what a `*const` or `*mut` points to.
fn follows_pointer(pieces: &[Piece]) -> bool {
    matches!(pieces.last(), Some(Piece::Ident(word)) if word == "const" || word == "mut")
}
