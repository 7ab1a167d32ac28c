//! A function's head, alone or as a member: known by its keyword, then parsed.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::Result;
use syn::parse::Parser as _;

use super::{returns, signature};
use crate::model::{Function, Piece, Returns, Ty};

/// The word that says what kind of item it is.
pub(super) struct Keyword {
    pub(super) word: String,
    pub(super) span: Span,
    pub(super) is_async: bool,
}

/// Looks for it behind attributes, visibility and qualifiers. It is asked of every member, so it parses nothing.
pub(super) fn keyword(head: &[TokenTree]) -> Option<Keyword> {
    let mut is_async = false;
    for (index, tree) in head.iter().enumerate() {
        let TokenTree::Ident(ident) = tree else { continue };
        let word = ident.to_string();
        let found = match &*word {
            "async" => {
                is_async = at_function(&head[index + 1..]);
                !is_async
            }
            "pub" | "unsafe" | "default" | "auto" | "safe" => false,
            "const" | "extern" => !at_function(&head[index + 1..]),
            _ => true,
        };
        if found {
            return Some(Keyword { word, span: ident.span(), is_async });
        }
    }
    None
}

/// Whether a fn, or its qualifiers, comes next.
fn at_function(rest: &[TokenTree]) -> bool {
    match rest {
        [TokenTree::Literal(_), TokenTree::Ident(next), ..] | [TokenTree::Ident(next), ..] => {
            ["fn", "async", "unsafe", "extern"].iter().any(|word| next == word)
        }
        _ => false,
    }
}

/// `stream`: whether it is asked to return one.
pub(super) fn function(head: TokenStream, stream: bool) -> Result<Function> {
    let mut function = signature::function.parse2(head)?;
    function.mentions_self = mentions_self(&function);
    if stream || function.asyncness.is_none() {
        let names = if stream { &returns::STREAM } else { &returns::FUTURE };
        if let Some(found) = function.output.as_mut().and_then(|output| returns::find(output, names)) {
            function.output = Some(found.value).filter(|value| !value.is_unit());
            function.not_send = found.not_send;
            function.owned = found.owned;
            function.returns = if stream { Returns::Stream } else { Returns::Future };
        }
    }
    if function.returns == Returns::Future {
        async_trait(&mut function);
    }
    Ok(function)
}

/// Takes back what `#[async_trait]` has put into a signature, but for the names of lifetimes.
fn async_trait(function: &mut Function) {
    let before = function.generics.len();
    function.generics.retain(|param| !param.is_lifetime("async_trait"));
    if function.generics.len() < before {
        function.returns = Returns::AsyncTrait;
        function.predicates = signature::without(std::mem::take(&mut function.predicates), "async_trait");
    }
}

/// In its types or in what is asked of them.
fn mentions_self(function: &Function) -> bool {
    let in_type = |ty: &Ty| {
        ty.any(|piece| match piece {
            Piece::Ident(ident) => ident == "Self",
            Piece::Opaque(tokens) => names_self(tokens),
            _ => false,
        })
    };
    function.args.iter().any(|arg| in_type(&arg.ty))
        || function.output.as_ref().is_some_and(in_type)
        || function.generics.iter().any(|param| names_self(&param.bounds))
        || names_self(&function.predicates)
}

fn names_self(tokens: &TokenStream) -> bool {
    !tokens.is_empty()
        && tokens.clone().into_iter().any(|tree| match tree {
            TokenTree::Ident(ident) => ident == "Self",
            TokenTree::Group(group) => names_self(&group.stream()),
            _ => false,
        })
}
