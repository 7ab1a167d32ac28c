//! Lifetimes that are left out, where the facade's method cannot leave them out: beside a handle among the arguments,
//! and in the `impl Trait` arguments of what is no async fn any more.

use quote::{ToTokens as _, quote};
use syn::{FnArg, GenericParam, Lifetime, LifetimeParam, ReceiverKind, ReturnType, Signature, Type, parse_quote};

use crate::analyze;
use crate::ast::{Function, types};
use crate::expand::{Impls, Rewrite};
use crate::plan::Place;

/// Names them; `handle`: whether a handle is, or will be, among the arguments. What an async fn's `impl Trait` output
/// captures of itself is said.
pub(super) fn name(sig: &mut Signature, place: Place<'_>, handle: bool) {
    let has = |is: fn(&Type) -> bool| matches!(&sig.output, ReturnType::Type(_, ty) if is(ty));
    let is_of_impl = |arg: &FnArg| matches!(arg, FnArg::Typed(typed) if types::elides_in_impl(&typed.ty));
    let is_async = sig.asyncness.is_some();
    let is_needed =
        handle && has(types::elides) || is_async && (has(types::has_impl) || sig.inputs.iter().any(is_of_impl));
    if !is_needed {
        return;
    }
    let head = sig.to_token_stream().into_iter().collect();
    let lifetimes = analyze::lifetimes(&Function { head, ..Function::of(sig.clone()) }, place, handle);
    let impls = if lifetimes.impls.is_empty() {
        Impls::Keep
    } else {
        Impls::Name { names: lifetimes.impls.iter(), params: Vec::new() }
    };
    let mut inputs = Rewrite { elided: Box::new(lifetimes.inputs.iter()), impls };
    for input in &mut sig.inputs {
        match input {
            FnArg::Typed(typed) => {
                let ty = inputs.ty(&typed.ty);
                *typed.ty = parse_quote!(#ty);
            }
            FnArg::Receiver(receiver) => {
                if let ReceiverKind::Reference(_, lifetime, _) = &mut receiver.kind {
                    *lifetime = inputs.lifetime(lifetime.as_ref());
                }
            }
        }
    }
    if let Impls::Name { params, .. } = inputs.impls {
        sig.generics.params.extend(params.iter().map(|param| -> GenericParam { parse_quote!(#param) }));
    }
    let captures = lifetimes.captures.as_ref().map(|captures| quote!(#(#captures),*));
    if let ReturnType::Type(_, ty) = &mut sig.output {
        let elided: Box<dyn Iterator<Item = _>> = match &lifetimes.output {
            Some(name) => Box::new(std::iter::repeat(name)),
            None => Box::new(std::iter::empty()),
        };
        let output = Rewrite { elided, impls: Impls::Capture(captures.as_ref()) }.ty(ty);
        **ty = parse_quote!(#output);
    }
    let param = |lifetime: &Lifetime| GenericParam::Lifetime(LifetimeParam::new(lifetime.clone()));
    for (index, lifetime) in lifetimes.inputs.iter().filter(|lifetime| lifetime.ident != "static").enumerate() {
        sig.generics.params.insert(index, param(lifetime));
    }
}
