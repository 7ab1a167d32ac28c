//! A trait with async fns: a blocking trait beside it, which every facade of a type that implements the first has.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::parse::Parser as _;
use syn::{Attribute, Generics, ReceiverKind, ReturnType, Signature, TraitItemType, Type, parse_quote};

use super::errors::CfgErrors;
use super::future;
use super::implement::{SignatureBlock, SignatureBlockKind, SignatureMember, arguments, method, param};
use super::method::{ErrorPlaces, Generated, Method, Owner, OwnerKind};
use super::options::MethodOptions;
use super::registry::Registry;
use super::tokens::at;
use crate::ast::tokens::mentions;
use crate::ast::types::{self, Part};

/// The blocking trait, and its blanket impl.
pub(super) fn twin(registry: &Registry, block: &SignatureBlock, errors: &mut CfgErrors) -> TokenStream {
    let SignatureBlockKind::Trait { docs, vis, name, twin, supertraits } = &block.kind else {
        return TokenStream::new();
    };
    let krate = registry.krate(name.span());
    let here = at(name.span());
    let facade = Ident::new("F", Span::mixed_site());
    let arguments = arguments(&block.generics);
    let target = quote_spanned!(here=> #facade::Async as #name #arguments);
    let owner = Owner {
        registry,
        this: quote!(#facade::Async),
        target: target.clone(),
        name: name.to_string(),
        called: Some(twin.to_string()),
        block: None,
        kind: OwnerKind::Trait,
        facade: None,
        is_listed: false,
        probes: false,
        errors: ErrorPlaces::default(),
    };
    let mut members = Members::default();
    for member in &block.members {
        members.add(member, &owner, &block.defaults, errors);
    }
    let Members { heads, whole, associated, send, sync } = members;
    let mut outer: Generics = block.generics.clone();
    outer.params.push(param(&facade));
    let clause = outer.make_where_clause();
    clause.predicates.push(parse_quote!(#facade: #krate::Facade));
    clause.predicates.push(parse_quote!(#facade::Async: #name #arguments));
    if !supertraits.is_empty() {
        clause.predicates.push(parse_quote!(#facade: #supertraits));
    }
    for associated in associated {
        clause.predicates.push(parse_quote!(<#target>::#associated: ::core::marker::Send));
    }
    let of_facade = [(send, quote!(Send)), (sync, quote!(Sync))];
    for (_, bound) in of_facade.iter().filter(|(is_needed, _)| *is_needed) {
        clause.predicates.push(parse_quote!(#facade::Async: ::core::marker::#bound));
    }
    let (impl_generics, _, where_clause) = outer.split_for_impl();
    let (params, bare_where) = (&block.generics, &block.generics.where_clause);
    let colon = (!supertraits.is_empty()).then(|| quote!(:));
    let attrs = &block.attrs;
    let of_impl = attrs.iter().filter(|attr| !is_of_trait(attr));
    quote_spanned! {here=>
        #(#docs)* #(#attrs)* #vis trait #twin #params #colon #supertraits #bare_where { #heads }
        #(#of_impl)* impl #impl_generics #twin #arguments for #facade #where_clause { #whole }
    }
}

/// Whether an attribute is about the trait, and not about its blanket impl as well.
fn is_of_trait(attr: &TokenStream) -> bool {
    let parsed = Attribute::parse_outer.parse2(attr.clone());
    let of_both =
        |attr: &Attribute| ["allow", "cfg", "cfg_attr", "expect"].iter().any(|name| attr.path().is_ident(name));
    !parsed.is_ok_and(|attrs| attrs.iter().all(of_both))
}

/// What the members of an async trait become.
#[derive(Default)]
struct Members {
    /// In the blocking trait.
    heads: TokenStream,
    /// In its blanket impl.
    whole: TokenStream,
    /// Associated types without parameters.
    associated: Vec<Ident>,
    /// What the blanket impl asks of async values, beyond the trait.
    send: bool,
    sync: bool,
}

impl Members {
    fn add(&mut self, member: &SignatureMember, owner: &Owner<'_>, defaults: &MethodOptions, errors: &mut CfgErrors) {
        match member {
            SignatureMember::Type(ty) => {
                let target = &owner.target;
                let (head, associated) = associated(ty, &quote_spanned!(at(ty.ident.span())=> <#target>));
                self.heads.extend(head);
                self.whole.extend(associated);
                self.associated.extend(ty.generics.params.is_empty().then(|| ty.ident.clone()));
            }
            SignatureMember::Function { attrs, vis, sig, has_default } => {
                self.needs(sig, *has_default);
                let read = method(attrs.clone(), vis.clone(), sig.clone(), defaults);
                let Some(method) = errors.take(read).flatten() else { return };
                let (conditions, documented): (Vec<_>, Vec<_>) =
                    method.attrs.into_iter().partition(|attr| attr.path().is_ident("cfg"));
                let bare = Method { attrs: conditions.clone(), ..method };
                let Generated { head, body } = match owner.generate(bare) {
                    Ok(generated) => generated,
                    Err(error) => return errors.push_under(conditions, error),
                };
                self.heads.extend(quote!(#(#documented)* #head;));
                // The async fn that it calls is deprecated too.
                let deprecated = documented.iter().any(|attr| mentions(&attr.meta.to_token_stream(), "deprecated"));
                let allow = deprecated.then(|| quote!(#[allow(deprecated)]));
                self.whole.extend(quote!(#allow #head { #body }));
            }
        }
    }

    /// A `Self` that comes out crosses threads, and so does the receiver of a default body, or of a plain fn that is
    /// called on the loop: of other async fns their impl has said that the future is `Send`.
    fn needs(&mut self, sig: &Signature, has_default: bool) {
        let is_future = matches!(&sig.output, ReturnType::Type(_, ty) if future::output(ty).is_some());
        if !is_future && sig.asyncness.is_none() {
            return;
        }
        let crosses = has_default || is_future;
        if let ReturnType::Type(_, ty) = &sig.output {
            self.send |= names_self(ty);
        }
        match sig.receiver().map(|receiver| &receiver.kind) {
            Some(ReceiverKind::Reference(_, _, None)) if crosses => self.sync = true,
            Some(_) if crosses => self.send = true,
            _ => {}
        }
    }
}

/// An associated type, which is the async trait's.
fn associated(ty: &TraitItemType, of: &TokenStream) -> (TokenStream, TokenStream) {
    let TraitItemType { attrs, ident, generics, bounds, colon_token, .. } = ty;
    let where_clause = &generics.where_clause;
    let arguments = arguments(generics);
    let head = quote!(#(#attrs)* type #ident #generics #colon_token #bounds #where_clause;);
    (head, quote!(type #ident #generics = #of::#ident #arguments #where_clause;))
}

/// Whether a `Self` is in it, and not just a `Self::Item`.
fn names_self(ty: &Type) -> bool {
    types::any(ty, |part| matches!(part, Part::Path(path) if path.path.is_ident("Self")))
}
