//! What is generated, to be read: for each `cases/NAME.rs`, `cases/NAME.expanded.rs` is what it becomes.
//!
//! With `EXPANSIONS=overwrite` the expected files are written anew. Read their diff as if a colleague had written it.

use std::fs;
use std::path::{Path, PathBuf};

use bridge_expansion_tests::rewrite;
use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{Attribute, File, ImplItem, Item, Meta};

#[test]
fn expansions_are_what_they_were() {
    let overwrite = std::env::var("EXPANSIONS").is_ok_and(|value| value == "overwrite");
    let mut differences = Vec::new();
    let cases = cases();
    assert!(cases.len() >= 20, "only {} cases", cases.len());
    for case in cases {
        let expected = case.with_extension("expanded.rs");
        let after = expanded(&fs::read_to_string(&case).unwrap());
        if overwrite {
            fs::write(&expected, &after).unwrap();
        } else if let Some(difference) = difference(&fs::read_to_string(&expected).unwrap_or_default(), &after) {
            differences.push(format!("{}: {difference}", expected.display()));
        }
    }
    let advice = "\nIf that is meant: `EXPANSIONS=overwrite cargo test -p bridge-expansion-tests`, and read the diff";
    assert!(differences.is_empty(), "{}{advice}", differences.join("\n"));
}

/// The files in `cases` that are to be expanded.
fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> = files.filter(|file| !file.to_string_lossy().ends_with(".expanded.rs")).collect();
    cases.sort();
    cases
}

/// A file with each `#[threadsafe]` carried out, as rustc would, but for what stands in functions.
fn expanded(text: &str) -> String {
    let file = syn::parse_file(text).unwrap();
    let mut items = TokenStream::new();
    for item in file.items {
        items.extend(of_item(item));
    }
    let text = items.to_string();
    prettyplease::unparse(&syn::parse2::<File>(items).unwrap_or_else(|error| panic!("{error}: {text}")))
}

fn of_item(mut item: Item) -> TokenStream {
    let attrs = match &mut item {
        Item::Fn(function) => &mut function.attrs,
        Item::Impl(block) => &mut block.attrs,
        Item::Trait(block) => &mut block.attrs,
        Item::Struct(block) => &mut block.attrs,
        _ => return item.into_token_stream(),
    };
    if let Some(options) = take_options(attrs) {
        return rewrite(options, item.into_token_stream());
    }
    if let Item::Impl(block) = &mut item {
        let members = std::mem::take(&mut block.items);
        block.items = members.into_iter().map(of_member).map(ImplItem::Verbatim).collect();
    }
    item.into_token_stream()
}

fn of_member(mut member: ImplItem) -> TokenStream {
    if let ImplItem::Fn(function) = &mut member
        && let Some(options) = take_options(&mut function.attrs)
    {
        return rewrite(options, member.into_token_stream());
    }
    member.into_token_stream()
}

/// Takes `#[threadsafe(…)]` off, and gives what stands in its parentheses.
fn take_options(attrs: &mut Vec<Attribute>) -> Option<TokenStream> {
    let at = attrs.iter().position(|attr| attr.path().is_ident("threadsafe"))?;
    match attrs.remove(at).meta {
        Meta::List(list) => Some(list.tokens),
        _ => Some(TokenStream::new()),
    }
}

/// The first lines that are not the same.
fn difference(before: &str, after: &str) -> Option<String> {
    if before == after {
        return None;
    }
    let (mut old, mut new) = (before.lines(), after.lines());
    let mut number = 0;
    loop {
        number += 1;
        match (old.next(), new.next()) {
            (old, new) if old == new && old.is_some() => {}
            (old, new) => {
                let (old, new) = (old.unwrap_or("(its end)"), new.unwrap_or("(its end)"));
                return Some(format!("line {number}\n  expected: {old}\n  is:       {new}"));
            }
        }
    }
}
