//! The value of each option.

use proc_macro2::{Delimiter, Ident, Literal, Span, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::parse::{ParseBuffer, ParseStream};
use syn::spanned::Spanned as _;
use syn::{Error, Expr, ExprLit, ExprPath, Lit, LitStr, Path, Token, Type, Visibility, WherePredicate, token};

use super::{Fallible, FallibleMode, Options, Submit, distance, letters};
use crate::ast::tokens::{commas, ungrouped};

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
    let vis: Visibility = input.parse()?;
    if matches!(vis, Visibility::Inherited) && !is_empty {
        return Err(input.error("no visibility").into());
    }
    options.vis = Some(vis.into_token_stream());
    Ok(())
}

/// The tokens of an expression.
fn expression(input: ParseStream<'_>) -> Read<TokenStream> {
    input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(input.error("no value").into());
    }
    let ahead = input.fork();
    let mut tokens = TokenStream::new();
    // One that syn does not know is rustc's to judge, up to a comma.
    let is_known = ahead.parse::<Expr>().is_ok();
    while !input.is_empty() && if is_known { input.cursor() < ahead.cursor() } else { !input.peek(Token![,]) } {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

pub(super) fn handle(input: ParseStream<'_>, _: Span, options: &mut Options) -> Read<()> {
    options.handle = Some(expression(input)?);
    Ok(())
}

pub(super) fn timeout(input: ParseStream<'_>, span: Span, options: &mut Options) -> Read<()> {
    let value = expression(input)?;
    options.timeout_key = Some(span);
    let mut trees = ungrouped(value.clone()).into_iter();
    options.timeout = Some(value);
    if let (Some(TokenTree::Literal(number)), None) = (trees.next(), trees.next()) {
        let message = format!("a timeout needs a unit: write `timeout = Duration::from_secs({})`", seconds(&number));
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
    options.fallible = Some(Fallible { span, mode: FallibleMode::Auto, convert: None });
    if input.parse::<Option<Token![=]>>()?.is_some() {
        let way: ExprPath = input.parse()?;
        let word = way.path.get_ident().map(Ident::to_string).unwrap_or_default();
        let is_slip = |meant: &str| word != meant && (distance(&word, meant) == 1 || letters(&word) == letters(meant));
        if let Some(meant) = ["wrap", "fold"].into_iter().find(|meant| is_slip(meant)) {
            let message = format!("unknown way `{word}`: did you mean `{meant}`?");
            return Err(Mistake::Explained(Error::new(way.span(), message)));
        }
        let (mode, convert) = match &*word {
            "wrap" => (FallibleMode::Wrap, None),
            "fold" => (FallibleMode::Fold, None),
            _ => (FallibleMode::Fold, Some(way.to_token_stream())),
        };
        options.fallible = Some(Fallible { span: way.span(), mode, convert });
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
    let entries = commas(list(input)?.parse()?);
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
    options.attrs.extend(entries.into_iter().map(ungrouped));
    Ok(())
}

pub(super) fn docs(input: ParseStream<'_>, _: Span, options: &mut Options) -> Read<()> {
    let value = ungrouped(expression(input)?);
    let is_text =
        matches!(syn::parse2(value.clone()), Ok(Expr::Lit(ExprLit { lit: Lit::Str(_), .. }) | Expr::Macro(_)));
    if !is_text {
        return Err(Error::new_spanned(value, "no text").into());
    }
    options.docs = Some(value);
    Ok(())
}

pub(super) fn bound(input: ParseStream<'_>, _: Span, options: &mut Options) -> Read<()> {
    let content = list(input)?;
    while !content.is_empty() {
        let ahead = content.fork();
        match (content.parse::<WherePredicate>(), ahead.parse::<Type>()) {
            (Err(_), Ok(ty)) if ahead.is_empty() || ahead.peek(Token![,]) => {
                let message = "a bound says of which type: write `bound(T: Send)`";
                return Err(Mistake::Explained(Error::new_spanned(ty, message)));
            }
            (predicate, _) => options.bounds.push(predicate?.into_token_stream()),
        }
        if !content.is_empty() {
            content.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

/// The inside of a list's parentheses, which is not empty.
fn list<'a>(input: ParseStream<'a>) -> syn::Result<ParseBuffer<'a>> {
    if !input.peek(token::Paren) {
        return Err(input.error("no list"));
    }
    let content;
    syn::parenthesized!(content in input);
    if content.is_empty() { Err(content.error("an empty list")) } else { Ok(content) }
}

pub(super) fn krate(input: ParseStream<'_>, _: Span, options: &mut Options) -> Read<()> {
    input.parse::<Token![=]>()?;
    if input.peek(LitStr) {
        let text: LitStr = input.parse()?;
        let message = format!("a path is written without quotes: `crate = {}`", text.value());
        return Err(Mistake::Explained(Error::new(text.span(), message)));
    }
    options.krate = Some(input.call(Path::parse_mod_style)?.into_token_stream());
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
