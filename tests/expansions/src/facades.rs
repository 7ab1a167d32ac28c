//! What holds of every facade, whatever the tokens.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Attribute, File, ImplItem, Item, Meta, ReturnType, Signature, TraitItem, Type, Visibility};

use crate::property::{begins_with, members_are_kept};
use crate::written::{self, Written};
use crate::{Verdict, facade_expanded, facade_list, registry_of};

/// Runs the macros on an item that may have a `facade! { … }` before it, and looks at what comes out: of an item that was
/// Rust it is Rust again; the macros' own errors are at tokens that somebody wrote; and each function that waits has a
/// blocking form, or an error.
pub(crate) fn check(options: &TokenStream, input: &TokenStream) -> Result<Verdict, String> {
    let (list, item) = split(input);
    let listed = facade_list(list.clone());
    let output = facade_expanded(options.clone(), item.clone(), &registry_of(&listed));
    let fail = |what: String| {
        Err(format!("{what}\n\n  options: {options}\n\n  input: {input}\n\n  list: {listed}\n\n  output: {output}"))
    };
    let has_error = |tokens: &TokenStream| written::invokes(tokens.clone(), "compile_error");
    if has_error(input) || has_error(options) {
        return Ok(Verdict::NotRust);
    }
    let is_refused = has_error(&listed) || has_error(&output);
    let written = Written::item(&item).filter(|written| attributes_are_rust(options, &list, written));
    let Some(written) = written else {
        return Ok(if is_refused { Verdict::Refused } else { Verdict::NotRust });
    };
    if !begins_with(output.clone(), item.clone()) {
        return fail("the item has changed".to_owned());
    }
    // What stands under a condition is the same attribute without ours.
    let are_gone = |attribute: &Attribute| written::is_own(attribute) || attribute.path().is_ident("cfg_attr");
    if let Err(what) = members_are_kept(&written, &output, are_gone) {
        return fail(what);
    }
    if let Some(text) = misplaced(&[&listed, &output], &[options, input]) {
        return fail(format!("this error is nowhere in the input: {text}"));
    }
    if let Err(error) = syn::parse2::<File>(listed.clone()) {
        return fail(format!("the list is no Rust: {error}"));
    }
    let file: File = match syn::parse2(output.clone()) {
        Ok(file) => file,
        Err(error) => return fail(format!("the output is no Rust: {error}")),
    };
    let missing = missing(&written, &file);
    // An error is about one of them, or where there is no facade, about all.
    let has_facade = file.items.iter().skip(1).any(|item| matches!(item, Item::Impl(_) | Item::Trait(_)));
    if missing.len() > count("compile_error", &output) && (has_facade || !is_refused) {
        return fail(format!("these have no blocking form, and no error: {missing:?}"));
    }
    Ok(if is_refused { Verdict::Refused } else { Verdict::Expanded })
}

/// How often the word is in there.
fn count(word: &str, tokens: &TokenStream) -> usize {
    let count = |tree| match tree {
        TokenTree::Ident(ident) => usize::from(ident == word),
        TokenTree::Group(group) => count(word, &group.stream()),
        _ => 0,
    };
    tokens.clone().into_iter().map(count).sum()
}

/// What stands in the braces of a `facade! { … }`, and what follows it.
fn split(input: &TokenStream) -> (TokenStream, TokenStream) {
    let mut trees = input.clone().into_iter();
    match (trees.next(), trees.next(), trees.next()) {
        (Some(TokenTree::Ident(name)), Some(TokenTree::Punct(mark)), Some(TokenTree::Group(list)))
            if name == "facade" && mark.as_char() == '!' =>
        {
            (list.stream(), trees.collect())
        }
        _ => (TokenStream::new(), input.clone()),
    }
}

/// Whether what the macros pass on unread is what has to stand there: in the brackets of an attribute, and for companions.
fn attributes_are_rust(options: &TokenStream, list: &TokenStream, written: &Written) -> bool {
    let is_of_both = written::invokes(options.clone(), "companions");
    let members: Vec<&[Attribute]> = match written {
        Written::Item(item) => match &**item {
            Item::Impl(block) => block.items.iter().map(written::attributes_of_method).collect(),
            Item::Trait(block) => block.items.iter().map(written::attributes_of_required).collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    let mut own = members
        .into_iter()
        .flatten()
        .filter(|attribute| written::is_own(attribute) || written::invokes(attribute.to_token_stream(), "threadsafe"));
    !is_of_both
        && written::attr_is_meta(options)
        && written::attr_is_meta(list)
        && own.all(|attribute| written::attr_is_meta(&attribute.to_token_stream()))
}

/// The functions of an impl or a trait that wait and have no blocking form. Those with a `threadsafe` under a condition, and
/// with parameters under one, are left to the compiler, which knows the conditions.
fn missing(written: &Written, file: &File) -> Vec<String> {
    let Written::Item(item) = written else { return Vec::new() };
    let made: Vec<&Signature> = file.items.iter().skip(1).flat_map(signatures).collect();
    let waiting: Vec<(String, &Signature)> = match &**item {
        Item::Impl(block) => block.items.iter().filter_map(waiting_method).collect(),
        Item::Trait(block) => block.items.iter().filter_map(waiting_required).collect(),
        _ => Vec::new(),
    };
    let is_there = |(name, source): &(String, &Signature)| {
        let is_unsafe = |sig: &Signature| matches!(sig.safety, syn::Safety::Unsafe(_));
        made.iter().any(|sig| {
            // A handle may be the first.
            let more = sig.inputs.len().wrapping_sub(source.inputs.len());
            sig.ident == name && sig.asyncness.is_none() && more <= 1 && is_unsafe(sig) == is_unsafe(source)
        })
    };
    waiting.into_iter().filter(|function| !is_there(function)).map(|(name, _)| name).collect()
}

/// Of impls and traits, and what stands in a module.
fn signatures(item: &Item) -> Vec<&Signature> {
    match item {
        Item::Impl(block) => block.items.iter().filter_map(written::signature_of_method).collect(),
        Item::Trait(block) => block.items.iter().filter_map(written::signature_of_required).collect(),
        _ => Vec::new(),
    }
}

fn waiting_method(member: &ImplItem) -> Option<(String, &Signature)> {
    let ImplItem::Fn(function) = member else { return None };
    let is_public = matches!(function.vis, Visibility::Public(_)) || function.attrs.iter().any(written::is_own);
    waiting(&function.sig, &function.attrs).filter(|_| is_public)
}

fn waiting_required(member: &TraitItem) -> Option<(String, &Signature)> {
    let TraitItem::Fn(function) = member else { return None };
    waiting(&function.sig, &function.attrs)
}

/// A function that waits, by the name that it has in the facade.
fn waiting<'a>(sig: &'a Signature, attributes: &[Attribute]) -> Option<(String, &'a Signature)> {
    let is_future = match &sig.output {
        ReturnType::Type(_, ty) => matches!(&**ty, Type::Path(path)
            if path.path.segments.last().is_some_and(|last| last.ident == "BoxFuture" && !last.arguments.is_none())),
        ReturnType::Default => false,
    };
    let is_conditional = attributes
        .iter()
        .any(|attribute| !written::is_own(attribute) && written::invokes(attribute.to_token_stream(), "threadsafe"))
        || written::invokes(sig.inputs.to_token_stream(), "cfg");
    if sig.asyncness.is_none() && !is_future || is_conditional {
        return None;
    }
    let mut name = sig.ident.to_string();
    for attribute in attributes.iter().filter(|attribute| written::is_own(attribute)) {
        let Meta::List(list) = &attribute.meta else { continue };
        let said = written::names_in_options(&list.tokens);
        if said.skip {
            return None;
        }
        name = said.name.map_or(name, |name| name.to_string());
    }
    Some((name, sig))
}

/// The words of an error of ours that is at no token of the input.
#[cfg(feature = "spans")]
fn misplaced(outputs: &[&TokenStream], inputs: &[&TokenStream]) -> Option<String> {
    fn places(tokens: &TokenStream, into: &mut std::collections::HashSet<(usize, usize)>) {
        for tree in tokens.clone() {
            let mut add = |span: proc_macro2::Span| into.insert((span.byte_range().start, span.byte_range().end));
            add(tree.span());
            if let TokenTree::Group(group) = tree {
                add(group.span_open());
                add(group.span_close());
                places(&group.stream(), into);
            }
        }
    }
    fn find(tokens: &TokenStream, is_there: &dyn Fn(proc_macro2::Span) -> bool) -> Option<String> {
        let mut place = None;
        for tree in tokens.clone() {
            match tree {
                TokenTree::Ident(word) if word == "compile_error" => place = Some(word.span()),
                TokenTree::Group(group) => {
                    let text = group.to_string();
                    match place.take() {
                        // What syn says of tokens that end too early is at all of them.
                        Some(place) if !is_there(place) && !text.contains("unexpected end of input") => {
                            return Some(text);
                        }
                        Some(_) => {}
                        None => {
                            if let Some(text) = find(&group.stream(), is_there) {
                                return Some(text);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        None
    }
    let mut there = std::collections::HashSet::new();
    inputs.iter().for_each(|input| places(input, &mut there));
    let is_there = |span: proc_macro2::Span| there.contains(&(span.byte_range().start, span.byte_range().end));
    outputs.iter().find_map(|output| find(output, &is_there))
}

#[cfg(not(feature = "spans"))]
fn misplaced(_: &[&TokenStream], _: &[&TokenStream]) -> Option<String> {
    None
}
