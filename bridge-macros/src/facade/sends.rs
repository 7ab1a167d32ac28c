//! What a method that waits asks of type parameters: its arguments, and what its future holds, cross threads.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{FnArg, GenericParam, Ident, Signature, WherePredicate, parse_quote};

use crate::analyze;
use crate::ast::{Function, types};
use crate::expand::{Impls, Rewrite, markers, predicate};
use crate::plan::{Place, Subject};

/// Adds `Send` and `Sync` to the method's own type parameters and to its `impl Trait` arguments, and a where clause of
/// the same for those of the impl.
pub(super) fn add(sig: &mut Signature, place: Place<'_>) {
    let is_generic = |generics: &syn::Generics| generics.type_params().next().is_some();
    if is_generic(&sig.generics) || place.block().is_some_and(|block| is_generic(&block.generics)) {
        let function = Function::of(sig.clone());
        for bound in analyze::added(&function, place) {
            match &bound.subject {
                Subject::Own(name) => add_to_param(sig, name, &markers(&bound, false)),
                Subject::This => {}
                _ => {
                    let predicate = predicate(&bound, false).map(|predicate| parse_quote!(#predicate));
                    let predicates = predicate.into_iter();
                    if predicates.len() > 0 {
                        sig.generics.make_where_clause().predicates.extend::<Vec<WherePredicate>>(predicates.collect());
                    }
                }
            }
        }
    }
    for input in &mut sig.inputs {
        let FnArg::Typed(typed) = input else { continue };
        if types::has_impl(&typed.ty) {
            let mut sent = Rewrite { elided: Box::new(std::iter::empty()), impls: Impls::Bound { owned: false } };
            let ty = sent.ty(&typed.ty);
            *typed.ty = parse_quote!(#ty);
        }
    }
}

/// Where the parameter has bounds already, so that they stay together.
fn add_to_param(sig: &mut Signature, name: &Ident, markers: &[TokenStream]) {
    if markers.is_empty() {
        return;
    }
    let bounds = |tokens: TokenStream| -> syn::punctuated::Punctuated<syn::TypeParamBound, syn::Token![+]> {
        parse_quote!(#tokens)
    };
    let added = bounds(quote!(#(#markers)+*));
    let generics = &mut sig.generics;
    let is_named = |param: &&mut syn::TypeParam| param.ident == *name;
    let Some(param) = generics.params.iter_mut().filter_map(type_param).find(is_named) else { return };
    let predicates = generics.where_clause.iter_mut().flat_map(|clause| &mut clause.predicates);
    let existing = predicates.filter_map(|predicate| match predicate {
        WherePredicate::Type(predicate) if types::as_ident(&predicate.bounded_ty).is_some_and(|ty| ty == name) => {
            Some(&mut predicate.bounds)
        }
        _ => None,
    });
    match existing.into_iter().next().filter(|_| param.bounds.is_empty()) {
        Some(existing) => existing.extend(added),
        None => {
            param.colon_token.get_or_insert_default();
            param.bounds.extend(added);
        }
    }
}

fn type_param(param: &mut GenericParam) -> Option<&mut syn::TypeParam> {
    match param {
        GenericParam::Type(param) => Some(param),
        _ => None,
    }
}
