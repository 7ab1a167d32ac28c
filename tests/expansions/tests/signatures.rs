//! Every async fn in the sources of the crates that the workspace's `Cargo.lock` brings in goes through the macro: alone,
//! with several sets of options, and with the whole impl or trait that it stands in. Each time all of the output is
//! Rust, and has a companion of the right name with the function's parameters and the handle.

mod sources;

use std::collections::{BTreeMap, HashSet};

use bridge_expansion_tests::{Verdict, check, rewrite};
use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt as _;
use syn::visit::{self, Visit};
use syn::{
    Attribute, File, ImplItem, ImplItemFn, ItemFn, ItemImpl, ItemTrait, Macro, Signature, TraitItem, TraitItemFn,
};

/// As many as there were, and some less, for when versions change.
const AT_LEAST: [(&str, usize); 5] =
    [("free", 1500), ("method", 200), ("impl", 90), ("trait", 70), ("function of a trait", 100)];

/// Besides no options at all.
const OPTIONS: [&str; 4] = [
    "",
    "fallible, submit, name = other, vis = pub(crate), attr(inline), bound(u8: Send)",
    "local, handle = bridge::global(), timeout = limit::<u8, u8>(1)",
    "fallible = wrap, crate = krate::bridge",
];

#[test]
fn every_async_fn_of_other_crates_gets_its_companion() {
    let mut seen = Seen::default();
    let mut files = 0;
    for file in sources::files() {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        if !["async fn", "async unsafe fn"].iter().any(|words| text.contains(words)) {
            continue;
        }
        // Templates, and cases for compilers, are not always Rust.
        let Ok(parsed) = syn::parse_file(&text) else { continue };
        files += 1;
        seen.file = file.display().to_string();
        seen.visit_file(&parsed);
    }
    println!("{files} files with async code: {:?}", seen.counts);
    assert!(seen.mistakes.is_empty(), "{}: {}", seen.mistakes.len(), seen.mistakes.join("\n\n"));
    for (what, least) in AT_LEAST {
        let count = seen.counts.get(what).copied().unwrap_or(0);
        assert!(count >= least, "only {count} of the kind `{what}`, not {least}");
    }
}

/// What was found so far.
#[derive(Default)]
struct Seen {
    file: String,
    counts: BTreeMap<&'static str, usize>,
    /// Functions, as they are without their names.
    shapes: HashSet<String>,
    mistakes: Vec<String>,
}

impl Seen {
    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    fn mistake(&mut self, what: impl std::fmt::Display) {
        self.mistakes.push(format!("{}: {what}", self.file));
    }

    /// A function by itself, without its body.
    fn alone(&mut self, mut function: ItemFn) {
        function.block.stmts.clear();
        // `#[tokio::test]` and the like make plain functions of these, which is an error that is not the subject here.
        let makes_plain = |name: &syn::PathSegment| name.ident == "main" || name.ident == "test";
        function.attrs.retain(|attr| !attr.path().segments.last().is_some_and(makes_plain));
        let item = function.to_token_stream();
        // Many differ in nothing but their names, and with those nothing but the companion's changes.
        let name = format!("{}_blocking", function.sig.ident.unraw());
        function.sig.ident = format_ident!("name");
        if !self.shapes.insert(function.into_token_stream().to_string()) {
            if !has_word(&rewrite(TokenStream::new(), item), &name) {
                self.mistake(format!("no `{name}`"));
            }
            return;
        }
        for options in OPTIONS {
            let options: TokenStream = options.parse().unwrap();
            match check(&options, &item) {
                Ok(Verdict::Expanded) => {}
                Ok(verdict) => self.mistake(format!("{verdict:?}: #[threadsafe({options})] {item}")),
                Err(what) => self.mistake(what),
            }
        }
    }

    /// An impl or a trait; `functions` are its async ones.
    fn block(&mut self, item: TokenStream, options: &str, functions: &[&Signature]) {
        let options: TokenStream = options.parse().unwrap();
        match check(&options, &item) {
            Ok(Verdict::Expanded) => {}
            Ok(verdict) => self.mistake(format!("{verdict:?}: #[threadsafe({options})] {item}")),
            Err(what) => return self.mistake(what),
        }
        let output: File = syn::parse2(rewrite(options, item)).expect("it was looked at");
        let mut all = Signatures::default();
        all.visit_file(&output);
        for function in functions {
            let name = format!("{}_blocking", function.ident.unraw());
            let inputs = function.inputs.len() + 1;
            if !all.0.iter().any(|(other, count)| *other == name && *count == inputs) {
                self.mistake(format!("no `{name}` of {inputs} parameters"));
            }
        }
    }
}

/// The names and the numbers of parameters of all functions.
#[derive(Default)]
struct Signatures(Vec<(String, usize)>);

impl<'ast> Visit<'ast> for Signatures {
    fn visit_signature(&mut self, signature: &'ast Signature) {
        self.0.push((signature.ident.to_string(), signature.inputs.len()));
    }
}

impl<'ast> Visit<'ast> for Seen {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        if function.sig.asyncness.is_some() {
            self.count("free");
            self.alone(function.clone());
        }
        visit::visit_item_fn(self, function);
    }

    fn visit_item_impl(&mut self, block: &'ast ItemImpl) {
        let functions = block.items.iter().filter_map(|item| match item {
            ImplItem::Fn(function) if function.sig.asyncness.is_some() => Some(function),
            _ => None,
        });
        let functions: Vec<_> = functions.collect();
        if block.trait_.is_some() {
            if !functions.is_empty() {
                self.count("impl of a trait");
                let item = impl_without_bodies(block.clone()).into_token_stream();
                if !matches!(check(&TokenStream::new(), &item), Ok(Verdict::Refused)) {
                    self.mistake(format!("an impl of a trait was not refused: {item}"));
                }
            }
        } else if !functions.is_empty() {
            self.count("impl");
            let signatures: Vec<_> = functions.iter().map(|function| &function.sig).collect();
            self.block(impl_without_bodies(block.clone()).into_token_stream(), "", &signatures);
            for function in functions {
                self.count("method");
                let ImplItemFn { attrs, vis, modifiers, sig, block } = function.clone();
                self.alone(ItemFn { attrs, vis, modifiers, sig, block: Box::new(block) });
            }
        }
        visit::visit_item_impl(self, block);
    }

    fn visit_item_trait(&mut self, block: &'ast ItemTrait) {
        let functions = block.items.iter().filter_map(|item| match item {
            TraitItem::Fn(function) if function.sig.asyncness.is_some() => Some(&function.sig),
            _ => None,
        });
        let functions: Vec<_> = functions.collect();
        if !functions.is_empty() {
            self.count("trait");
            functions.iter().for_each(|_| self.count("function of a trait"));
            let options = if block.attrs.iter().any(is_without_send) { "local" } else { "" };
            self.block(trait_without_bodies(block.clone()).into_token_stream(), options, &functions);
        }
        visit::visit_item_trait(self, block);
    }

    /// `cfg_rt! { … }`, and others that hold items.
    fn visit_macro(&mut self, invocation: &'ast Macro) {
        if has_word(&invocation.tokens, "async")
            && let Ok(file) = syn::parse2::<File>(invocation.tokens.clone())
        {
            self.visit_file(&file);
        }
    }
}

fn has_word(tokens: &TokenStream, name: &str) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Ident(word) => word == name,
        TokenTree::Group(group) => has_word(&group.stream(), name),
        _ => false,
    })
}

/// The macro does not look into them, and they only take time.
fn impl_without_bodies(mut block: ItemImpl) -> ItemImpl {
    for item in &mut block.items {
        if let ImplItem::Fn(function) = item {
            function.block.stmts.clear();
        }
    }
    block
}

fn trait_without_bodies(mut block: ItemTrait) -> ItemTrait {
    for item in &mut block.items {
        if let TraitItem::Fn(TraitItemFn { default: Some(body), .. }) = item {
            body.stmts.clear();
        }
    }
    block
}

/// `#[async_trait(?Send)]`
fn is_without_send(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == "async_trait")
        && attribute.to_token_stream().to_string().contains('?')
}
