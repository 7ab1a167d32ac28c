//! Signatures, parsed as `syn` does, with a short way for `name: Type`, `&Type` and `Type`.
//!
//! In a macro without optimization, as in a dev build, each keyword that `syn` looks for costs, and it looks for some
//! thirty before it comes to a plain name.

use proc_macro2::Spacing;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Result};
use syn::punctuated::Punctuated;
use syn::{
    FnArg, Generics, Ident, Pat, PatIdent, PatType, Path, ReturnType, Safety, Signature, Token, Type, TypePath,
    TypeReference, parenthesized,
};

pub(super) fn signature(input: ParseStream<'_>) -> Result<Signature> {
    let content;
    let mut signature = Signature {
        constness: input.parse()?,
        asyncness: input.parse()?,
        safety: Safety::parse_unsafe_only(input)?,
        abi: input.parse()?,
        fn_token: input.parse()?,
        ident: input.parse()?,
        generics: if input.peek(Token![<]) { input.parse()? } else { Generics::default() },
        paren_token: parenthesized!(content in input),
        inputs: inputs(&content)?,
        variadic: None,
        output: match input.parse()? {
            Some(arrow) => ReturnType::Type(arrow, Box::new(ty(input, true)?)),
            None => ReturnType::Default,
        },
    };
    signature.generics.where_clause = input.parse()?;
    Ok(signature)
}

fn inputs(content: ParseStream<'_>) -> Result<Punctuated<FnArg, Token![,]>> {
    let mut inputs = Punctuated::new();
    while !content.is_empty() {
        let input = if at_plain_name(content) { FnArg::Typed(named(content)?) } else { content.parse()? };
        match input {
            FnArg::Receiver(receiver) if !inputs.is_empty() => {
                return Err(syn::Error::new(receiver.self_token.span, "unexpected method receiver"));
            }
            input => inputs.push_value(input),
        }
        if !content.is_empty() {
            inputs.push_punct(content.parse()?);
        }
    }
    Ok(inputs)
}

/// Whether `name:` comes next.
fn at_plain_name(input: ParseStream<'_>) -> bool {
    let Some((name, rest)) = input.cursor().ident() else { return false };
    let is_colon = rest.punct().is_some_and(|(mark, _)| mark.as_char() == ':' && mark.spacing() == Spacing::Alone);
    is_colon && name != "self" && name != "_"
}

/// `name: Type`
fn named(input: ParseStream<'_>) -> Result<PatType> {
    let ident = input.call(Ident::parse_any)?;
    let pattern = PatIdent { attrs: Vec::new(), by_ref: None, mutability: None, ident, subpat: None };
    Ok(PatType {
        attrs: Vec::new(),
        pat: Box::new(Pat::Ident(pattern)),
        colon_token: input.parse()?,
        ty: Box::new(ty(input, true)?),
    })
}

/// `plus`: whether bounds may follow, as in `dyn A + B`.
fn ty(input: ParseStream<'_>, plus: bool) -> Result<Type> {
    let cursor = input.cursor();
    if cursor.punct().is_some_and(|(mark, _)| mark.as_char() == '&') {
        return Ok(Type::Reference(TypeReference {
            attrs: Vec::new(),
            and_token: input.parse()?,
            lifetime: input.parse()?,
            mutability: input.parse()?,
            elem: Box::new(ty(input, false)?),
        }));
    }
    if let Some((name, rest)) = cursor.ident() {
        let is_alone = rest.eof() || rest.punct().is_some_and(|(mark, _)| mark.as_char() == ',');
        if is_alone && name != "_" {
            let path = Path::from(input.call(Ident::parse_any)?);
            return Ok(Type::Path(TypePath { attrs: Vec::new(), qself: None, path }));
        }
    }
    if plus { input.parse() } else { Type::without_plus(input) }
}
