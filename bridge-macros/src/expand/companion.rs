//! One companion.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};

use super::call::body;
use super::generics::{generics, where_clause};
use super::ty::{Impls, Rewrite};
use super::{attribute, handle_type};
use crate::analyze::{mentions, of_parameter};
use crate::model::{
    Attr, Companion, GenericKind, GenericParam, HandleSource, Kind, OnError, Piece, Receiver, ReceiverKind, Ty,
};

/// A companion that does what it says.
pub(super) fn whole(companion: &Companion<'_>) -> TokenStream {
    function(companion, body(companion))
}

/// A companion that only has its signature, for when the rest may be wrong.
pub(crate) fn unfinished(companion: &Companion<'_>) -> TokenStream {
    if companion.source.output.as_ref().is_some_and(Ty::has_impl) {
        // Only a value can stand for an `impl Trait`.
        return whole(companion);
    }
    let params = companion.params.iter().map(|param| {
        let cfgs = param.arg.attrs.iter().filter(|attr| attr.path == "cfg").map(attribute);
        let name = &param.name;
        quote!(#(#cfgs)* let _ = #name;)
    });
    function(companion, quote!(#(#params)* ::core::unreachable!()))
}

fn function(companion: &Companion<'_>, body: TokenStream) -> TokenStream {
    let Companion { attrs, docs, vis, name, .. } = companion;
    let vis = vis.as_ref().unwrap_or(&companion.source.vis);
    let unsafety = companion.source.unsafety.map(|span| Ident::new("unsafe", span));
    let (inputs, named) = inputs(companion);
    let generics = generics(companion, &named);
    let output = output(companion);
    let where_clause = where_clause(companion);
    let allows = allows(companion, inputs.len());
    quote! {
        #[doc = #docs]
        #(#[#attrs])*
        #(#allows)*
        #[track_caller]
        #vis #unsafety fn #name #generics (#(#inputs),*) #output #where_clause {
            #body
        }
    }
}

/// Lints that the companion would trip where the async fn does not.
fn allows(companion: &Companion<'_>, inputs: usize) -> Vec<TokenStream> {
    let deprecates =
        |attr: &Attr| attr.path == "deprecated" || attr.path == "cfg_attr" && mentions(&attr.meta(), "deprecated");
    let calls_deprecated = companion.source.attrs.iter().any(deprecates);
    // The handle may be the one argument that is too many.
    let many = inputs > MANY_ARGUMENTS && matches!(companion.handle, HandleSource::Parameter(_));
    let deprecated = calls_deprecated.then(|| quote!(#[allow(deprecated)]));
    let many = many.then(|| quote!(#[allow(clippy::too_many_arguments)]));
    // `'a: 'static`, so that `'a` in a bound that is not looked into stays a name.
    let is_lifetime = |param: &GenericParam| matches!(param.kind, GenericKind::Lifetime(_));
    let named = companion.owned && companion.source.generics.iter().any(is_lifetime);
    let named = named.then(|| quote!(#[allow(redundant_lifetimes)]));
    // An async fn hides from the lint what it returns.
    let complex = companion.source.output.as_ref().is_some_and(|output| complexity(output, 2) > COMPLEX);
    let complex = complex.then(|| quote!(#[allow(clippy::type_complexity)]));
    deprecated.into_iter().chain(many).chain(named).chain(complex).collect()
}

/// As many as clippy lets pass.
const MANY_ARGUMENTS: usize = 7;

/// As clippy counts, a tenth of it, and rather too much: each name counts for as much as it is deep in others. `depth`: 2
/// for what may be in a `Result`.
fn complexity(ty: &Ty, depth: usize) -> usize {
    let of = |piece: &Piece| match piece {
        Piece::Ident(_) => depth,
        Piece::Opaque(_) => 5 * depth,
        Piece::Group(_, _, inner) => depth + complexity(inner, depth + 1),
        Piece::Angle(_, inner, _) | Piece::Reference(_, inner) | Piece::Impl(_, inner) => complexity(inner, depth + 1),
        Piece::Raw(_) | Piece::Lifetime(_) => 0,
    };
    ty.0.iter().map(of).sum()
}

/// Less than clippy lets pass.
const COMPLEX: usize = 20;

/// The parameters, and generics for those `impl Trait`s that must have a name.
fn inputs(companion: &Companion<'_>) -> (Vec<TokenStream>, Vec<TokenStream>) {
    let lifetimes = &companion.lifetimes;
    let impls = if lifetimes.impls.is_empty() {
        Impls::Ask { owned: companion.owned }
    } else {
        Impls::Name { names: lifetimes.impls.iter(), params: Vec::new() }
    };
    let mut rewrite = Rewrite { elided: Box::new(lifetimes.inputs.iter()), impls };
    let mut inputs = Vec::new();
    if let Some(receiver) = &companion.source.receiver {
        inputs.push(self::receiver(receiver, &mut rewrite));
    }
    if let HandleSource::Parameter(name) = &companion.handle {
        let krate = &companion.krate;
        let ty = handle_type(companion);
        inputs.push(quote_spanned!(name.span()=> #name: &#krate::#ty));
    }
    for param in &companion.params {
        let attrs = of_parameter(&param.arg.attrs);
        let name = &param.name;
        let ty = rewrite.ty(&param.arg.ty);
        inputs.push(quote!(#(#[#attrs])* #name: #ty));
    }
    match rewrite.impls {
        Impls::Name { params, .. } => (inputs, params),
        _ => (inputs, Vec::new()),
    }
}

/// `Handle` or `LocalHandle`.
fn receiver(receiver: &Receiver, rewrite: &mut Rewrite<'_>) -> TokenStream {
    let attrs = of_parameter(&receiver.attrs);
    let self_token = &receiver.self_token;
    let receiver = match &receiver.kind {
        ReceiverKind::Value => self_token.to_token_stream(),
        ReceiverKind::Reference(reference) => {
            let reference = rewrite.reference(reference);
            quote!(#reference #self_token)
        }
        ReceiverKind::Typed(ty) => {
            let ty = rewrite.ty(ty);
            quote!(#self_token: #ty)
        }
    };
    quote!(#(#[#attrs])* #receiver)
}

fn output(companion: &Companion<'_>) -> TokenStream {
    let krate = &companion.krate;
    let captures = companion.lifetimes.captures.as_ref().map(|captures| quote!(#(#captures),*));
    let output = companion.source.output.as_ref().map(|output| {
        let name = companion.lifetimes.output.as_ref();
        let elided: Box<dyn Iterator<Item = _>> = match name {
            Some(name) => Box::new(std::iter::repeat(name)),
            None => Box::new(std::iter::empty()),
        };
        Rewrite { elided, impls: Impls::Capture(captures.as_ref()) }.ty(output)
    });
    let value = output.clone().unwrap_or_else(|| quote!(()));
    match (companion.kind, companion.on_error) {
        (Kind::Submit, _) => quote!(-> #krate::Task<#value>),
        (Kind::Stream, OnError::Panic) => quote!(-> #krate::Iter<#value>),
        (Kind::Stream, _) => quote!(-> ::core::result::Result<#krate::Iter<#value>, #krate::Error>),
        (Kind::Blocking, OnError::Wrap) => quote!(-> ::core::result::Result<#value, #krate::Error>),
        (Kind::Blocking, OnError::Panic | OnError::Fold) => {
            output.map_or_else(TokenStream::new, |output| quote!(-> #output))
        }
    }
}
