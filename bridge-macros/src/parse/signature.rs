//! The signature of a function, up to its body.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Lifetime, Result, Token};

use super::{attrs, ty};
use crate::model::{Arg, Attr, Function, GenericKind, GenericParam, Receiver, ReceiverKind, Returns};

/// All of a function but its body.
pub(super) fn function(input: ParseStream<'_>) -> Result<Function> {
    let attrs = attrs::outer(input)?;
    let vis = attrs::visibility(input)?;
    let (mut asyncness, mut unsafety, mut qualifiers) = (None, None, Vec::new());
    while !input.peek(Token![fn]) {
        // `const`, `default`, `extern "C"` and what else may stand here is rustc's to judge.
        let word: TokenTree = input.parse()?;
        match &word {
            TokenTree::Ident(word) if word == "async" => {
                asyncness = Some(word.span());
                continue;
            }
            TokenTree::Ident(word) if word == "unsafe" => unsafety = Some(word.span()),
            _ => {}
        }
        qualifiers.push(word);
    }
    let fn_token: Token![fn] = input.parse()?;
    let name = input.call(Ident::parse_any)?;
    let generics = generics(input)?;
    let (receiver, args) = parameters(input)?;
    let output = if input.peek(Token![->]) {
        input.parse::<Token![->]>()?;
        Some(ty::ty(input)?)
    } else {
        None
    };
    let predicates = predicates(input)?;
    Ok(Function {
        attrs,
        vis,
        asyncness,
        unsafety,
        qualifiers,
        fn_token: fn_token.span,
        name,
        generics,
        receiver,
        args,
        output,
        returns: Returns::Value,
        not_send: None,
        owned: false,
        has_body: true,
        conditions: ty::list(predicates.clone()),
        predicates,
        mentions_self: false,
    })
}

/// `<'a, T: Bound, const N: usize>`, or nothing.
pub(super) fn generics(input: ParseStream<'_>) -> Result<Vec<GenericParam>> {
    let mut params = Vec::new();
    if input.parse::<Option<Token![<]>>()?.is_none() {
        return Ok(params);
    }
    while !input.peek(Token![>]) {
        params.push(generic_param(input)?);
        if input.parse::<Option<Token![,]>>()?.is_none() {
            break;
        }
    }
    input.parse::<Token![>]>()?;
    Ok(params)
}

fn generic_param(input: ParseStream<'_>) -> Result<GenericParam> {
    let attrs = attrs::outer(input)?;
    let kind = if input.peek(Lifetime) {
        GenericKind::Lifetime(input.parse()?)
    } else if input.peek(Token![const]) {
        GenericKind::Const(input.parse()?, input.parse()?)
    } else {
        GenericKind::Type(input.parse()?)
    };
    let mut bounds = TokenStream::new();
    if input.parse::<Option<Token![:]>>()?.is_some() {
        until(input, &mut bounds, |input| input.peek(Token![,]) || input.peek(Token![=]))?;
        bounds = without_last(bounds, '+');
    }
    if input.parse::<Option<Token![=]>>()?.is_some() {
        until(input, &mut TokenStream::new(), |input| input.peek(Token![,]))?;
    }
    Ok(GenericParam { attrs, kind, bounds })
}

/// Copies what comes until `stop` or a `>` that was not opened here.
fn until(input: ParseStream<'_>, into: &mut TokenStream, stop: fn(ParseStream<'_>) -> bool) -> Result<()> {
    while !input.is_empty() && !stop(input) && !input.peek(Token![>]) {
        if input.peek(Token![<]) {
            into.extend(ty::angle_tokens(input)?);
        } else if input.peek(Token![->]) {
            into.extend([input.parse::<TokenTree>()?, input.parse()?]);
        } else {
            into.extend([input.parse::<TokenTree>()?]);
        }
    }
    Ok(())
}

/// `: A + B` of a trait, or nothing.
pub(super) fn supertraits(input: ParseStream<'_>) -> Result<TokenStream> {
    let mut bounds = TokenStream::new();
    if input.parse::<Option<Token![:]>>()?.is_some() {
        until(input, &mut bounds, |input| input.peek(Token![where]))?;
    }
    Ok(bounds)
}

/// `predicates` without those that name the lifetime.
pub(super) fn without(predicates: TokenStream, lifetime: &str) -> TokenStream {
    let (mut kept, mut current, mut depth) = (TokenStream::new(), Vec::new(), 0_usize);
    let mut close = |current: &mut Vec<TokenTree>| {
        let predicate = std::mem::take(current);
        if !predicate.iter().any(|tree| matches!(tree, TokenTree::Ident(ident) if ident == lifetime)) {
            kept.extend(predicate);
        }
    };
    for tree in predicates {
        let char = if let TokenTree::Punct(punct) = &tree { punct.as_char() } else { ' ' };
        match char {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        current.push(tree);
        if char == ',' && depth == 0 {
            close(&mut current);
        }
    }
    close(&mut current);
    without_last(kept, ',')
}

/// The predicates of a where clause, or nothing.
pub(super) fn predicates(input: ParseStream<'_>) -> Result<TokenStream> {
    if input.parse::<Option<Token![where]>>()?.is_none() {
        return Ok(TokenStream::new());
    }
    Ok(without_last(input.parse()?, ','))
}

/// Without that mark at the end, which may be there or not.
fn without_last(tokens: TokenStream, mark: char) -> TokenStream {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    if matches!(tokens.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == mark) {
        tokens.pop();
    }
    tokens.into_iter().collect()
}

fn parameters(input: ParseStream<'_>) -> Result<(Option<Receiver>, Vec<Arg>)> {
    let content;
    syn::parenthesized!(content in input);
    let (mut receiver, mut args) = (None, Vec::new());
    while !content.is_empty() {
        let attrs = attrs::outer(&content)?;
        if args.is_empty() && receiver.is_none() && at_receiver(&content) {
            receiver = Some(self::receiver(&content, attrs)?);
        } else {
            args.push(arg(&content, attrs)?);
        }
        if content.parse::<Option<Token![,]>>()?.is_none() {
            break;
        }
    }
    if content.is_empty() { Ok((receiver, args)) } else { Err(content.error("expected `,`")) }
}

fn at_receiver(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    if ahead.peek(Token![&]) && ty::reference(&ahead).is_err() {
        return false;
    }
    let _ = ahead.parse::<Option<Token![mut]>>();
    ahead.peek(Token![self]) && !ahead.peek2(Token![::])
}

fn receiver(input: ParseStream<'_>, attrs: Vec<Attr>) -> Result<Receiver> {
    if input.peek(Token![&]) {
        let reference = ty::reference(input)?;
        let self_token = input.call(Ident::parse_any)?;
        return Ok(Receiver { attrs, kind: ReceiverKind::Reference(reference), mutable: None, self_token });
    }
    let mutable = if input.peek(Token![mut]) { Some(input.call(Ident::parse_any)?) } else { None };
    let self_token = input.call(Ident::parse_any)?;
    let kind = if input.parse::<Option<Token![:]>>()?.is_some() {
        ReceiverKind::Typed(ty::ty(input)?)
    } else {
        ReceiverKind::Value
    };
    Ok(Receiver { attrs, kind, mutable, self_token })
}

/// `pattern: Type`
fn arg(input: ParseStream<'_>, attrs: Vec<Attr>) -> Result<Arg> {
    let span = input.span();
    let ahead = input.fork();
    ahead.parse::<Option<Token![ref]>>()?;
    ahead.parse::<Option<Token![mut]>>()?;
    let name = ahead
        .call(Ident::parse_any)
        .ok()
        .filter(|name| name != "_" && ahead.peek(Token![:]) && !ahead.peek(Token![::]));
    let mut pattern = Vec::new();
    while !input.peek(Token![:]) || input.peek(Token![::]) {
        if input.peek(Token![,]) {
            return Err(input.error("expected a type after `:`"));
        }
        if input.peek(Token![::]) {
            pattern.push(input.parse()?);
        }
        pattern.push(input.parse()?);
    }
    input.parse::<Token![:]>()?;
    Ok(Arg { attrs, name, pattern, span, ty: ty::ty(input)? })
}
