//! What was written, read by syn's whole grammar: where this finds Rust, what is generated has to be Rust.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Expr, Ident, ImplItem, Item, LitStr, Meta, Path, Result, Signature, Token, TraitItem, Visibility,
};

use crate::lax;

/// An item, by where it may stand.
pub(crate) enum Written {
    /// In a module or a function's body.
    Item(Box<Item>),
    /// In an impl only.
    Method(Box<ImplItem>),
    /// In a trait only.
    Required(Box<TraitItem>),
}

impl Written {
    /// None where it is no Rust.
    pub(crate) fn item(tokens: &TokenStream) -> Option<Written> {
        let item = |tokens: &TokenStream| syn::parse2(tokens.clone()).ok().map(|item| Written::Item(Box::new(item)));
        let method =
            |tokens: &TokenStream| syn::parse2(tokens.clone()).ok().map(|item| Written::Method(Box::new(item)));
        let required =
            |tokens: &TokenStream| syn::parse2(tokens.clone()).ok().map(|item| Written::Required(Box::new(item)));
        let written = item(tokens).or_else(|| method(tokens)).or_else(|| required(tokens))?;
        // syn knows some old Rust, as parameters without names, and reads it as something else.
        (plain(&written.tokens()) == plain(tokens) && lax::is_rust(&written, tokens)).then_some(written)
    }

    fn tokens(&self) -> TokenStream {
        match self {
            Written::Item(item) => item.to_token_stream(),
            Written::Method(item) => item.to_token_stream(),
            Written::Required(item) => item.to_token_stream(),
        }
    }

    /// The function that it is.
    pub(crate) fn signature(&self) -> Option<&Signature> {
        match self {
            Written::Item(item) => match &**item {
                Item::Fn(function) => Some(&function.sig),
                _ => None,
            },
            Written::Method(item) => signature_of_method(item),
            Written::Required(item) => signature_of_required(item),
        }
    }

    /// The functions of `output`, which stands where the item stood.
    pub(crate) fn functions(&self, output: TokenStream) -> Result<Vec<Signature>> {
        match self {
            Written::Item(_) => {
                let file: syn::File = syn::parse2(output)?;
                Ok(file
                    .items
                    .into_iter()
                    .filter_map(|item| Written::Item(Box::new(item)).signature().cloned())
                    .collect())
            }
            Written::Method(_) => Ok(methods.parse2(output)?.iter().filter_map(signature_of_method).cloned().collect()),
            Written::Required(_) => {
                Ok(required_fns.parse2(output)?.iter().filter_map(signature_of_required).cloned().collect())
            }
        }
    }
}

/// Without spaces.
fn plain(tokens: &TokenStream) -> String {
    let mut text = tokens.to_string();
    text.retain(|char| !char.is_whitespace());
    text
}

fn methods(input: ParseStream<'_>) -> Result<Vec<ImplItem>> {
    all(input)
}

fn required_fns(input: ParseStream<'_>) -> Result<Vec<TraitItem>> {
    all(input)
}

fn all<T: syn::parse::Parse>(input: ParseStream<'_>) -> Result<Vec<T>> {
    let mut items = Vec::new();
    while !input.is_empty() {
        items.push(input.parse()?);
    }
    Ok(items)
}

pub(crate) fn signature_of_method(item: &ImplItem) -> Option<&Signature> {
    if let ImplItem::Fn(function) = item { Some(&function.sig) } else { None }
}

pub(crate) fn signature_of_required(item: &TraitItem) -> Option<&Signature> {
    if let TraitItem::Fn(function) = item { Some(&function.sig) } else { None }
}

/// What the options say that a test can count.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) handle: bool,
    pub(crate) submit: bool,
    pub(crate) name: Option<Ident>,
}

/// The options, if all values in them are what they have to be.
pub(crate) fn options(tokens: &TokenStream) -> Option<Said> {
    let read = |input: ParseStream<'_>| {
        let mut said = Said::default();
        while !input.is_empty() {
            option(input, &mut said)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(said)
    };
    read.parse2(tokens.clone()).ok()
}

/// Whether the options that stand on an item's members are, too.
pub(crate) fn options_of_members(item: &Written) -> bool {
    let attributes: Vec<&Attribute> = match item {
        Written::Item(item) => match &**item {
            Item::Impl(block) => block.items.iter().flat_map(attributes_of_method).collect(),
            Item::Trait(block) => block.items.iter().flat_map(attributes_of_required).collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    attributes.into_iter().filter(|attribute| is_own(attribute)).all(|attribute| match &attribute.meta {
        Meta::List(list) => options(&list.tokens).is_some(),
        meta => matches!(meta, Meta::Path(_)),
    })
}

pub(crate) fn attributes_of_method(item: &ImplItem) -> &[Attribute] {
    match item {
        ImplItem::Const(item) => &item.attrs,
        ImplItem::Fn(item) => &item.attrs,
        ImplItem::Type(item) => &item.attrs,
        ImplItem::Macro(item) => &item.attrs,
        _ => &[],
    }
}

pub(crate) fn attributes_of_required(item: &TraitItem) -> &[Attribute] {
    match item {
        TraitItem::Const(item) => &item.attrs,
        TraitItem::Fn(item) => &item.attrs,
        TraitItem::Type(item) => &item.attrs,
        TraitItem::Macro(item) => &item.attrs,
        _ => &[],
    }
}

/// Without invisible delimiters.
pub(crate) fn bare(tokens: TokenStream) -> Vec<TokenTree> {
    let bare = |tree| match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => bare(group.stream()),
        tree => vec![tree],
    };
    tokens.into_iter().flat_map(bare).collect()
}

/// What the options of a facade's function say of its name.
pub(crate) fn names_in_options(tokens: &TokenStream) -> Naming {
    let trees = bare(tokens.clone());
    let is_option = |at: usize| at == 0 || matches!(&trees[at - 1], TokenTree::Punct(mark) if mark.as_char() == ',');
    let find = |word: &str| {
        (0..trees.len()).find(|at| is_option(*at) && matches!(&trees[*at], TokenTree::Ident(name) if name == word))
    };
    let name = find("name").and_then(|at| match trees.get(at + 2) {
        Some(TokenTree::Ident(name)) => Some(name.clone()),
        _ => None,
    });
    Naming { skip: find("skip").is_some(), name }
}

#[derive(Debug)]
pub(crate) struct Naming {
    pub(crate) skip: bool,
    pub(crate) name: Option<Ident>,
}

/// Whether in each `attr(…)` and `facade_attr(…)` in there stand attributes.
pub(crate) fn attr_is_meta(tokens: &TokenStream) -> bool {
    let mut follows = false;
    bare(tokens.clone()).into_iter().all(|tree| match tree {
        TokenTree::Group(group) if follows => {
            follows = false;
            Punctuated::<Meta, Token![,]>::parse_terminated.parse2(group.stream()).is_ok()
        }
        TokenTree::Group(group) => attr_is_meta(&group.stream()),
        TokenTree::Ident(word) => {
            follows = word == "attr" || word == "facade_attr";
            true
        }
        _ => {
            follows = false;
            true
        }
    })
}

fn option(input: ParseStream<'_>, said: &mut Said) -> Result<()> {
    let key = input.call(Ident::parse_any)?;
    match &*key.to_string() {
        "name" => {
            input.parse::<Token![=]>()?;
            said.name = Some(input.parse()?);
        }
        "suffix" => value::<LitStr>(input)?,
        "vis" => value::<Visibility>(input)?,
        "timeout" => value::<Expr>(input)?,
        "crate" => {
            input.parse::<Token![=]>()?;
            input.call(Path::parse_mod_style)?;
        }
        "handle" => {
            value::<Expr>(input)?;
            said.handle = true;
        }
        "docs" => value::<Expr>(input)?,
        "fallible" if input.peek(Token![=]) => value::<syn::ExprPath>(input)?,
        "submit" => {
            said.submit = true;
            if input.peek(Token![=]) {
                value::<Ident>(input)?;
            }
        }
        "fallible" | "local" | "skip" | "stream" => {}
        "attr" => list::<Meta>(input)?,
        "bound" => list::<syn::WherePredicate>(input)?,
        _ => return Err(input.error("an unknown option")),
    }
    Ok(())
}

fn value<T: syn::parse::Parse>(input: ParseStream<'_>) -> Result<()> {
    input.parse::<Token![=]>()?;
    input.parse::<T>().map(drop)
}

fn list<T: syn::parse::Parse>(input: ParseStream<'_>) -> Result<()> {
    let content;
    syn::parenthesized!(content in input);
    Punctuated::<T, Token![,]>::parse_terminated(&content).map(drop)
}

/// Whether the attribute is `#[threadsafe]`, by whatever path.
pub(crate) fn is_own(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == "threadsafe")
}

/// Whether `name!` is in there.
pub(crate) fn invokes(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => invokes(group.stream(), name),
        _ => false,
    })
}
