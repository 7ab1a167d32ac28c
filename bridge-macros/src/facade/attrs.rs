//! The attributes of a method: our own, and those that the facade's method has too.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, Meta, Path, Result, Token};

use super::errors::mistake;

/// A `#[threadsafe(…)]` on a method, and the `cfg_attr` condition that it is under.
pub(super) struct Own {
    pub(super) attr: TokenTree,
    pub(super) condition: Option<TokenStream>,
    pub(super) options: TokenStream,
}

impl Own {
    /// The options, in a list, which is not compiled once for each condition as an impl is.
    pub(super) fn unconditional(self) -> Result<TokenStream> {
        match self.condition {
            None => Ok(self.options),
            Some(_) => Err(mistake(
                self.attr,
                "in `facade!` the options of a signature have no condition of their own",
                "write it twice, with the options under `#[cfg(…)]`, and without under `#[cfg(not(…))]`",
            )),
        }
    }
}

pub(super) fn is_ours(path: &Path) -> bool {
    path.segments.last().is_some_and(|last| last.ident == "threadsafe")
}

/// Takes our own attributes out of `attrs`.
pub(super) fn take_own(attrs: &mut Vec<Attribute>) -> Vec<Own> {
    let mut own = Vec::new();
    attrs.retain(|attr| {
        if is_ours(attr.path()) {
            let options = match &attr.meta {
                Meta::List(list) => list.tokens.clone(),
                _ => TokenStream::new(),
            };
            own.push(Own { attr: word(attr.path()), condition: None, options });
            return false;
        }
        let Some((condition, metas)) = conditional(attr) else { return true };
        take_conditional(&condition, metas, &mut own);
        true
    });
    own
}

fn word(path: &Path) -> TokenTree {
    let ident = path
        .segments
        .last()
        .map_or_else(|| Ident::new("threadsafe", proc_macro2::Span::call_site()), |last| last.ident.clone());
    TokenTree::Ident(ident)
}

fn take_conditional(condition: &TokenStream, metas: Vec<Meta>, own: &mut Vec<Own>) {
    for meta in metas {
        if is_ours(meta.path()) {
            let attr = word(meta.path());
            let options = if let Meta::List(list) = meta { list.tokens } else { TokenStream::new() };
            own.push(Own { attr, condition: Some(condition.clone()), options });
        } else if let Some((inner, metas)) = conditional_meta(&meta) {
            take_conditional(&quote!(all(#condition, #inner)), metas, own);
        }
    }
}

/// The condition and the attributes of a `cfg_attr`.
pub(super) fn conditional(attr: &Attribute) -> Option<(TokenStream, Vec<Meta>)> {
    conditional_meta(&attr.meta)
}

fn conditional_meta(meta: &Meta) -> Option<(TokenStream, Vec<Meta>)> {
    let Meta::List(list) = meta else { return None };
    if !list.path.is_ident("cfg_attr") {
        return None;
    }
    let parse = |input: ParseStream<'_>| -> Result<(TokenStream, Vec<Meta>)> {
        let mut condition = TokenStream::new();
        while !input.is_empty() && !input.peek(Token![,]) {
            condition.extend([input.parse::<TokenTree>()?]);
        }
        let mut metas = Vec::new();
        while input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
            metas.push(input.parse()?);
        }
        Ok((condition, metas))
    };
    parse.parse2(list.tokens.clone()).ok()
}

/// The attributes that the facade's method has as well; docs that are text are not among them.
pub(super) fn carried(attrs: &[Attribute]) -> Vec<TokenStream> {
    let attrs = attrs.iter().filter(|attr| super::docs::text(attr).is_none());
    attrs.filter_map(|attr| carried_meta(&attr.meta)).map(|meta| quote!(#[#meta])).collect()
}

fn carried_meta(meta: &Meta) -> Option<TokenStream> {
    let name = meta.path().get_ident()?.to_string();
    match &*name {
        "allow" | "cfg" | "deny" | "deprecated" | "doc" | "forbid" | "must_use" | "warn" => {
            Some(meta.to_token_stream())
        }
        // What is expected of the async fn need not occur here.
        "expect" => match meta {
            Meta::List(list) => {
                let lints = &list.tokens;
                Some(quote!(allow(#lints)))
            }
            _ => None,
        },
        "cfg_attr" => {
            let (condition, metas) = conditional_meta(meta)?;
            let metas: Vec<TokenStream> = metas.iter().filter_map(carried_meta).collect();
            (!metas.is_empty()).then(|| quote!(cfg_attr(#condition, #(#metas),*)))
        }
        _ => None,
    }
}

/// What becomes of the options of an attribute of our own: others, or none and no attribute.
pub(super) type Keep<'a> = &'a dyn Fn(TokenStream) -> Option<TokenStream>;

/// What stands in an impl's braces, with what `keep` leaves of our own attributes; nothing, if there is none.
pub(super) fn with_own(content: TokenStream, keep: Keep<'_>) -> Option<TokenStream> {
    let mut changed = false;
    let mut cleaned = TokenStream::new();
    let mut trees = content.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let attribute = match (&tree, trees.peek()) {
            (TokenTree::Punct(pound), Some(TokenTree::Group(group)))
                if pound.as_char() == '#' && group.delimiter() == Delimiter::Bracket =>
            {
                group.stream()
            }
            _ => {
                cleaned.extend([tree]);
                continue;
            }
        };
        match cleaned_meta(attribute, keep) {
            Cleaned::Same => cleaned.extend([tree]),
            Cleaned::Gone => {
                changed = true;
                trees.next();
            }
            Cleaned::Changed(tokens) => {
                changed = true;
                let span = trees.next().map_or_else(|| tree.span(), |group| group.span());
                let mut group = Group::new(Delimiter::Bracket, tokens);
                group.set_span(span);
                cleaned.extend([tree, TokenTree::Group(group)]);
            }
        }
    }
    changed.then_some(cleaned)
}

enum Cleaned {
    Same,
    Gone,
    Changed(TokenStream),
}

/// One attribute, `threadsafe(…)` or `cfg_attr(p, threadsafe(…), other)`.
fn cleaned_meta(tokens: TokenStream, keep: Keep<'_>) -> Cleaned {
    let mut trees: Vec<TokenTree> = tokens.into_iter().collect();
    let is_path = |tree: &&TokenTree| match tree {
        TokenTree::Group(_) => false,
        TokenTree::Punct(mark) => mark.as_char() != '=',
        _ => true,
    };
    let last_name = trees.iter().take_while(is_path).last();
    match last_name {
        Some(TokenTree::Ident(name)) if name == "threadsafe" => {
            let name = name.clone();
            let options = match trees.last() {
                Some(TokenTree::Group(group)) => group.stream(),
                _ => TokenStream::new(),
            };
            return keep(options).map_or(Cleaned::Gone, |options| Cleaned::Changed(quote!(#name(#options))));
        }
        Some(TokenTree::Ident(name)) if name == "cfg_attr" => {}
        _ => return Cleaned::Same,
    }
    let Some(TokenTree::Group(group)) = trees.last_mut() else { return Cleaned::Same };
    let content: Vec<TokenTree> = group.stream().into_iter().collect();
    let mut parts = content.split(|tree| matches!(tree, TokenTree::Punct(comma) if comma.as_char() == ','));
    let mut kept: TokenStream = parts.next().unwrap_or_default().iter().cloned().collect();
    let (mut changed, mut any) = (false, false);
    for part in parts.filter(|part| !part.is_empty()) {
        let tokens = match cleaned_meta(part.iter().cloned().collect(), keep) {
            Cleaned::Same => part.iter().cloned().collect(),
            Cleaned::Gone => {
                changed = true;
                continue;
            }
            Cleaned::Changed(tokens) => {
                changed = true;
                tokens
            }
        };
        any = true;
        kept.extend([TokenTree::Punct(Punct::new(',', Spacing::Alone))]);
        kept.extend(tokens);
    }
    if !changed {
        return Cleaned::Same;
    }
    if !any {
        return Cleaned::Gone;
    }
    let mut replaced = Group::new(group.delimiter(), kept);
    replaced.set_span(group.span());
    *group = replaced;
    Cleaned::Changed(trees.into_iter().collect())
}
