//! An async fn of a trait, as one that returns a future: `-> impl Future<Output = T> + Send`.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};

use super::generics::{asked, declared, names, predicate};
use super::ty::{Impls, Rewrite};
use super::{at, attribute};
use crate::model::{Arg, Attr, GenericKind, GenericParam, Member, Piece, Promise, Receiver, ReceiverKind};

pub(super) fn function(promise: &Promise<'_>, member: &Member) -> TokenStream {
    let source = promise.source;
    let (attrs, vis) = (source.attrs.iter().map(attribute), &source.vis);
    let (qualifiers, name) = (&source.qualifiers, &source.name);
    let keyword = Ident::new("fn", source.fn_token);
    let generics = generics(promise);
    let inputs = inputs(promise);
    let output = output(promise);
    let where_clause = where_clause(promise);
    let mut tokens =
        quote!(#(#attrs)* #vis #(#qualifiers)* #keyword #name #generics (#(#inputs),*) -> #output #where_clause);
    match &member.body {
        Some(body) => tokens.extend([TokenTree::from(Group::new(Delimiter::Brace, asynchronous(promise, body)))]),
        None => tokens.extend(member.tail.clone()),
    }
    tokens
}

/// Where the `async` was that is no more: messages about the future point there.
fn site(promise: &Promise<'_>) -> Span {
    at(promise.source.asyncness.unwrap_or_else(Span::call_site))
}

fn generics(promise: &Promise<'_>) -> TokenStream {
    let params = promise.source.generics.iter().map(|param| {
        let (attrs, name) = (param.attrs.iter().map(attribute), declared(param));
        let mut bounds: Vec<TokenStream> = Vec::new();
        if !param.bounds.is_empty() {
            bounds.push(param.bounds.clone());
        }
        if let Some(name) = type_name(param).filter(|name| !names(&promise.source.predicates, name)) {
            bounds.extend(promise.asks.iter().filter(|ask| ask.is_of(name)).flat_map(|ask| asked(ask, false)));
        }
        let colon = (!bounds.is_empty()).then(|| quote!(:));
        quote!(#(#attrs)* #name #colon #(#bounds)+*)
    });
    let all: Vec<TokenStream> =
        promise.lifetimes.inputs.iter().map(|name| name.to_token_stream()).chain(params).collect();
    if all.is_empty() { TokenStream::new() } else { quote!(<#(#all),*>) }
}

fn type_name(param: &GenericParam) -> Option<&Ident> {
    match &param.kind {
        GenericKind::Type(name) => Some(name),
        _ => None,
    }
}

fn where_clause(promise: &Promise<'_>) -> TokenStream {
    let predicates = &promise.source.predicates;
    let written = (!predicates.is_empty()).then(|| predicates.clone());
    // Bounds of one parameter stay together.
    let own = promise.source.generics.iter().filter_map(type_name).filter(|name| names(predicates, name));
    let own = own.flat_map(|name| {
        let bounds: Vec<_> =
            promise.asks.iter().filter(|ask| ask.is_of(name)).flat_map(|ask| asked(ask, false)).collect();
        (!bounds.is_empty()).then(|| quote!(#name: #(#bounds)+*))
    });
    let all = written.into_iter().chain(own).chain(promise.asks.iter().filter_map(|ask| predicate(ask, false)));
    let all: Vec<TokenStream> = all.collect();
    if all.is_empty() { TokenStream::new() } else { quote!(where #(#all),*) }
}

/// The type of its value, where it can be written down.
fn value(promise: &Promise<'_>) -> TokenStream {
    let krate = &promise.krate;
    match &promise.source.output {
        None => quote!(()),
        // The only way to name it.
        Some(output) => {
            // What is hidden in it goes back to the calling thread.
            let impls = Impls::Ask { owned: false };
            let elided = Box::new(promise.lifetimes.output.iter().cycle());
            let value = Rewrite { elided, impls }.ty(output);
            // `!` has no other name.
            if output.is_never() { quote!(<fn() -> #value as #krate::__private::Returns>::Output) } else { value }
        }
    }
}

fn output(promise: &Promise<'_>) -> TokenStream {
    let value = value(promise);
    let site = site(promise);
    let send = promise.is_send.then(|| quote_spanned!(site=> + ::core::marker::Send));
    quote_spanned!(site=> impl ::core::future::Future<Output = #value> #send)
}

fn inputs(promise: &Promise<'_>) -> Vec<TokenStream> {
    let source = promise.source;
    let impls = if promise.is_send { Impls::Ask { owned: false } } else { Impls::Keep };
    let mut rewrite = Rewrite { elided: Box::new(promise.lifetimes.inputs.iter()), impls };
    let mut inputs: Vec<TokenStream> =
        source.receiver.iter().map(|receiver| self::receiver(receiver, &mut rewrite)).collect();
    for (index, arg) in source.args.iter().enumerate() {
        let ty = rewrite.ty(&arg.ty);
        if source.has_body {
            // The pattern is for the body.
            let cfgs = conditions(&arg.attrs);
            let name =
                if is_kept(arg) { arg.pattern.iter().cloned().collect() } else { name(index, arg).into_token_stream() };
            inputs.push(quote!(#cfgs #name: #ty));
        } else {
            let (attrs, pattern) = (arg.attrs.iter().map(attribute), &arg.pattern);
            inputs.push(quote!(#(#attrs)* #(#pattern)*: #ty));
        }
    }
    inputs
}

fn receiver(receiver: &Receiver, rewrite: &mut Rewrite<'_>) -> TokenStream {
    let Receiver { attrs, mutable, self_token, kind } = receiver;
    let attrs = attrs.iter().map(attribute);
    match kind {
        ReceiverKind::Value => quote!(#(#attrs)* #mutable #self_token),
        ReceiverKind::Reference(reference) => {
            let reference = rewrite.reference(reference);
            quote!(#(#attrs)* #reference #self_token)
        }
        ReceiverKind::Typed(ty) => {
            let ty = rewrite.ty(ty);
            quote!(#(#attrs)* #mutable #self_token: #ty)
        }
    }
}

/// A plain name for a reference: dropping it does nothing, so that it need not be held to the end.
fn is_kept(arg: &Arg) -> bool {
    arg.name.is_some() && arg.pattern.len() == 1 && matches!(arg.ty.0.first(), Some(Piece::Reference(..)))
}

/// Whether its pattern moves all of it: `x` or `mut x`, and not `ref x`.
fn takes_all(arg: &Arg) -> bool {
    let is_ref = matches!(arg.pattern.first(), Some(TokenTree::Ident(word)) if word == "ref");
    arg.name.is_some() && !is_ref
}

fn name(index: usize, arg: &Arg) -> Ident {
    // The user's is bound in the body.
    let name = arg.name.as_ref().map_or_else(|| format!("arg{index}"), Ident::to_string);
    let span = Span::mixed_site().located_at(arg.span);
    match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, span),
        None => Ident::new(&name, span),
    }
}

fn conditions(attrs: &[Attr]) -> TokenStream {
    attrs.iter().filter(|attr| attr.path == "cfg").map(attribute).collect()
}

/// The body as that of an async fn: it holds all arguments until its end, used or not, and drops them from the last to
/// the first, after what its tail borrows from them.
fn asynchronous(promise: &Promise<'_>, body: &Group) -> TokenStream {
    let source = promise.source;
    let site = site(promise);
    let mut inner = body.to_token_stream();
    let (mut conditional, mut is_wrapped) = (Vec::new(), false);
    for (index, arg) in source.args.iter().enumerate().rev().filter(|(_, arg)| !is_kept(arg)) {
        let (name, pattern) = (name(index, arg), &arg.pattern);
        let attrs = arg.attrs.iter().map(attribute).collect::<TokenStream>();
        if arg.attrs.iter().any(|attr| attr.path.starts_with("cfg")) {
            // What is not always there cannot be around what is.
            let whole = (!takes_all(arg)).then(|| quote_spanned!(site=> #attrs let #name = #name;));
            conditional.push(quote_spanned!(site=> #whole #attrs let #(#pattern)* = #name;));
            continue;
        }
        is_wrapped = true;
        inner = if takes_all(arg) {
            quote_spanned!(site=> match #name { #attrs #(#pattern)* => #inner })
        } else {
            quote_spanned!(site=> match #name { #name => match #name { #attrs #(#pattern)* => #inner } })
        };
    }
    conditional.reverse();
    // Temporaries of its tail go after what stands beside it.
    let is_tail = !is_wrapped && conditional.is_empty();
    let own = source.receiver.as_ref().filter(|receiver| !matches!(receiver.kind, ReceiverKind::Reference(_)));
    let own = own.map(|receiver| {
        let this = &receiver.self_token;
        quote_spanned!(site=> let _ = &#this;)
    });
    let krate = &promise.krate;
    let output = source.output.as_ref().filter(|output| !output.has_impl() && !output.is_never());
    // What `return` and `?` give, which an async block does not say.
    let returned = output.map(|output| {
        let value = value(promise);
        let site = at(output.span().0);
        quote_spanned!(site=> if false { return #krate::__private::returned::<#value>(); })
    });
    // In braces of its own a single expression would be said to need none.
    let content = if is_tail && !starts_with_attribute(body) { body.stream() } else { inner };
    let mut block = Group::new(Delimiter::Brace, quote_spanned!(site=> #own #returned #(#conditional)* #content));
    // Of the user's hygiene: macros that look for the body, as `#[instrument(err)]`, name their own things by it.
    block.set_span(source.asyncness.unwrap_or_else(Span::call_site));
    quote_spanned!(site=> async move #block)
}

/// `#![…]`, which has to come first.
fn starts_with_attribute(body: &Group) -> bool {
    let mut trees = body.stream().into_iter();
    matches!((trees.next(), trees.next()), (Some(TokenTree::Punct(hash)), Some(TokenTree::Punct(bang)))
        if hash.as_char() == '#' && bang.as_char() == '!')
}
