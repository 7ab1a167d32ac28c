//! The types of the async fn, as its companions have them: printed with names for elided lifetimes and with added
//! bounds, so that no type is cloned.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::{
    AngleBracketedGenericArguments, CapturedParam, GenericArgument, Lifetime, MacroDelimiter, Path, PathArguments,
    PathSegment, Token, Type, TypeImplTrait, TypeParamBound, TypePath,
};

use crate::ast::types::{self, Reach, is_anonymous};

/// The changes in the types of a companion.
pub(crate) struct Rewrite<'a> {
    /// Names for elided lifetimes, used up from the left; without one they stay elided.
    pub(crate) elided: Box<dyn Iterator<Item = &'a Lifetime> + 'a>,
    pub(crate) impls: Impls<'a>,
}

/// The change of an `impl Trait`.
pub(crate) enum Impls<'a> {
    Keep,
    /// In the output: it says what it captures.
    Capture(Option<&'a TokenStream>),
    /// In an argument: it crosses threads.
    Bound {
        owned: bool,
    },
    /// In an argument, as a parameter with a name.
    Name {
        names: std::slice::Iter<'a, Ident>,
        params: Vec<TokenStream>,
    },
}

impl Rewrite<'_> {
    pub(crate) fn ty(&mut self, ty: &Type) -> TokenStream {
        let mut tokens = TokenStream::new();
        self.print(ty, Reach::VALUE, &mut tokens);
        tokens
    }

    pub(super) fn print(&mut self, ty: &Type, reach: Reach, tokens: &mut TokenStream) {
        match ty {
            Type::Array(array) => array.bracket_token.surround(tokens, |tokens| {
                self.print(&array.elem, reach, tokens);
                array.semi_token.to_tokens(tokens);
                array.len.to_tokens(tokens);
            }),
            Type::Group(group) => group.group_token.surround(tokens, |tokens| self.print(&group.elem, reach, tokens)),
            Type::Paren(paren) => paren.paren_token.surround(tokens, |tokens| self.print(&paren.elem, reach, tokens)),
            Type::Slice(slice) => {
                slice.bracket_token.surround(tokens, |tokens| self.print(&slice.elem, reach, tokens));
            }
            Type::Tuple(tuple) => tuple.paren_token.surround(tokens, |tokens| {
                for pair in tuple.elems.pairs() {
                    self.print(pair.value(), reach, tokens);
                    pair.punct().to_tokens(tokens);
                }
                // `(T,)`
                if tuple.elems.len() == 1 && !tuple.elems.trailing_punct() {
                    <Token![,]>::default().to_tokens(tokens);
                }
            }),
            Type::Ptr(pointer) => {
                pointer.star_token.to_tokens(tokens);
                pointer.mutability.to_tokens(tokens);
                self.pointee(&pointer.elem, reach, tokens);
            }
            Type::Reference(reference) => {
                reference.and_token.to_tokens(tokens);
                self.lifetime(reference.lifetime.as_ref()).to_tokens(tokens);
                reference.mutability.to_tokens(tokens);
                self.pointee(&reference.elem, reach.behind(reference), tokens);
            }
            Type::Path(path) => self.qualified(path, reach, tokens),
            Type::ImplTrait(hidden) => self.hidden(hidden, reach, tokens),
            Type::TraitObject(object) => {
                object.dyn_token.to_tokens(tokens);
                self.bounds(&object.bounds, reach, tokens);
            }
            Type::Macro(invocation) => {
                let mac = &invocation.mac;
                mac.path.to_tokens(tokens);
                mac.bang_token.to_tokens(tokens);
                let inner = types::with_lifetimes(mac.tokens.clone(), &mut |lifetime| self.lifetime(lifetime));
                match &mac.delimiter {
                    MacroDelimiter::Paren(paren) => paren.surround(tokens, |tokens| tokens.extend(inner)),
                    MacroDelimiter::Brace(brace) => brace.surround(tokens, |tokens| tokens.extend(inner)),
                    MacroDelimiter::Bracket(bracket) => bracket.surround(tokens, |tokens| tokens.extend(inner)),
                }
            }
            ty => ty.to_tokens(tokens),
        }
    }

    /// Its name where it is elided and gets one, else as it was written.
    pub(crate) fn lifetime(&mut self, lifetime: Option<&Lifetime>) -> Option<Lifetime> {
        let name = if is_anonymous(lifetime) { self.elided.next() } else { None };
        name.or(lifetime).cloned()
    }

    /// The type behind a reference or a pointer. `&impl A` has one bound; with a second it needs parentheses.
    fn pointee(&mut self, ty: &Type, reach: Reach, tokens: &mut TokenStream) {
        let has_second = !matches!(self.impls, Impls::Name { .. } | Impls::Keep | Impls::Capture(None));
        if has_second && matches!(types::ungroup(ty), Type::ImplTrait(_)) {
            syn::token::Paren::default().surround(tokens, |tokens| self.print(ty, reach, tokens));
        } else {
            self.print(ty, reach, tokens);
        }
    }

    fn qualified(&mut self, ty: &TypePath, reach: Reach, tokens: &mut TokenStream) {
        let TypePath { qself, path, .. } = ty;
        let Some(qself) = qself else { return self.path(path, reach, tokens) };
        qself.lt_token.to_tokens(tokens);
        self.print(&qself.ty, reach, tokens);
        qself.as_token.to_tokens(tokens);
        if qself.position == 0 {
            qself.gt_token.to_tokens(tokens);
        }
        path.leading_colon.to_tokens(tokens);
        for (index, pair) in path.segments.pairs().enumerate() {
            self.segment(pair.value(), reach, tokens);
            if index + 1 == qself.position {
                qself.gt_token.to_tokens(tokens);
            }
            pair.punct().to_tokens(tokens);
        }
    }

    fn path(&mut self, path: &Path, reach: Reach, tokens: &mut TokenStream) {
        path.leading_colon.to_tokens(tokens);
        for pair in path.segments.pairs() {
            self.segment(pair.value(), reach, tokens);
            pair.punct().to_tokens(tokens);
        }
    }

    fn segment(&mut self, segment: &PathSegment, reach: Reach, tokens: &mut TokenStream) {
        segment.ident.to_tokens(tokens);
        match &segment.arguments {
            PathArguments::AngleBracketed(arguments) => self.arguments(arguments, reach.inside(&segment.ident), tokens),
            arguments => arguments.to_tokens(tokens),
        }
    }

    fn arguments(&mut self, arguments: &AngleBracketedGenericArguments, reach: Reach, tokens: &mut TokenStream) {
        arguments.colon2_token.to_tokens(tokens);
        arguments.lt_token.to_tokens(tokens);
        for pair in arguments.args.pairs() {
            match pair.value() {
                GenericArgument::Lifetime(lifetime) => self.lifetime(Some(lifetime)).to_tokens(tokens),
                GenericArgument::Type(ty) => self.print(ty, reach, tokens),
                GenericArgument::AssocType(binding) => {
                    binding.ident.to_tokens(tokens);
                    binding.generics.iter().for_each(|arguments| self.arguments(arguments, reach, tokens));
                    binding.eq_token.to_tokens(tokens);
                    self.print(&binding.ty, reach, tokens);
                }
                GenericArgument::Constraint(constraint) => {
                    constraint.ident.to_tokens(tokens);
                    constraint.generics.to_tokens(tokens);
                    constraint.colon_token.to_tokens(tokens);
                    self.bounds(&constraint.bounds, reach, tokens);
                }
                argument => argument.to_tokens(tokens),
            }
            pair.punct().to_tokens(tokens);
        }
        arguments.gt_token.to_tokens(tokens);
    }

    /// Bounds without a `+` at their end.
    fn bounds(&mut self, bounds: &Punctuated<TypeParamBound, Token![+]>, reach: Reach, tokens: &mut TokenStream) {
        for (index, bound) in bounds.pairs().enumerate() {
            match bound.value() {
                TypeParamBound::Trait(bound) => {
                    let mut print = |tokens: &mut TokenStream| {
                        bound.lifetimes.to_tokens(tokens);
                        bound.maybe.to_tokens(tokens);
                        self.path(&bound.path, reach, tokens);
                    };
                    match &bound.paren_token {
                        Some(paren) => paren.surround(tokens, print),
                        None => print(tokens),
                    }
                }
                TypeParamBound::Lifetime(lifetime) => self.lifetime(Some(lifetime)).to_tokens(tokens),
                TypeParamBound::PreciseCapture(capture) => {
                    capture.use_token.to_tokens(tokens);
                    capture.lt_token.to_tokens(tokens);
                    for pair in capture.params.pairs() {
                        match pair.value() {
                            CapturedParam::Lifetime(lifetime) => self.lifetime(Some(lifetime)).to_tokens(tokens),
                            param => param.to_tokens(tokens),
                        }
                        pair.punct().to_tokens(tokens);
                    }
                    capture.gt_token.to_tokens(tokens);
                }
                bound => bound.to_tokens(tokens),
            }
            if index + 1 < bounds.len() {
                bound.punct().to_tokens(tokens);
            }
        }
    }

    /// `impl Trait`. An unsized one that is only borrowed is not sent.
    fn hidden(&mut self, hidden: &TypeImplTrait, reach: Reach, tokens: &mut TokenStream) {
        let mut bounds = TokenStream::new();
        self.bounds(&hidden.bounds, Reach::VALUE, &mut bounds);
        if let Impls::Bound { .. } | Impls::Name { .. } = self.impls {
            let is_sent = reach.owned || !types::is_maybe_unsized(&hidden.bounds);
            bounds.extend(is_sent.then(|| quote!(+ ::core::marker::Send)));
            bounds.extend(reach.shared.then(|| quote!(+ ::core::marker::Sync)));
        }
        match &mut self.impls {
            Impls::Keep | Impls::Capture(None) => {}
            Impls::Capture(Some(captures)) => bounds.extend(quote!(+ use<#captures>)),
            Impls::Bound { owned } => bounds.extend(owned.then(|| quote!(+ 'static))),
            Impls::Name { names, params } => {
                let name = names.next();
                params.push(quote!(#name: #bounds));
                name.to_tokens(tokens);
                return;
            }
        }
        hidden.impl_token.to_tokens(tokens);
        tokens.extend(bounds);
    }
}
