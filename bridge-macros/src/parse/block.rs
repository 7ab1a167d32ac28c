//! What holds functions: an impl or a trait.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser as _};
use syn::{Ident, Result, Token};

use super::function::{Keyword, function, keyword};
use super::options::options;
use super::{attrs, cut, signature, ty};
use crate::model::{AsyncTrait, Attr, Block, BlockKind, Errors, Function, Interface, Item, Member};

pub(super) fn block(head: fn(ParseStream<'_>) -> Result<Block>, cut: cut::Cut, errors: &mut Errors) -> Result<Item> {
    let tokens: TokenStream = cut.head.into_iter().collect();
    let mut block = head.parse2(tokens.clone())?;
    block.head = tokens;
    if let Some(braces) = cut.braces {
        block.braces = braces.span();
        let in_trait = block.interface().is_some();
        let (inner, members) = cut::inner_attributes(braces.stream());
        block.attrs.extend(attrs::inner.parse2(inner.clone())?);
        block.inner = inner;
        block.members = cut::members(members).into_iter().map(|trees| member(trees, in_trait, errors)).collect();
    }
    Ok(Item::Block(Box::new(block)))
}

pub(super) fn impl_head(input: ParseStream<'_>) -> Result<Block> {
    let attrs = attrs::outer(input)?;
    let bare = input.fork().parse()?;
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
    Ok(Block { attrs, bare, ..empty(generics, BlockKind::Impl(target), token.span) })
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

pub(super) fn trait_head(input: ParseStream<'_>) -> Result<Block> {
    let attrs = attrs::outer(input)?;
    while !input.peek(Token![trait]) {
        input.parse::<TokenTree>()?;
    }
    let token: Token![trait] = input.parse()?;
    let name: Ident = input.parse()?;
    let generics = signature::generics(input)?;
    let supertraits = signature::supertraits(input)?;
    let predicates = signature::predicates(input)?;
    input.parse::<TokenStream>()?;
    let interface = Interface { name, supertraits, predicates, async_trait: attrs.iter().find_map(async_trait) };
    Ok(empty(generics, BlockKind::Trait(interface), token.span))
}

/// `async_trait`, `async_trait::async_trait`, `async_trait(?Send)`
fn async_trait(attr: &Attr) -> Option<AsyncTrait> {
    let is_it = attr.path.rsplit("::").next() == Some("async_trait");
    let mut trees = attr.meta().into_iter();
    let span = trees.next()?.span();
    let arguments = trees.find_map(|tree| if let TokenTree::Group(group) = tree { Some(group) } else { None });
    let refusal = arguments.filter(|group| group.stream().to_string().contains('?'));
    is_it.then(|| AsyncTrait { span: refusal.as_ref().map_or(span, |group| group.span()), is_send: refusal.is_none() })
}

fn empty(generics: Vec<crate::model::GenericParam>, kind: BlockKind, span: Span) -> Block {
    let (head, bare, inner) = (TokenStream::new(), TokenStream::new(), TokenStream::new());
    Block { head, attrs: Vec::new(), bare, generics, kind, span, braces: span, inner, members: Vec::new() }
}

/// A member; what is no function that concerns us is only passed on.
fn member(trees: Vec<TokenTree>, in_trait: bool, errors: &mut Errors) -> Member {
    let cut = cut::item(cut::bare(trees));
    let keyword = keyword(&cut.head);
    let (head, own) = own_attributes(cut.head, keyword.as_ref(), in_trait, errors);
    let head: TokenStream = head.into_iter().collect();
    let mut tokens = head.clone();
    tokens.extend(cut.tail.clone());
    let mut member = Member {
        tokens,
        tail: cut.tail,
        body: cut.braces,
        function: None,
        is_broken: false,
        associated: None,
        options: None,
        attribute: None,
    };
    for (attribute, span) in own {
        if member.attribute.is_some() {
            errors.push(span, "this function has a second `#[threadsafe]`: write all options into one");
            continue;
        }
        member.attribute = Some(span);
        member.options = Some(options(attribute, errors));
    }
    match keyword {
        // Others of an impl get no companion. In a trait they may have been async, before another macro.
        Some(keyword) if keyword.word == "fn" && (keyword.is_async || in_trait || member.attribute.is_some()) => {
            read_function(&mut member, head);
        }
        Some(keyword) if in_trait && keyword.word == "type" => member.associated = associated.parse2(head).ok(),
        _ => {}
    }
    member
}

/// Takes our own attributes off a member. One that is in a `cfg_attr` is told and taken as if it was not, where the
/// function gets a companion anyway; else it is rustc's to expand.
fn own_attributes(
    head: Vec<TokenTree>,
    keyword: Option<&Keyword>,
    in_trait: bool,
    errors: &mut Errors,
) -> (Vec<TokenTree>, Vec<(TokenStream, Span)>) {
    let (head, own) = cut::own_attributes(head);
    let Some(keyword) = keyword.filter(|keyword| keyword.word == "fn") else { return (head, own) };
    let (plain, conditional) = cut::conditional_attributes(head.clone());
    if conditional.is_empty() || !(keyword.is_async || in_trait && was_async(head.clone())) {
        return (head, own);
    }
    let word = if in_trait { "a trait" } else { "an impl" };
    for (_, span) in &conditional {
        errors.push(*span, format!("whether this `cfg_attr` applies is not known where {word} is annotated: write `#[threadsafe(…)]` without it, with `attr(cfg(…))` if the companion is not always there, or two functions, each under a `#[cfg(…)]`"));
    }
    (plain, own.into_iter().chain(conditional).take(1).collect())
}

/// Whether it was an async fn before `#[async_trait]` changed it.
fn was_async(head: Vec<TokenTree>) -> bool {
    function(head.into_iter().collect(), false).is_ok_and(|function| function.is_async())
}

fn read_function(member: &mut Member, head: TokenStream) {
    let stream = member.options.as_ref().is_some_and(|options| options.stream.is_some());
    let has_body = member.body.is_some();
    match function(head.clone(), stream) {
        Ok(function) if member.tail.is_some() => member.function = Some(Function { has_body, ..function }),
        _ => {
            member.is_broken = true;
            // After a mistake in parentheses rustc goes on. At others it gives up the whole block, so without this
            // member it tells them once, and finds the rest.
            if member.tail.is_none() || function(without_parameters(head), false).is_err() {
                member.tokens = TokenStream::new();
            }
        }
    }
}

/// With nothing in the parentheses.
fn without_parameters(head: TokenStream) -> TokenStream {
    let mut head: Vec<TokenTree> = head.into_iter().collect();
    let is_parameters =
        |tree: &TokenTree| matches!(tree, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis);
    // Those of a visibility stand before `fn`.
    let keyword = head.iter().position(|tree| matches!(tree, TokenTree::Ident(ident) if ident == "fn")).unwrap_or(0);
    if let Some(parameters) = head[keyword..].iter_mut().find(|tree| is_parameters(tree)) {
        *parameters = TokenTree::Group(Group::new(Delimiter::Parenthesis, TokenStream::new()));
    }
    head.into_iter().collect()
}

/// The name of `type Name: Bounds`, unless it has parameters.
fn associated(input: ParseStream<'_>) -> Result<Ident> {
    attrs::outer(input)?;
    input.parse::<Token![type]>()?;
    let name = input.parse()?;
    if input.peek(Token![<]) {
        return Err(input.error("generic"));
    }
    input.parse::<TokenStream>()?;
    Ok(name)
}
