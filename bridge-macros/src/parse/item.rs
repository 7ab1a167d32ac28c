//! The item that the attribute stands on.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Ident, Result, Token};

use super::options::options;
use super::{attrs, cut, signature, ty};
use crate::model::{Errors, Function, Impl, Item, Lone, Member};

/// Never fails: what cannot have a companion is told and kept as it is.
pub(crate) fn item(tokens: TokenStream, errors: &mut Errors) -> Item {
    let bare = cut::bare(tokens.clone());
    let cut = cut::item(bare);
    let head = cut.head.clone();
    let parsed = match keyword.parse2(head.clone()) {
        Ok(Keyword { word, .. }) if word == "fn" => {
            function(head).map(|function| Item::Function(Box::new(Lone { tokens: tokens.clone(), function })))
        }
        Ok(Keyword { word, .. }) if word == "impl" => impl_item(cut, errors),
        Ok(Keyword { word, span }) => Err(syn::Error::new(span, refusal(&word))),
        Err(_) => Err(syn::Error::new(Span::call_site(), refusal("this item"))),
    };
    parsed.unwrap_or_else(|error| {
        errors.push_error(error);
        Item::Other(tokens)
    })
}

fn refusal(word: &str) -> String {
    match word {
        "trait" => "`#[threadsafe]` does not take traits yet: write the companions as provided methods that call `Handle::block_on`".to_owned(),
        "struct" | "enum" | "union" => {
            "`#[threadsafe]` makes blocking companions of async functions, and a type has none: put it on an `async fn`, or on the `impl` that holds them".to_owned()
        }
        word => format!(
            "`#[threadsafe]` makes blocking companions of async functions: put it on an `async fn`, or on an `impl` that holds some, not on {}",
            if word == "this item" { "this item".to_owned() } else { format!("a `{word}`") }
        ),
    }
}

/// The word that says what kind of item it is.
struct Keyword {
    word: String,
    span: Span,
}

fn keyword(input: ParseStream<'_>) -> Result<Keyword> {
    attrs::outer(input)?;
    attrs::visibility(input)?;
    loop {
        let word = input.call(Ident::parse_any)?;
        let found = match &*word.to_string() {
            "async" | "unsafe" | "default" | "auto" | "safe" => false,
            "const" => !at_function(input),
            "extern" if input.peek(syn::LitStr) => {
                input.parse::<syn::LitStr>()?;
                !at_function(input)
            }
            "extern" => !at_function(input),
            _ => true,
        };
        if found {
            input.parse::<TokenStream>()?;
            return Ok(Keyword { word: word.to_string(), span: word.span() });
        }
    }
}

/// Whether a fn, or its qualifiers, comes next.
fn at_function(input: ParseStream<'_>) -> bool {
    input.peek(Token![fn]) || input.peek(Token![async]) || input.peek(Token![unsafe]) || input.peek(Token![extern])
}

fn function(head: TokenStream) -> Result<Function> {
    let signature = head.clone();
    let mut function = signature::function.parse2(head)?;
    function.mentions_self = mentions_self(signature);
    Ok(function)
}

fn mentions_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == "Self",
        TokenTree::Group(group) => mentions_self(group.stream()),
        _ => false,
    })
}

fn impl_item(cut: cut::Cut, errors: &mut Errors) -> Result<Item> {
    let head = cut.head.clone();
    let mut item = impl_head.parse2(cut.head)?;
    item.head = head;
    if let Some(braces) = cut.braces {
        item.braces = braces.span();
        item.members = cut::members(braces.stream()).into_iter().map(|tokens| member(tokens, errors)).collect();
    }
    Ok(Item::Impl(item))
}

fn impl_head(input: ParseStream<'_>) -> Result<Impl> {
    attrs::outer(input)?;
    while !input.peek(Token![impl]) {
        input.parse::<TokenTree>()?;
    }
    let token: Token![impl] = input.parse()?;
    let generics = if at_generics(input) { signature::generics(input)? } else { Vec::new() };
    let ahead = input.fork();
    while !ahead.is_empty() && !ahead.peek(Token![where]) {
        if ahead.peek(Token![for]) && !ahead.peek2(Token![<]) {
            let name: TokenStream = between(input)?;
            return Err(syn::Error::new_spanned(
                &name,
                "`#[threadsafe]` goes on the trait, not on its impls: annotate the trait, and every type that implements it has the companions",
            ));
        }
        if ahead.peek(Token![<]) {
            ty::angle_tokens(&ahead)?;
        } else {
            ahead.parse::<TokenTree>()?;
        }
    }
    let target = ty::ty(input)?;
    input.parse::<TokenStream>()?;
    Ok(Impl { head: TokenStream::new(), generics, target, span: token.span, braces: token.span, members: Vec::new() })
}

/// What comes before `for`.
fn between(input: ParseStream<'_>) -> Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.peek(Token![for]) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    input.parse::<TokenStream>()?;
    Ok(tokens)
}

/// Whether `<` opens generics, and not the type `<T as Trait>::Type`.
fn at_generics(input: ParseStream<'_>) -> bool {
    input.peek(Token![<])
        && (input.peek2(Token![>])
            || input.peek2(Token![#])
            || input.peek2(Token![const])
            || (input.peek2(syn::Lifetime) || input.peek2(Ident))
                && (input.peek3(Token![:]) && !input.peek3(Token![::])
                    || input.peek3(Token![,])
                    || input.peek3(Token![>])
                    || input.peek3(Token![=])))
}

/// A member of an impl; what is no function is only passed on.
fn member(tokens: TokenStream, errors: &mut Errors) -> Member {
    let cut = cut::item(cut::bare(tokens.clone()));
    let (head, own) = cut::own_attributes(cut.head);
    let mut member = Member { tokens, function: None, options: None, attribute: None };
    if !own.is_empty() {
        member.tokens = head.clone();
        member.tokens.extend(cut.tail);
    }
    for (attribute, span) in own {
        if member.attribute.is_some() {
            errors.push(span, "this function has a second `#[threadsafe]`: write all options into one");
            continue;
        }
        member.attribute = Some(span);
        member.options = Some(options(attribute, errors));
    }
    if keyword.parse2(head.clone()).is_ok_and(|keyword| keyword.word == "fn") {
        member.function = function(head).ok();
    }
    member
}
