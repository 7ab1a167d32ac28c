//! Finds in a source file every async fn that an attribute can reach, and where the attribute goes.

use std::ops::RangeInclusive;
use std::path::Path;

use proc_macro2::{Span, TokenStream};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

/// An inherent impl or a trait with async fns, or a free async fn.
pub struct Site {
    /// Where the attribute goes: the byte in the file.
    pub start: usize,
    pub lines: RangeInclusive<usize>,
    pub kind: Kind,
    pub functions: Vec<Function>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Block,
    Free,
}

pub struct Function {
    pub name: String,
    /// Where an attribute of its own goes: the byte in the file.
    pub start: usize,
    pub lines: RangeInclusive<usize>,
    /// The line of its name.
    pub line: usize,
}

/// Every site of a file. What does not parse, as a template of another tool, has none.
pub fn sites(text: &str) -> Vec<Site> {
    let Ok(tokens) = text.parse::<TokenStream>() else { return Vec::new() };
    let mut finder = Finder { sites: Vec::new() };
    finder.file(tokens);
    finder.sites
}

/// Every Rust file of a package but those of programs, tests and examples of its own.
pub fn files(root: &Path) -> std::io::Result<Vec<std::path::PathBuf>> {
    let others = ["tests", "examples", "benches", "target"].map(|name| root.join(name));
    let mut files = Vec::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                if !others.contains(&path) && !path.ends_with("src/bin") {
                    directories.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("build.rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

struct Finder {
    sites: Vec<Site>,
}

impl Finder {
    fn file(&mut self, tokens: TokenStream) {
        if let Ok(file) = syn::parse2::<syn::File>(tokens) {
            self.visit_file(&file);
        }
    }

    fn add(&mut self, span: Span, kind: Kind, functions: Vec<Function>) {
        if !functions.is_empty() {
            self.sites.push(Site { start: span.byte_range().start, lines: lines(span), kind, functions });
        }
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if item.trait_.is_none() {
            let functions = item.items.iter().filter_map(|item| match item {
                syn::ImplItem::Fn(function) => of(&function.sig, function.span()),
                _ => None,
            });
            self.add(item.span(), Kind::Block, functions.collect());
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        let functions = item.items.iter().filter_map(|item| match item {
            syn::TraitItem::Fn(function) => of(&function.sig, function.span()),
            _ => None,
        });
        self.add(item.span(), Kind::Block, functions.collect());
        visit::visit_item_trait(self, item);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(item.span(), Kind::Free, of(&item.sig, item.span()).into_iter().collect());
        visit::visit_item_fn(self, item);
    }

    /// `cfg_net! { … }`: items that a macro passes on.
    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if item.ident.is_none() {
            self.file(item.mac.tokens.clone());
        }
    }
}

fn of(signature: &syn::Signature, span: Span) -> Option<Function> {
    signature.asyncness.as_ref()?;
    Some(Function {
        name: signature.ident.to_string(),
        start: span.byte_range().start,
        lines: lines(span),
        line: signature.ident.span().start().line,
    })
}

fn lines(span: Span) -> RangeInclusive<usize> {
    span.start().line..=span.end().line
}
