//! One companion.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{Attribute, Receiver, ReceiverKind, Token, Type};

use super::at;
use super::call::body;
use super::generics::Bounds;
use super::types::{Impls, Rewrite};
use crate::analyze::{cfg_attributes, of_parameter};
use crate::ast::Block;
use crate::ast::tokens::mentions;
use crate::ast::types::{self, Part, Reach};
use crate::plan::{Companion, HandleSource, Kind, OnError, Param};

/// A companion with its body.
pub(super) fn whole(companion: &Companion<'_>) -> TokenStream {
    function(companion, body(companion))
}

/// A companion that only has its signature, for when the rest may be wrong.
pub(crate) fn unfinished(companion: &Companion<'_>) -> TokenStream {
    if companion.source.output.as_ref().is_some_and(types::has_impl) {
        // Only a value can stand for an `impl Trait`.
        return whole(companion);
    }
    let params = companion.params.iter().map(|param| {
        let cfgs = cfg_attributes(&param.arg.attrs);
        let name = &param.name;
        quote!(#(#cfgs)* let _ = #name;)
    });
    function(companion, quote!(#(#params)* ::core::unreachable!()))
}

fn function(companion: &Companion<'_>, body: TokenStream) -> TokenStream {
    let Companion { source, attrs, docs, name, .. } = companion;
    // A `TokenStream` in a `quote!` is a call into rustc, unlike one of `syn`'s types.
    let (given_vis, vis) = (&companion.vis, companion.vis.is_none().then_some(&source.vis));
    let safety = &source.sig.safety;
    let (inputs, named) = inputs(companion);
    let allows = allows(companion);
    let bounds = Bounds::of_companion(companion);
    // A lifetime that is `'static` is no parameter.
    let lifetimes = companion.lifetimes.inputs.iter().filter(|lifetime| lifetime.ident != "static");
    let generics = bounds.generics(lifetimes.map(|name| name.to_token_stream()), named);
    let is_owned = companion.owned && (source.receiver().is_some() || source.mentions_self());
    let where_clause = bounds.where_clause(is_owned.then(|| quote!(Self: 'static)));
    let output = output(companion);
    quote! {
        #[doc = #docs]
        #(#[#attrs])*
        #(#allows)*
        #[track_caller]
        #given_vis #vis #safety fn #name #generics (#inputs) #output #where_clause {
            #body
        }
    }
}

/// Lints that the companion would trip where the async fn does not.
fn allows(companion: &Companion<'_>) -> Vec<TokenStream> {
    let source = companion.source;
    let deprecates = |attr: &Attribute| {
        let path = attr.path();
        path.is_ident("deprecated") || path.is_ident("cfg_attr") && mentions(&attr.to_token_stream(), "deprecated")
    };
    let mut allows = Vec::new();
    if source.attrs.iter().any(deprecates) {
        allows.push(quote!(#[allow(deprecated)]));
    }
    // The handle may be the one argument that is too many.
    if source.sig.inputs.len() >= MANY_ARGUMENTS && matches!(companion.handle, HandleSource::Parameter(_)) {
        allows.push(quote!(#[allow(clippy::too_many_arguments)]));
    }
    // `'a: 'static`, so that `'a` in a bound that is not looked into stays a name.
    if companion.owned && source.sig.generics.lifetimes().next().is_some() {
        allows.push(quote!(#[allow(redundant_lifetimes)]));
    }
    // An async fn hides from the lint what it returns.
    if source.output.as_ref().is_some_and(|output| complexity(output) > COMPLEX) {
        allows.push(quote!(#[allow(clippy::type_complexity)]));
    }
    allows
}

/// As many as clippy lets pass.
const MANY_ARGUMENTS: usize = 7;

/// As clippy counts, a tenth of it, and rather too much: each name counts for as much as it is deep in others.
fn complexity(ty: &Type) -> usize {
    let mut complexity = 0;
    types::walk(ty, Reach::VALUE, &mut |part, reach| {
        complexity += (reach.depth + OUTPUT_DEPTH)
            * match part {
                Part::Path(path) => path.path.segments.len(),
                Part::Bound(path) => path.segments.len(),
                Part::Elements | Part::Impl(_) => 1,
                Part::Macro(_) | Part::Callable(_) => 5,
                Part::Reference(_) | Part::Lifetime(_) | Part::Capture => 0,
            };
    });
    complexity
}

/// That of a type which may be in a `Result`.
const OUTPUT_DEPTH: usize = 2;

/// Less than clippy lets pass.
const COMPLEX: usize = 20;

/// The parameters, and generics for those `impl Trait`s that must have a name.
fn inputs(companion: &Companion<'_>) -> (TokenStream, Vec<TokenStream>) {
    let lifetimes = &companion.lifetimes;
    let impls = if lifetimes.impls.is_empty() {
        Impls::Bound { owned: companion.owned }
    } else {
        Impls::Name { names: lifetimes.impls.iter(), params: Vec::new() }
    };
    let mut rewrite = Rewrite { elided: Box::new(lifetimes.inputs.iter()), impls };
    let mut inputs = TokenStream::new();
    if let Some(receiver) = companion.source.receiver() {
        self::receiver(receiver, &mut rewrite, &mut inputs);
    }
    if let HandleSource::Parameter(name) = &companion.handle {
        let ty = handle_type(companion);
        separate(&mut inputs);
        inputs.extend(quote_spanned!(name.span()=> #name: &#ty));
    }
    for Param { arg, name } in &companion.params {
        separate(&mut inputs);
        attributes(&arg.attrs, &mut inputs);
        name.to_tokens(&mut inputs);
        <Token![:]>::default().to_tokens(&mut inputs);
        rewrite.print(&arg.ty, Reach::VALUE, &mut inputs);
    }
    match rewrite.impls {
        Impls::Name { params, .. } => (inputs, params),
        _ => (inputs, Vec::new()),
    }
}

/// What the handle's parameter refers to.
fn handle_type(companion: &Companion<'_>) -> TokenStream {
    let bridge = &companion.bridge;
    if let Some(local) = companion.local {
        return quote_spanned!(at(local)=> #bridge::LocalHandle);
    }
    let is_of_trait = companion.place.block().and_then(Block::as_trait).is_some();
    any_handle(bridge, is_of_trait, companion.source.output.as_ref())
}

/// What the parameter refers to that takes a handle of whatever loop, of a function with that output.
pub(crate) fn any_handle(bridge: &TokenStream, is_of_trait: bool, output: Option<&Type>) -> TokenStream {
    // A trait with a generic companion could not be `dyn`, and what an `impl Trait` in the output captures could not be
    // written.
    if is_of_trait || output.is_some_and(types::has_impl) {
        quote!(dyn #bridge::AsHandle)
    } else {
        quote!(impl #bridge::AsHandle)
    }
}

/// A comma between parameters.
fn separate(inputs: &mut TokenStream) {
    if !inputs.is_empty() {
        <Token![,]>::default().to_tokens(inputs);
    }
}

/// The forwarded attributes of a parameter.
fn attributes(attrs: &[Attribute], tokens: &mut TokenStream) {
    for attr in of_parameter(attrs) {
        tokens.extend(quote!(#[#attr]));
    }
}

fn receiver(receiver: &Receiver, rewrite: &mut Rewrite<'_>, tokens: &mut TokenStream) {
    attributes(&receiver.attrs, tokens);
    if let ReceiverKind::Reference(and, lifetime, mutability) = &receiver.kind {
        and.to_tokens(tokens);
        rewrite.lifetime(lifetime.as_ref()).to_tokens(tokens);
        mutability.to_tokens(tokens);
    }
    receiver.self_token.to_tokens(tokens);
    if let ReceiverKind::Typed(colon, ty) = &receiver.kind {
        colon.to_tokens(tokens);
        rewrite.print(ty, Reach::VALUE, tokens);
    }
}

fn output(companion: &Companion<'_>) -> Option<TokenStream> {
    let bridge = &companion.bridge;
    let captures = companion.lifetimes.captures.as_ref().map(|captures| quote!(#(#captures),*));
    let output = companion.source.output.as_ref().map(|output| {
        let name = companion.lifetimes.output.as_ref();
        let elided: Box<dyn Iterator<Item = _>> = match name {
            Some(name) => Box::new(std::iter::repeat(name)),
            None => Box::new(std::iter::empty()),
        };
        Rewrite { elided, impls: Impls::Capture(captures.as_ref()) }.ty(output)
    });
    if companion.kind == Kind::Blocking && companion.on_error != OnError::Wrap {
        return output.map(|output| quote!(-> #output));
    }
    let value = output.unwrap_or_else(|| quote!(()));
    Some(match (companion.kind, companion.on_error) {
        (Kind::Submit, _) => quote!(-> #bridge::Task<#value>),
        (Kind::Stream, OnError::Panic | OnError::Fold) => quote!(-> #bridge::Iter<#value>),
        (Kind::Stream, _) => quote!(-> ::core::result::Result<#bridge::Iter<#value>, #bridge::Error>),
        (Kind::Blocking, _) => quote!(-> ::core::result::Result<#value, #bridge::Error>),
    })
}
