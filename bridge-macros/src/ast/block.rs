//! An impl or a trait.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, Error, ItemImpl, ItemTrait, Meta, Result, Token};

use super::function::{function, keyword};
use super::tokens::{self, Split};
use super::{AsyncTrait, Block, BlockKind, Function, Item, Member, Trait, returns, types};
use crate::attr::{Options, options};
use crate::error::Errors;

/// None where the header has a syntax error.
pub(super) fn impl_block(split: Split, errors: &mut Errors) -> Option<Item> {
    let header: ItemImpl = syn::parse2(with_braces(&split.head)).ok()?;
    if let Some((name, _)) = &header.trait_ {
        errors.push_error(Error::new_spanned(
            name,
            "`#[threadsafe]` goes on the trait, not on its impls: annotate the trait, and every type that implements it has the companions",
        ));
        return None;
    }
    let kind = BlockKind::Impl(*header.self_ty);
    let block = Block { span: header.impl_token.span, ..bare(&split, header.attrs, kind, header.generics) };
    Some(with_members(block, split, errors))
}

pub(super) fn trait_block(split: Split, errors: &mut Errors) -> Option<Item> {
    let header: ItemTrait = syn::parse2(with_braces(&split.head)).ok()?;
    let async_trait = header.attrs.iter().find_map(async_trait);
    let kind = BlockKind::Trait(Trait { name: header.ident, supertraits: header.supertraits, async_trait });
    let block = Block { span: header.trait_token.span, ..bare(&split, header.attrs, kind, header.generics) };
    Some(with_members(block, split, errors))
}

/// A header as a whole item.
fn with_braces(head: &[TokenTree]) -> TokenStream {
    let braces = TokenTree::from(Group::new(Delimiter::Brace, TokenStream::new()));
    head.iter().cloned().chain([braces]).collect()
}

fn bare(split: &Split, attrs: Vec<Attribute>, kind: BlockKind, generics: syn::Generics) -> Block {
    Block {
        head: split.head.iter().cloned().collect(),
        bare_head: tokens::after_attributes(&split.head).iter().cloned().collect(),
        attrs,
        ..Block::new(kind, generics)
    }
}

fn with_members(mut block: Block, split: Split, errors: &mut Errors) -> Item {
    if let Some(braces) = split.braces {
        block.braces = braces.span();
        let in_trait = block.as_trait().is_some();
        let (inner, members) = tokens::inner_attributes(braces.stream());
        if !inner.is_empty() {
            block.attrs.extend(Attribute::parse_inner.parse2(inner.clone()).unwrap_or_default());
            block.inner = inner;
        }
        block.members = tokens::members(members).into_iter().map(|trees| member(trees, in_trait, errors)).collect();
    }
    Item::Block(Box::new(block))
}

/// `async_trait`, `async_trait::async_trait`, `async_trait(?Send)`
fn async_trait(attr: &Attribute) -> Option<AsyncTrait> {
    let path = attr.path();
    let span = path.segments.first().filter(|_| types::ends_in(path, "async_trait"))?.ident.span();
    Some(match &attr.meta {
        Meta::List(list) if list.tokens.to_string().contains('?') => {
            AsyncTrait { span: list.delimiter.span().join(), is_send: false }
        }
        _ => AsyncTrait { span, is_send: true },
    })
}

/// A member. One that is no function that may get a companion is only passed on.
fn member(trees: Vec<TokenTree>, in_trait: bool, errors: &mut Errors) -> Member {
    let split = tokens::split(tokens::ungroup(trees));
    let keyword = keyword(&split.head);
    let (head, own) = tokens::own_attributes(split.head);
    let mut member = Member {
        tokens: head.iter().cloned().chain(split.tail.clone()).collect(),
        tail: split.tail,
        body: split.braces,
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
        // Those of a trait may have been async, before another macro.
        Some(keyword) if keyword.word == "fn" && (keyword.is_async || in_trait || member.attribute.is_some()) => {
            read_function(&mut member, head);
        }
        // Other functions of an impl get no companion.
        Some(keyword) if keyword.word == "fn" && member.tail.is_some() && returns::may_be_future(&head) => {
            member.function = function(head, false).ok().filter(Function::is_awaited);
        }
        Some(keyword) if in_trait && keyword.word == "type" => {
            member.associated = associated.parse2(head.into_iter().collect()).ok();
        }
        _ => {}
    }
    member
}

fn read_function(member: &mut Member, head: Vec<TokenTree>) {
    let stream = member.options.as_ref().is_some_and(|options: &Options| options.stream.is_some());
    let has_body = member.body.is_some();
    match function(head.clone(), stream) {
        Ok(function) if member.tail.is_some() => member.function = Some(Function { has_body, ..function }),
        _ => {
            member.is_broken = true;
            // After an error in parentheses rustc goes on. After any other it gives up the whole block, so without this
            // member it reports the error once, and compiles the rest.
            if member.tail.is_none() || function(without_parameters(head), false).is_err() {
                member.tokens = TokenStream::new();
            }
        }
    }
}

/// With nothing in the parentheses.
fn without_parameters(mut head: Vec<TokenTree>) -> Vec<TokenTree> {
    let is_parameters =
        |tree: &TokenTree| matches!(tree, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis);
    // Those of a visibility come before `fn`.
    let keyword = head.iter().position(|tree| matches!(tree, TokenTree::Ident(ident) if ident == "fn")).unwrap_or(0);
    if let Some(parameters) = head[keyword..].iter_mut().find(|tree| is_parameters(tree)) {
        *parameters = TokenTree::Group(Group::new(Delimiter::Parenthesis, TokenStream::new()));
    }
    head
}

/// The name of `type Name: Bounds`, unless it has parameters.
fn associated(input: ParseStream<'_>) -> Result<Ident> {
    input.call(Attribute::parse_outer)?;
    input.parse::<Token![type]>()?;
    let name = input.parse()?;
    if input.peek(Token![<]) {
        return Err(input.error("generic"));
    }
    input.parse::<TokenStream>()?;
    Ok(name)
}
