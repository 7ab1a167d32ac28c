//! The head of a function, alone or as a member: recognized by its keyword, then parsed.

use proc_macro2::{Span, TokenTree};
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Attribute, GenericParam, Result, Token};

use super::signature::signature;
use super::{Function, Returns, returns, tokens, types};

/// The word that says what kind of item it is.
pub(super) struct Keyword {
    pub(super) word: String,
    pub(super) span: Span,
    pub(super) is_async: bool,
}

/// Looks for it behind attributes, visibility and qualifiers. It is called for every member, so it parses nothing.
pub(super) fn keyword(head: &[TokenTree]) -> Option<Keyword> {
    let mut is_async = false;
    for (index, tree) in head.iter().enumerate() {
        let TokenTree::Ident(ident) = tree else { continue };
        let word = ident.to_string();
        let found = match &*word {
            "async" => {
                is_async = at_function(&head[index + 1..]);
                !is_async
            }
            "pub" | "unsafe" | "default" | "auto" | "safe" => false,
            "const" | "extern" => !at_function(&head[index + 1..]),
            _ => true,
        };
        if found {
            return Some(Keyword { word, span: ident.span(), is_async });
        }
    }
    None
}

/// Whether a fn, or its qualifiers, comes next.
fn at_function(rest: &[TokenTree]) -> bool {
    match rest {
        [TokenTree::Literal(_), TokenTree::Ident(next), ..] | [TokenTree::Ident(next), ..] => {
            ["fn", "async", "unsafe", "extern"].iter().any(|word| next == word)
        }
        _ => false,
    }
}

/// `stream`: whether it is meant to return one.
pub(super) fn function(head: Vec<TokenTree>, stream: bool) -> Result<Function> {
    let mut function = parse.parse2(head.iter().cloned().collect())?;
    let name = head.iter().position(|tree| matches!(tree, TokenTree::Ident(word) if word == "fn")).unwrap_or(0);
    function.head = head;
    function.head.drain(..name);
    if stream || function.sig.asyncness.is_none() {
        let names = if stream { &returns::STREAM } else { &returns::FUTURE };
        if let Some(found) = function.output.as_mut().and_then(|output| returns::find(output, names)) {
            function.output = Some(found.value).filter(|value| !types::is_unit(value));
            function.not_send = found.not_send;
            function.unpromised = found.unpromised;
            function.owned = found.owned;
            function.returns = if stream { Returns::Stream } else { Returns::Future };
        }
    }
    if function.returns == Returns::Future {
        async_trait(&mut function);
    }
    Ok(function)
}

fn parse(input: ParseStream<'_>) -> Result<Function> {
    let attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse()?;
    input.parse::<Option<Token![default]>>()?;
    Ok(Function { attrs, vis, ..Function::of(signature(input)?) })
}

/// Takes back what `#[async_trait]` has put into a signature, but for the names of lifetimes.
fn async_trait(function: &mut Function) {
    let is_its =
        |param: &GenericParam| matches!(param, GenericParam::Lifetime(param) if param.lifetime.ident == "async_trait");
    let generics = &mut function.sig.generics;
    if !generics.params.iter().any(is_its) {
        return;
    }
    function.returns = Returns::AsyncTrait;
    generics.params = std::mem::take(&mut generics.params).into_iter().filter(|param| !is_its(param)).collect();
    if let Some(clause) = &mut generics.where_clause {
        let predicates: Punctuated<_, _> = std::mem::take(&mut clause.predicates);
        let is_users = |predicate: &syn::WherePredicate| {
            !tokens::mentions(&quote::ToTokens::to_token_stream(predicate), "async_trait")
        };
        clause.predicates = predicates.into_iter().filter(is_users).collect();
    }
}
