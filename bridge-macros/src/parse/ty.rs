//! Types, as marked tokens.
//!
//! A type is not understood further than a companion needs: where its references, lifetimes and
//! `impl`s are. What is unknown is copied, so syntax that is newer than this file passes through.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Ident, Lifetime, Result, Token, token};

use super::attrs;
use crate::model::{Piece, Reference, Ty};

/// One type: everything up to `,`, `;`, `=`, `>`, `where` or the end.
pub(super) fn ty(input: ParseStream<'_>) -> Result<Ty> {
    let mut pieces = Vec::new();
    while !at_end(input) {
        piece(input, &mut pieces)?;
    }
    if pieces.is_empty() { Err(input.error("expected a type")) } else { Ok(Ty(pieces)) }
}

fn at_end(input: ParseStream<'_>) -> bool {
    input.is_empty()
        || input.peek(Token![,])
        || input.peek(Token![;])
        || input.peek(Token![=])
        || input.peek(Token![>])
        || input.peek(Token![where])
}

/// Types and what separates them, up to `>` or the end.
fn sequence(input: ParseStream<'_>) -> Result<Ty> {
    let mut pieces = Vec::new();
    while !input.is_empty() && !input.peek(Token![>]) {
        if at_end(input) {
            pieces.push(Piece::Raw(input.parse()?));
        } else {
            piece(input, &mut pieces)?;
        }
    }
    Ok(Ty(pieces))
}

/// The types in `tokens`, whatever stands between them; none where one of them cannot be read.
pub(super) fn list(tokens: TokenStream) -> Ty {
    sequence.parse2(tokens).unwrap_or_else(|_| Ty(Vec::new()))
}

fn piece(input: ParseStream<'_>, pieces: &mut Vec<Piece>) -> Result<()> {
    if let Some((content, span, _)) = input.cursor().group(Delimiter::None) {
        let stream = content.token_stream();
        attrs::skip_group(input)?;
        pieces.push(Piece::Group(Delimiter::None, span, sequence.parse2(stream)?));
    } else if input.peek(Lifetime) {
        pieces.push(Piece::Lifetime(input.parse()?));
    } else if input.peek(Token![&]) {
        pieces.push(Piece::Reference(reference(input)?, ty(input)?));
    } else if input.peek(Token![<]) {
        pieces.push(Piece::Angle(input.parse()?, sequence(input)?, input.parse()?));
    } else if input.peek(Token![->]) {
        pieces.push(Piece::Raw(input.parse()?));
        pieces.push(Piece::Raw(input.parse()?));
    } else if input.peek(Ident::peek_any) {
        ident(input, pieces)?;
    } else {
        match input.parse()? {
            TokenTree::Group(group) => pieces.push(self::group(&group)?),
            tree => pieces.push(Piece::Raw(tree)),
        }
    }
    Ok(())
}

/// `&'a mut`
pub(super) fn reference(input: ParseStream<'_>) -> Result<Reference> {
    Ok(Reference {
        and: input.parse()?,
        lifetime: input.parse()?,
        mutable: if input.peek(Token![mut]) { Some(input.call(Ident::parse_any)?) } else { None },
    })
}

fn ident(input: ParseStream<'_>, pieces: &mut Vec<Piece>) -> Result<()> {
    let ident = input.call(Ident::parse_any)?;
    if ident == "impl" {
        let mut bounds = ty(input)?;
        // More may be added.
        if matches!(bounds.0.last(), Some(Piece::Raw(TokenTree::Punct(punct))) if punct.as_char() == '+') {
            bounds.0.pop();
        }
        pieces.push(Piece::Impl(ident, bounds));
    } else if ident == "for" && input.peek(Token![<]) {
        pieces.push(Piece::Ident(ident));
        pieces.push(Piece::Opaque(angle_tokens(input)?));
    } else if input.peek(token::Paren) && !matches!(&*ident.to_string(), "dyn" | "mut" | "const") {
        // `fn(…) -> T` and `Fn(…) -> T`: what is elided in there belongs to it alone.
        pieces.push(Piece::Ident(ident));
        pieces.push(Piece::Opaque(call_tokens(input)?));
    } else {
        pieces.push(Piece::Ident(ident));
        let at_group = input.peek2(token::Paren) || input.peek2(token::Bracket) || input.peek2(token::Brace);
        if at_group && input.peek(Token![!]) {
            pieces.push(Piece::Raw(input.parse()?));
            pieces.push(arguments(input.parse()?));
        }
    }
    Ok(())
}

/// What a macro is called with. It need be no list of types: what cannot be read as one is copied.
fn arguments(group: Group) -> Piece {
    match anything.parse2(group.stream()) {
        Ok(content) => Piece::Group(group.delimiter(), group.delim_span(), content),
        Err(_) => Piece::Opaque(TokenTree::from(group).into()),
    }
}

/// Types and what separates them, also by a `=>`, up to the end.
fn anything(input: ParseStream<'_>) -> Result<Ty> {
    let mut all = sequence(input)?;
    while !input.is_empty() {
        all.0.push(Piece::Raw(input.parse()?));
        all.0.extend(sequence(input)?.0);
    }
    Ok(all)
}

fn group(group: &Group) -> Result<Piece> {
    let content = match group.delimiter() {
        Delimiter::Bracket => slice.parse2(group.stream())?,
        // A const argument.
        Delimiter::Brace => return Ok(Piece::Raw(group.clone().into())),
        Delimiter::Parenthesis | Delimiter::None => sequence.parse2(group.stream())?,
    };
    Ok(Piece::Group(group.delimiter(), group.delim_span(), content))
}

/// What is in `[T]` or `[T; length]`.
fn slice(input: ParseStream<'_>) -> Result<Ty> {
    let mut element = ty(input)?;
    let length: TokenStream = input.parse()?;
    element.0.extend(length.into_iter().map(Piece::Raw));
    Ok(element)
}

/// `(A, B) -> C`, up to a `+`.
fn call_tokens(input: ParseStream<'_>) -> Result<TokenStream> {
    let mut tokens = TokenStream::new();
    tokens.extend([input.parse::<TokenTree>()?]);
    if input.peek(Token![->]) {
        while !input.peek(Token![+]) && (!at_end(input) || input.peek(Token![->])) {
            if input.peek(Token![<]) {
                tokens.extend(angle_tokens(input)?);
            } else if input.peek(Token![->]) {
                tokens.extend([input.parse::<TokenTree>()?, input.parse()?]);
            } else {
                tokens.extend([input.parse::<TokenTree>()?]);
            }
        }
    }
    Ok(tokens)
}

/// `<…>`
pub(super) fn angle_tokens(input: ParseStream<'_>) -> Result<TokenStream> {
    let mut tokens = TokenStream::new();
    let mut depth = 0_usize;
    loop {
        if input.peek(Token![->]) {
            tokens.extend([input.parse::<TokenTree>()?]);
        } else if input.peek(Token![<]) {
            depth += 1;
        } else if input.peek(Token![>]) {
            depth = depth.saturating_sub(1);
        }
        tokens.extend([input.parse::<TokenTree>()?]);
        if depth == 0 {
            return Ok(tokens);
        }
    }
}
