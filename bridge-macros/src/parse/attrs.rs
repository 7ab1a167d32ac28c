//! Attributes, and visibility.

use proc_macro2::{Delimiter, Literal, TokenStream, TokenTree};
use syn::buffer::Cursor;
use syn::parse::ParseStream;
use syn::{Lit, Result, Token, token};

use crate::model::Attr;

/// Every `#[…]` that comes next.
pub(super) fn outer(input: ParseStream<'_>) -> Result<Vec<Attr>> {
    let mut attrs = Vec::new();
    while input.peek(Token![#]) {
        input.parse::<Token![#]>()?;
        attrs.push(attr(input)?);
    }
    Ok(attrs)
}

/// Every `#![…]` that comes next.
pub(super) fn inner(input: ParseStream<'_>) -> Result<Vec<Attr>> {
    let mut attrs = Vec::new();
    while input.peek(Token![#]) {
        input.parse::<Token![#]>()?;
        input.parse::<Token![!]>()?;
        attrs.push(attr(input)?);
    }
    Ok(attrs)
}

/// What comes after the mark.
fn attr(input: ParseStream<'_>) -> Result<Attr> {
    let Some((content, _, _)) = input.cursor().group(Delimiter::Bracket) else {
        return Err(input.error("expected square brackets"));
    };
    Ok(Attr { path: path(content), doc: doc(content), brackets: input.parse()? })
}

/// The path that comes next, without spaces; also that of the `#[$meta]` of a macro_rules!.
fn path(mut cursor: Cursor<'_>) -> String {
    let mut path = String::new();
    loop {
        if let Some((ident, rest)) = cursor.ident() {
            path.push_str(&ident.to_string());
            cursor = rest;
        } else if let Some((_, rest)) = cursor.punct().filter(|(punct, _)| punct.as_char() == ':') {
            path.push(':');
            cursor = rest;
        } else {
            return path;
        }
    }
}

/// The literal of `doc = "…"`; of `doc = include_str!(…)` nothing is known.
fn doc(cursor: Cursor<'_>) -> Option<Literal> {
    let (_, cursor) = cursor.ident().filter(|(ident, _)| ident == "doc")?;
    let (_, cursor) = cursor.punct().filter(|(punct, _)| punct.as_char() == '=')?;
    cursor.literal().filter(|(_, rest)| rest.eof()).map(|(literal, _)| literal)
}

/// The text of a doc comment.
pub(crate) fn doc_text(attr: &Attr) -> Option<String> {
    match Lit::new(attr.doc.clone()?) {
        Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}

/// `pub`, `pub(crate)`, `pub(in path)`, or nothing.
pub(super) fn visibility(input: ParseStream<'_>) -> Result<TokenStream> {
    // `$vis` of a macro_rules!, which may be empty.
    if let Some((content, _, _)) = input.cursor().group(Delimiter::None) {
        let tokens = content.token_stream();
        if is_visibility(&tokens) {
            skip_group(input)?;
            return Ok(tokens);
        }
    }
    let mut tokens = TokenStream::new();
    if input.peek(Token![pub]) {
        tokens.extend([input.parse::<TokenTree>()?]);
        if input.peek(token::Paren) && is_restriction(input) {
            tokens.extend([input.parse::<TokenTree>()?]);
        }
    }
    Ok(tokens)
}

/// Whether the parentheses that come next are `(crate)`, `(super)`, `(self)` or `(in path)`.
fn is_restriction(input: ParseStream<'_>) -> bool {
    input.cursor().group(Delimiter::Parenthesis).and_then(|(content, _, _)| content.ident()).is_some_and(
        |(ident, rest)| ident == "in" || (rest.eof() && (ident == "crate" || ident == "super" || ident == "self")),
    )
}

fn is_visibility(tokens: &TokenStream) -> bool {
    let mut trees = tokens.clone().into_iter();
    match (trees.next(), trees.next(), trees.next()) {
        (None, _, _) => true,
        (Some(TokenTree::Ident(ident)), rest, None) => {
            ident == "pub" && rest.is_none_or(|rest| matches!(rest, TokenTree::Group(_)))
        }
        _ => false,
    }
}

/// Steps over the invisible delimiters that come next, with what they hold.
pub(super) fn skip_group(input: ParseStream<'_>) -> Result<()> {
    input.step(|cursor| match cursor.group(Delimiter::None) {
        Some((_, _, rest)) => Ok(((), rest)),
        None => Err(cursor.error("expected a group")),
    })
}
