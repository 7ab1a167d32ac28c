//! An async fn of a trait, as one that returns a future: `-> impl Future<Output = T> + Send`.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Attribute, PatType, Receiver, ReceiverKind, Type};

use super::at;
use super::generics::Bounds;
use super::types::{Impls, Rewrite};
use crate::analyze::cfg_attributes;
use crate::ast::{Member, binding, types};
use crate::plan::TraitFn;

pub(super) fn function(function: &TraitFn<'_>, member: &Member) -> TokenStream {
    let source = function.source;
    let (attrs, vis, name) = (&source.attrs, &source.vis, source.name());
    let syn::Signature { constness, safety, abi, fn_token, .. } = &source.sig;
    let bounds = Bounds::of_trait_fn(function);
    let generics = bounds.generics(function.lifetimes.inputs.iter().map(|name| name.to_token_stream()), Vec::new());
    let (inputs, output, where_clause) = (inputs(function), output(function), bounds.where_clause(None));
    let mut tokens = quote! {
        #(#attrs)* #vis #constness #safety #abi #fn_token #name #generics (#(#inputs),*) -> #output #where_clause
    };
    match &member.body {
        Some(body) => tokens.extend([TokenTree::from(Group::new(Delimiter::Brace, asynchronous(function, body)))]),
        None => tokens.extend(member.tail.clone()),
    }
    tokens
}

/// Where the `async` was that is no more: messages about the future point there.
fn site(function: &TraitFn<'_>) -> Span {
    at(function.source.sig.asyncness.as_ref().map_or_else(Span::call_site, |word| word.span))
}

/// The type of its value, where it can be written down.
fn value(function: &TraitFn<'_>) -> TokenStream {
    let bridge = &function.bridge;
    match &function.source.output {
        None => quote!(()),
        // The only way to name it.
        Some(output) => {
            // What is hidden in it goes back to the calling thread.
            let impls = Impls::Bound { owned: false };
            let elided = Box::new(function.lifetimes.output.iter().cycle());
            let value = Rewrite { elided, impls }.ty(output);
            // `!` has no other name.
            if types::is_never(output) {
                quote!(<fn() -> #value as #bridge::__private::Returns>::Output)
            } else {
                value
            }
        }
    }
}

fn output(function: &TraitFn<'_>) -> TokenStream {
    let value = value(function);
    let site = site(function);
    let send = function.is_send.then(|| quote_spanned!(site=> + ::core::marker::Send));
    quote_spanned!(site=> impl ::core::future::Future<Output = #value> #send)
}

fn inputs(function: &TraitFn<'_>) -> Vec<TokenStream> {
    let source = function.source;
    let impls = if function.is_send { Impls::Bound { owned: false } } else { Impls::Keep };
    let mut rewrite = Rewrite { elided: Box::new(function.lifetimes.inputs.iter()), impls };
    let mut inputs: Vec<TokenStream> =
        source.receiver().into_iter().map(|receiver| self::receiver(receiver, &mut rewrite)).collect();
    for (index, arg) in source.args().enumerate() {
        let ty = rewrite.ty(&arg.ty);
        if source.has_body {
            // The pattern is for the body.
            let cfgs = cfg_attributes(&arg.attrs);
            let name = if is_kept(arg) { arg.pat.to_token_stream() } else { name(index, arg).into_token_stream() };
            inputs.push(quote!(#(#cfgs)* #name: #ty));
        } else {
            let PatType { attrs, pat, .. } = arg;
            inputs.push(quote!(#(#attrs)* #pat: #ty));
        }
    }
    inputs
}

fn receiver(receiver: &Receiver, rewrite: &mut Rewrite<'_>) -> TokenStream {
    let Receiver { attrs, mutability, self_token, kind } = receiver;
    match kind {
        ReceiverKind::Reference(and, lifetime, mutability) => {
            let lifetime = rewrite.lifetime(lifetime.as_ref());
            quote!(#(#attrs)* #and #lifetime #mutability #self_token)
        }
        ReceiverKind::Typed(_, ty) => {
            let ty = rewrite.ty(ty);
            quote!(#(#attrs)* #mutability #self_token: #ty)
        }
        _ => quote!(#(#attrs)* #mutability #self_token),
    }
}

/// A plain name for a reference: dropping it does nothing, so that it need not be held to the end.
fn is_kept(arg: &PatType) -> bool {
    let is_plain = binding(arg).is_some_and(|pattern| pattern.by_ref.is_none() && pattern.mutability.is_none());
    is_plain && matches!(*arg.ty, Type::Reference(_))
}

/// Whether its pattern moves all of it: `x` or `mut x`, and not `ref x`.
fn takes_all(arg: &PatType) -> bool {
    binding(arg).is_some_and(|pattern| pattern.by_ref.is_none())
}

fn name(index: usize, arg: &PatType) -> Ident {
    // The user's is bound in the body.
    let (name, span) = match binding(arg) {
        Some(pattern) => (pattern.ident.to_string(), pattern.ident.span()),
        None => (format!("arg{index}"), arg.pat.span()),
    };
    let span = Span::mixed_site().located_at(span);
    match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, span),
        None => Ident::new(&name, span),
    }
}

/// The body as that of an async fn: it holds all arguments until its end, used or not, and drops them from the last to
/// the first, after what its tail borrows from them.
fn asynchronous(function: &TraitFn<'_>, body: &Group) -> TokenStream {
    let source = function.source;
    let site = site(function);
    let mut inner = body.to_token_stream();
    let (mut conditional, mut is_wrapped) = (Vec::new(), false);
    for (index, arg) in source.args().enumerate().collect::<Vec<_>>().into_iter().rev().filter(|(_, arg)| !is_kept(arg))
    {
        let (name, pattern) = (name(index, arg), &arg.pat);
        let attrs = &arg.attrs;
        if attrs.iter().any(is_conditional) {
            // What is not always there cannot be around what is.
            let whole = (!takes_all(arg)).then(|| quote_spanned!(site=> #(#attrs)* let #name = #name;));
            conditional.push(quote_spanned!(site=> #whole #(#attrs)* let #pattern = #name;));
            continue;
        }
        is_wrapped = true;
        inner = if takes_all(arg) {
            quote_spanned!(site=> match #name { #(#attrs)* #pattern => #inner })
        } else {
            quote_spanned!(site=> match #name { #name => match #name { #(#attrs)* #pattern => #inner } })
        };
    }
    conditional.reverse();
    // Temporaries of its tail go after what stands beside it.
    let is_tail = !is_wrapped && conditional.is_empty();
    let own = source.receiver().filter(|receiver| !matches!(receiver.kind, ReceiverKind::Reference(..)));
    let own = own.map(|receiver| {
        let this = &receiver.self_token;
        quote_spanned!(site=> let _ = &#this;)
    });
    let bridge = &function.bridge;
    let output = source.output.as_ref().filter(|output| !types::has_impl(output) && !types::is_never(output));
    // What `return` and `?` give, which an async block does not say.
    let returned = output.map(|output| {
        let value = value(function);
        let site = at(types::first_span(output));
        quote_spanned!(site=> if false { return #bridge::__private::returned::<#value>(); })
    });
    // In braces of its own a single expression would be said to need none.
    let content = if is_tail && !starts_with_attribute(body) { body.stream() } else { inner };
    let mut block = Group::new(Delimiter::Brace, quote_spanned!(site=> #own #returned #(#conditional)* #content));
    // Of the user's hygiene: macros that look for the body, as `#[instrument(err)]`, name their own things by it.
    block.set_span(source.sig.asyncness.as_ref().map_or_else(Span::call_site, |word| word.span));
    quote_spanned!(site=> async move #block)
}

/// `cfg`, or `cfg_attr`, which may bring one.
fn is_conditional(attr: &Attribute) -> bool {
    attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr")
}

/// `#![…]`, which has to come first.
fn starts_with_attribute(body: &Group) -> bool {
    let mut trees = body.stream().into_iter();
    matches!((trees.next(), trees.next()), (Some(TokenTree::Punct(hash)), Some(TokenTree::Punct(bang)))
        if hash.as_char() == '#' && bang.as_char() == '!')
}
