//! The body of a companion: one call.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::{Attribute, GenericParam};

use super::at;
use crate::analyze::{conditions_of, has_supertrait, param_name};
use crate::ast::{Block, Function, Returns, Trait, predicates, types};
use crate::plan::{Companion, HandleSource, Kind, OnError, Place};

/// The call; once for each set of parameters that `cfg`s may leave.
pub(super) fn body(companion: &Companion<'_>) -> TokenStream {
    let cfgs: Vec<TokenStream> = companion.cfgs.iter().filter_map(|cfg| cfg.parse().ok()).collect();
    if cfgs.is_empty() {
        return call(companion, &|_| true);
    }
    let arms = (0..1_usize << cfgs.len()).map(|set| {
        let holds = |index: usize| set & (1 << index) != 0;
        let conditions =
            cfgs.iter().enumerate().map(|(index, cfg)| if holds(index) { quote!(#cfg) } else { quote!(not(#cfg)) });
        let call = call(companion, &|attrs| {
            conditions_of(attrs)
                .all(|condition| companion.cfgs.iter().position(|cfg| *cfg == condition.to_string()).is_none_or(holds))
        });
        let condition = if cfgs.len() == 1 { quote!(#(#conditions)*) } else { quote!(all(#(#conditions),*)) };
        quote!(#[cfg(#condition)] { #call })
    });
    quote!(#(#arms)*)
}

fn call(companion: &Companion<'_>, is_there: &dyn Fn(&[Attribute]) -> bool) -> TokenStream {
    let (start, end) = output_span(companion);
    let helper = helper(companion, end);
    let (made, handle) = handle(companion, end);
    let future = future(companion, is_there);
    let name = (companion.kind != Kind::Submit).then(|| companion.name.unraw().to_string()).into_iter();
    let start = at(start);
    // rustc blames the callee for what the output lacks: its path spans what the output spans.
    let bridge = if companion.is_bridge_given { companion.bridge.clone() } else { quote_spanned!(start=> ::bridge) };
    let convert = convert(companion, end).into_iter();
    quote_spanned! {start=>
        #made #bridge::__private::#helper(#(#name,)* #handle, #future #(, #convert)*)
    }
}

/// The last argument, where an error of the bridge folds into the function's own.
fn convert(companion: &Companion<'_>, end: Span) -> Option<TokenStream> {
    let convert = &companion.convert;
    match (companion.kind, companion.on_error) {
        (Kind::Blocking, OnError::Fold) => Some(convert.clone()),
        (Kind::Stream, OnError::Fold) => {
            let bridge =
                if companion.is_bridge_given { companion.bridge.clone() } else { quote_spanned!(at(end)=> ::bridge) };
            Some(quote_spanned!(at(end)=> |error| #bridge::__private::failed(#convert(error))))
        }
        _ => None,
    }
}

/// The first and the last token of the output, or the name.
fn output_span(companion: &Companion<'_>) -> (Span, Span) {
    let name = companion.source.name().span();
    let output = companion.source.output.as_ref();
    output.map_or((name, name), |output| (types::first_span(output), types::last_span(output)))
}

/// The function in `bridge::__private`.
fn helper(companion: &Companion<'_>, end: Span) -> Ident {
    let verb = match companion.kind {
        Kind::Blocking => "call",
        Kind::Submit => "submit",
        Kind::Stream => "iter",
    };
    let outcome = match (companion.kind, companion.on_error) {
        (Kind::Submit, _) | (_, OnError::Panic) => "",
        (_, OnError::Wrap) => "_wrap",
        (_, OnError::Fold) => "_fold",
    };
    let local = if companion.local.is_some() { "_local" } else { "" };
    format_ident!("{verb}{local}{outcome}", span = at(end))
}

/// What makes a handle of the call's own, before it, where there is one; and the argument. What these expressions
/// leave, the guard of a lock, say, is dropped before the next, and before the call begins.
fn handle(companion: &Companion<'_>, end: Span) -> (Option<TokenStream>, TokenStream) {
    let bridge = &companion.bridge;
    let name = Ident::new("handle", Span::mixed_site());
    let mut made = None;
    let mut handle = match &companion.handle {
        HandleSource::Parameter(name) => name.to_token_stream(),
        HandleSource::Expression { tokens, cloned, branches, attempted, .. } => {
            let span = tokens.clone().into_iter().next().map_or_else(Span::mixed_site, |tree| tree.span());
            let local = if companion.local.is_some() { "local_" } else { "" };
            let helper = format_ident!("{local}handle", span = at(span));
            let clone = quote!(::core::clone::Clone::clone);
            if *attempted {
                let failed = failed(companion, end);
                // Messages about the error point at the expression.
                let bridge =
                    if companion.is_bridge_given { bridge.clone() } else { quote_spanned!(at(span)=> ::bridge) };
                made = Some(quote_spanned! {at(span)=>
                    let #name = match #bridge::__private::Attempt::new(#tokens).outcome() {
                        ::core::result::Result::Ok(place) => #clone(#bridge::__private::#helper(&place)),
                        ::core::result::Result::Err(error) => return #failed,
                    };
                });
                quote!(&#name)
            } else {
                let place = if *branches {
                    // Not as the argument, or each branch would be asked to be a `Handle`, and could not deref to one.
                    // In parentheses, which a struct's literal needs here, and as a tuple, of which no lint says that
                    // it does not.
                    quote_spanned!(at(span)=> match (&#tokens,) { (place,) => #bridge::__private::#helper(place) })
                } else {
                    quote_spanned!(at(span)=> #bridge::__private::#helper(&#tokens))
                };
                if *cloned {
                    made = Some(quote!(let #name = #clone(#place);));
                    quote!(&#name)
                } else {
                    place
                }
            }
        }
    };
    if let Some(timeout) = &companion.timeout {
        let timed = Ident::new(if companion.local.is_some() { "timed_local" } else { "timed" }, Span::mixed_site());
        made = Some(quote!(#made let #name = #bridge::__private::#timed(#handle, #timeout);));
        handle = quote!(&#name);
    }
    (made, handle)
}

/// What is returned of the `error` that there is no handle.
fn failed(companion: &Companion<'_>, end: Span) -> TokenStream {
    let bridge = &companion.bridge;
    match (convert(companion, end), companion.kind) {
        (Some(convert), Kind::Stream) => quote_spanned!(at(end)=> #bridge::__private::not_made(error, #convert)),
        // Not a call of it, for which rustc would report a second time that there is no `From`.
        (Some(convert), _) => quote_spanned!(at(end)=> #bridge::__private::failed_by(#convert, error)),
        (None, _) => quote_spanned!(at(end)=> ::core::result::Result::Err(error)),
    }
}

/// The call of the async fn, which only makes the future; with `local`, a closure that will.
fn future(companion: &Companion<'_>, is_there: &dyn Fn(&[Attribute]) -> bool) -> TokenStream {
    let source = companion.source;
    let name = source.name();
    let span = at(name.span());
    let function = match companion.place {
        Place::Free => name.to_token_stream(),
        Place::Block(block) => block_path(block, source),
        Place::Method => quote_spanned!(span=> Self::#name),
    };
    let is_argument = |param: &&GenericParam| match param {
        GenericParam::Lifetime(_) => false,
        GenericParam::Type(param) => is_there(&param.attrs),
        GenericParam::Const(param) => is_there(&param.attrs),
    };
    let mut generics = source.sig.generics.params.iter().filter(is_argument).map(param_name).peekable();
    let generics = generics.peek().is_some().then(|| quote_spanned!(span=> ::<#(#generics),*>));
    let receiver = source.receiver().map(|receiver| receiver.self_token.to_token_stream()).into_iter();
    let params = companion.params.iter().filter(|param| is_there(&param.arg.attrs));
    let args = receiver.chain(params.map(|param| param.name.to_token_stream()));
    let mut call = quote_spanned!(span=> #function #generics (#(#args),*));
    if source.is_unsafe() {
        // The generated block is sound: the companion is `unsafe` too, and asks of its caller what the async fn asks.
        call = quote_spanned!(span=> unsafe { #call });
    }
    if companion.local.is_some() {
        return quote_spanned!(span=> move || #call);
    }
    if source.sig.asyncness.is_some() || source.returns == Returns::AsyncTrait {
        return call;
    }
    // A plain fn may do more than make a future, and where an async fn would do it: on the loop.
    let bridge = &companion.bridge;
    let made = if companion.kind == Kind::Stream { "made" } else { "future" };
    let made = Ident::new(made, span);
    quote_spanned!(span=> #bridge::__private::#made(move || #call))
}

/// `Self::name`; in a trait whose supertraits may have one of this name, too, the trait's.
fn block_path(block: &Block, source: &Function) -> TokenStream {
    let name = source.name();
    let span = at(name.span());
    let has_supertraits = |interface: &&Trait| {
        !interface.supertraits.is_empty()
            || has_supertrait(predicates(&block.generics))
            || has_supertrait(source.predicates())
    };
    let Some(interface) = block.as_trait().filter(has_supertraits) else {
        return quote_spanned!(span=> Self::#name);
    };
    let this = &interface.name;
    let arguments = block.generics.params.iter().map(param_name);
    let arguments = (!block.generics.params.is_empty()).then(|| quote_spanned!(span=> <#(#arguments),*>));
    quote_spanned!(span=> <Self as #this #arguments>::#name)
}
