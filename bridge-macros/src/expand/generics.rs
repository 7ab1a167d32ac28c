//! The generics of a companion: those of the async fn, and the added bounds.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::GenericParam;
use syn::punctuated::Punctuated;

use super::at;
use crate::analyze::param_name;
use crate::ast::tokens::mentions;
use crate::ast::{Function, types};
use crate::plan::{AddedBound, Companion, Subject, TraitFn};

/// The added bounds of a generated function.
pub(super) struct Bounds<'a> {
    source: &'a Function,
    added: &'a [AddedBound<'a>],
    /// Predicates of the user.
    given: &'a [TokenStream],
    /// Whether all is to be `'static`.
    owned: bool,
}

impl<'a> Bounds<'a> {
    pub(super) fn of_companion(companion: &'a Companion<'_>) -> Bounds<'a> {
        let Companion { source, added, bounds, owned, .. } = companion;
        Bounds { source, added, given: bounds, owned: *owned }
    }

    pub(super) fn of_trait_fn(function: &'a TraitFn<'_>) -> Bounds<'a> {
        Bounds { source: function.source, added: &function.bounds, given: &[], owned: false }
    }

    /// `<…>`, with the parameters `before` and `after` the function's own.
    pub(super) fn generics(
        &self,
        before: impl Iterator<Item = TokenStream>,
        after: Vec<TokenStream>,
    ) -> Option<TokenStream> {
        let mut params: Vec<TokenStream> = before.collect();
        params.extend(self.source.sig.generics.params.iter().map(|param| self.declared(param)));
        params.extend(after);
        (!params.is_empty()).then(|| quote!(<#(#params),*>))
    }

    /// A parameter with its bounds, where they are not in the where clause.
    fn declared(&self, param: &GenericParam) -> TokenStream {
        let (attrs, mut tokens) = match param {
            GenericParam::Lifetime(param) => (&param.attrs, TokenStream::new()),
            GenericParam::Type(param) => (&param.attrs, TokenStream::new()),
            GenericParam::Const(param) => (&param.attrs, param.const_token.to_token_stream()),
        };
        param_name(param).to_tokens(&mut tokens);
        let bounds = if self.is_in_where_clause(param) { Vec::new() } else { self.bounds(param) };
        if let GenericParam::Const(param) = param {
            param.colon_token.to_tokens(&mut tokens);
            param.ty.to_tokens(&mut tokens);
        } else if !bounds.is_empty() {
            tokens.extend(quote!(: #(#bounds)+*));
        }
        if attrs.is_empty() { tokens } else { quote!(#(#attrs)* #tokens) }
    }

    /// Whether the bounds of a type parameter go into the where clause: where there are some already,
    /// so that they stay together.
    fn is_in_where_clause(&self, param: &GenericParam) -> bool {
        let GenericParam::Type(param) = param else { return false };
        param.attrs.is_empty() && (self.is_in_predicates(&param.ident))
    }

    /// Whether predicates mention the parameter.
    fn is_in_predicates(&self, name: &Ident) -> bool {
        let clause = &self.source.sig.generics.where_clause;
        if clause.is_none() && self.given.is_empty() {
            return false;
        }
        let name = name.to_string();
        mentions(&clause.to_token_stream(), &name) || self.given.iter().any(|given| mentions(given, &name))
    }

    /// All bounds of a parameter.
    fn bounds(&self, param: &GenericParam) -> Vec<TokenStream> {
        let mut bounds = Vec::new();
        match param {
            GenericParam::Lifetime(param) => {
                bounds.extend(listed(&param.bounds));
                bounds.extend(self.owned.then(|| quote!('static)));
            }
            GenericParam::Const(_) => {}
            GenericParam::Type(param) => {
                bounds.extend(listed(&param.bounds));
                let added = self.added.iter().find(|bound| bound.is_of(&param.ident));
                bounds.extend(added.into_iter().flat_map(|bound| markers(bound, self.owned)));
            }
        }
        bounds
    }

    /// `where …`, or nothing; with the predicate `this` for `Self`.
    pub(super) fn where_clause(&self, this: Option<TokenStream>) -> Option<TokenStream> {
        let params = &self.source.sig.generics.params;
        let own = params.iter().filter(|param| self.is_in_where_clause(param)).filter_map(|param| {
            let (name, bounds) = (param_name(param), self.bounds(param));
            (!bounds.is_empty()).then(|| quote!(#name: #(#bounds)+*))
        });
        let mut predicates: Vec<TokenStream> = own.collect();
        predicates.extend(self.source.predicates().map(|predicate| predicate.to_token_stream()));
        // `Self: 'static` is in `this`.
        predicates.extend(
            self.added
                .iter()
                .filter_map(|bound| predicate(bound, self.owned && !matches!(bound.subject, Subject::This))),
        );
        predicates.extend(this);
        predicates.extend(self.given.iter().cloned());
        (!predicates.is_empty()).then(|| quote!(where #(#predicates),*))
    }
}

/// The bounds as a list, without the `+` that may end it.
fn listed<T: ToTokens, P>(bounds: &Punctuated<T, P>) -> impl Iterator<Item = TokenStream> {
    bounds.iter().map(|bound| bound.to_token_stream())
}

pub(crate) fn markers(bound: &AddedBound<'_>, owned: bool) -> Vec<TokenStream> {
    // At the parameter, since rustc points there when an argument does not satisfy it.
    let span = at(match bound.subject {
        Subject::Own(name) | Subject::Outer(name) => name.span(),
        Subject::Projection { path, .. } => types::first_span_of_path(path),
        Subject::This | Subject::Associated(_) => Span::call_site(),
    });
    let sized = bound.sized.then(|| quote_spanned!(span=> ::core::marker::Sized));
    let send = bound.send.then(|| quote_spanned!(span=> ::core::marker::Send));
    let sync = bound.sync.then(|| quote_spanned!(span=> ::core::marker::Sync));
    let owned = owned.then(|| quote_spanned!(span=> 'static));
    sized.into_iter().chain(send).chain(sync).chain(owned).collect()
}

/// The predicate of a type that is not the function's own, if it has bounds.
pub(crate) fn predicate(bound: &AddedBound<'_>, owned: bool) -> Option<TokenStream> {
    let subject = match bound.subject {
        Subject::Own(_) => return None,
        Subject::Outer(name) => name.to_token_stream(),
        Subject::This => quote!(Self),
        Subject::Associated(name) => quote!(Self::#name),
        Subject::Projection { path, .. } => path.to_token_stream(),
    };
    let bounds = markers(bound, owned);
    (!bounds.is_empty()).then(|| quote!(#subject: #(#bounds)+*))
}
