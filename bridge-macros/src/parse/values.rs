//! The value of each option.

use proc_macro2::{Delimiter, Ident, Literal, Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::parse::discouraged::Speculative as _;
use syn::{Error, LitStr, Token, token};

use super::{attrs, ty};
use crate::model::{Fallible, FallibleMode, Options, Submit, Tokens};

/// Why a value was not read.
pub(super) enum Mistake {
    /// One that has its own words.
    Explained(Error),
    /// It is not what the option takes.
    Grammar(Error),
}

impl From<Error> for Mistake {
    fn from(error: Error) -> Mistake {
        Mistake::Grammar(error)
    }
}

pub(super) type Read<T> = Result<T, Mistake>;

pub(super) fn name(input: ParseStream<'_>, _: Span, options: &mut Options) -> Read<()> {
    input.parse::<Token![=]>()?;
    options.name = Some(identifier(input, "name")?);
    Ok(())
}

/// An identifier, which people also write as a string.
fn identifier(input: ParseStream<'_>, option: &str) -> Read<Ident> {
    if input.peek(LitStr) {
        let text: LitStr = input.parse()?;
        let message = format!("a name is written without quotes: `{option} = {}`", text.value());
        return Err(Mistake::Explained(Error::new(text.span(), message)));
    }
    Ok(input.parse()?)
}

pub(super) fn suffix(input: ParseStream<'_>, _: Span, options: &mut Options) -> Read<()> {
    input.parse::<Token![=]>()?;
    if input.peek(Ident::peek_any) {
        let word = input.call(Ident::parse_any)?;
        let message = format!("a suffix is no name by itself: write `suffix = \"{word}\"`");
        return Err(Mistake::Explained(Error::new(word.span(), message)));
    }
    let suffix: LitStr = input.parse()?;
    let value = suffix.value();
    let name = format!("x{value}");
    // It parses with spaces and comments, too, which a name cannot have.
    if value.is_empty() || syn::parse_str::<Ident>(&name).map_or(true, |ident| ident != name) {
        return Err(Mistake::Explained(Error::new(
            suffix.span(),
            "a suffix ends an identifier: write `suffix = \"_sync\"`, say, with letters, digits and `_`",
        )));
    }
    options.suffix = Some(value);
    Ok(())
}

pub(super) fn vis(input: ParseStream<'_>, _: Span, options: &mut Options) -> Read<()> {
    input.parse::<Token![=]>()?;
    // A `$vis` that is empty is a value all the same: private.
    let is_empty = input.cursor().group(Delimiter::None).is_some_and(|(content, _, _)| content.eof());
    let tokens = attrs::visibility(input)?;
    if tokens.is_empty() && !is_empty {
        return Err(input.error("no visibility").into());
    }
    options.vis = Some(Tokens { tokens });
    Ok(())
}

fn value(input: ParseStream<'_>) -> Read<Tokens> {
    input.parse::<Token![=]>()?;
    if input.is_empty() {
        return Err(input.error("no value").into());
    }
    Ok(Tokens { tokens: input.parse()? })
}

pub(super) fn handle(input: ParseStream<'_>, _: Span, options: &mut Options) -> Read<()> {
    options.handle = Some(value(input)?);
    Ok(())
}

pub(super) fn timeout(input: ParseStream<'_>, _: Span, options: &mut Options) -> Read<()> {
    let value = value(input)?;
    let mut trees = value.tokens.clone().into_iter();
    options.timeout = Some(value);
    if let (Some(TokenTree::Literal(number)), None) = (trees.next(), trees.next()) {
        let message = format!("a limit has a unit: write `timeout = Duration::from_secs({})`", seconds(&number));
        return Err(Mistake::Explained(Error::new(number.span(), message)));
    }
    Ok(())
}

/// The digits at the start of `5`, `"5s"` or `5.0`, or an example.
fn seconds(literal: &Literal) -> String {
    let text = literal.to_string();
    let digits: String = text.trim_matches('"').chars().take_while(char::is_ascii_digit).collect();
    if digits.is_empty() { "5".to_owned() } else { digits }
}

pub(super) fn fallible(input: ParseStream<'_>, span: Span, options: &mut Options) -> Read<()> {
    // So that what is meant is known where it is written wrong.
    options.fallible = Some(Fallible { span, mode: FallibleMode::Auto });
    if input.parse::<Option<Token![=]>>()?.is_some() {
        let ahead = input.fork();
        let way = ahead.call(Ident::parse_any)?;
        let mode = match &*way.to_string() {
            "wrap" => FallibleMode::Wrap,
            "fold" => FallibleMode::Fold,
            _ => return Err(input.error("neither").into()),
        };
        input.advance_to(&ahead);
        options.fallible = Some(Fallible { span: way.span(), mode });
    }
    Ok(())
}

pub(super) fn local(_: ParseStream<'_>, span: Span, options: &mut Options) -> Read<()> {
    options.local = Some(span);
    Ok(())
}

pub(super) fn submit(input: ParseStream<'_>, span: Span, options: &mut Options) -> Read<()> {
    let name = match input.parse::<Option<Token![=]>>()? {
        Some(_) => Some(identifier(input, "submit")?),
        None => None,
    };
    options.submit = Some(Submit { span, name });
    Ok(())
}

pub(super) fn attr(input: ParseStream<'_>, _: Span, options: &mut Options) -> Read<()> {
    let entries = list(input)?;
    for entry in &entries {
        let mut trees = entry.clone().into_iter();
        let inner = match (trees.next(), trees.next()) {
            (Some(TokenTree::Punct(_)), Some(TokenTree::Group(brackets))) => brackets.stream().to_string(),
            (Some(TokenTree::Literal(text)), None) => text.to_string().trim_matches('"').to_owned(),
            _ => continue,
        };
        let message = format!("an attribute is written here as it stands in `#[…]`: `attr({inner})`");
        return Err(Mistake::Explained(Error::new_spanned(entry, message)));
    }
    options.attrs.extend(entries);
    Ok(())
}

pub(super) fn bound(input: ParseStream<'_>, _: Span, options: &mut Options) -> Read<()> {
    let predicates = list(input)?;
    for predicate in &predicates {
        let colon =
            predicate.clone().into_iter().any(|tree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ':'));
        if !colon {
            let message = "a bound says of which type: write `bound(T: Send)`";
            return Err(Mistake::Explained(Error::new_spanned(predicate, message)));
        }
    }
    options.bounds.extend(predicates);
    Ok(())
}

/// `(a, b<C, D>)`, cut at its commas.
fn list(input: ParseStream<'_>) -> syn::Result<Vec<TokenStream>> {
    if !input.peek(token::Paren) {
        return Err(input.error("no list"));
    }
    let content;
    syn::parenthesized!(content in input);
    let mut entries = Vec::new();
    while !content.is_empty() {
        let mut entry = TokenStream::new();
        while !content.is_empty() && !content.peek(Token![,]) {
            if content.peek(Token![<]) {
                entry.extend(ty::angle_tokens(&content)?);
            } else {
                entry.extend([content.parse::<TokenTree>()?]);
            }
        }
        content.parse::<Option<Token![,]>>()?;
        if !entry.is_empty() {
            entries.push(entry);
        }
    }
    if entries.is_empty() { Err(content.error("an empty list")) } else { Ok(entries) }
}

pub(super) fn krate(input: ParseStream<'_>, _: Span, options: &mut Options) -> Read<()> {
    input.parse::<Token![=]>()?;
    if input.peek(LitStr) {
        let text: LitStr = input.parse()?;
        let message = format!("a path is written without quotes: `crate = {}`", text.value());
        return Err(Mistake::Explained(Error::new(text.span(), message)));
    }
    let mut path = TokenStream::new();
    if input.peek(Token![::]) {
        path.extend([input.parse::<TokenTree>()?, input.parse()?]);
    }
    loop {
        path.extend([TokenTree::from(input.call(Ident::parse_any)?)]);
        if !input.peek(Token![::]) {
            break;
        }
        path.extend([input.parse::<TokenTree>()?, input.parse()?]);
    }
    options.krate = Some(path);
    Ok(())
}

pub(super) fn skip(_: ParseStream<'_>, span: Span, options: &mut Options) -> Read<()> {
    options.skip = Some(span);
    Ok(())
}

pub(super) fn stream(_: ParseStream<'_>, span: Span, options: &mut Options) -> Read<()> {
    options.stream = Some(span);
    Ok(())
}
