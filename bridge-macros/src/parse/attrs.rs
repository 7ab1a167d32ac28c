//! Outer attributes, and visibility.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::ParseStream;
use syn::{LitStr, Result, Token, token};

use crate::model::Attr;

/// Every `#[…]` that comes next.
pub(super) fn outer(input: ParseStream<'_>) -> Result<Vec<Attr>> {
    let mut attrs = Vec::new();
    while input.peek(Token![#]) {
        input.parse::<Token![#]>()?;
        let content;
        syn::bracketed!(content in input);
        let meta: TokenStream = content.parse()?;
        attrs.push(Attr { path: path(&meta), meta });
    }
    Ok(attrs)
}

/// The path that `meta` begins with, without spaces.
fn path(meta: &TokenStream) -> String {
    let mut path = String::new();
    for tree in meta.clone() {
        match tree {
            TokenTree::Ident(ident) => path.push_str(&ident.to_string()),
            TokenTree::Punct(punct) if punct.as_char() == ':' => path.push(':'),
            // `#[$meta]` of a macro_rules!
            TokenTree::Group(group) if group.delimiter() == Delimiter::None && path.is_empty() => {
                return self::path(&group.stream());
            }
            _ => break,
        }
    }
    path
}

/// The text of `doc = "…"`; of `doc = include_str!(…)` nothing is known.
pub(crate) fn doc_text(attr: &Attr) -> Option<String> {
    if attr.path != "doc" {
        return None;
    }
    let mut trees = attr.meta.clone().into_iter().skip(1);
    match (trees.next(), trees.next(), trees.next()) {
        (Some(TokenTree::Punct(equals)), Some(TokenTree::Literal(text)), None) if equals.as_char() == '=' => {
            syn::parse_str::<LitStr>(&text.to_string()).ok().map(|text| text.value())
        }
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
