//! Raw tokens: items split before anything is parsed, so that no body is ever looked into.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

use super::function::keyword;

/// An item, split before its last braces.
pub(super) struct Split {
    pub(super) head: Vec<TokenTree>,
    /// The body of a fn, the members of an impl.
    pub(super) braces: Option<Group>,
    /// The tree after the head, as it was written.
    pub(super) tail: Option<TokenTree>,
}

/// Takes the item out of the invisible delimiters that a `macro_rules!` puts around it.
pub(super) fn ungroup(trees: Vec<TokenTree>) -> Vec<TokenTree> {
    match &trees[..] {
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::None => {
            ungroup(group.stream().into_iter().collect())
        }
        _ => trees,
    }
}

pub(super) fn split(mut trees: Vec<TokenTree>) -> Split {
    let has_tail = trees.last().is_some_and(|tree| braces(tree).is_some() || is_punct(tree, ';'));
    let tail = if has_tail { trees.pop() } else { None };
    Split { head: trees, braces: tail.as_ref().and_then(braces), tail }
}

/// Takes the `#[threadsafe(…)]`s off a member: the other tokens, and the options with their spans.
pub(super) fn own_attributes(head: Vec<TokenTree>) -> (Vec<TokenTree>, Vec<(TokenStream, Span)>) {
    let (mut kept, mut taken) = (Vec::new(), Vec::new());
    let mut rest = &head[..];
    while let Some((brackets, after)) = attribute(rest) {
        match arguments(ungrouped(brackets.stream())) {
            Some(found) => taken.push((found, brackets.span())),
            None => kept.extend_from_slice(&rest[..2]),
        }
        rest = after;
    }
    if taken.is_empty() {
        return (head, taken);
    }
    kept.extend_from_slice(rest);
    (kept, taken)
}

/// The attribute at the start of `trees`, and what comes after it.
fn attribute(trees: &[TokenTree]) -> Option<(&Group, &[TokenTree])> {
    match trees {
        [hash, TokenTree::Group(brackets), rest @ ..]
            if is_punct(hash, '#') && brackets.delimiter() == Delimiter::Bracket =>
        {
            Some((brackets, rest))
        }
        _ => None,
    }
}

/// `trees` after their outer attributes.
pub(super) fn after_attributes(mut trees: &[TokenTree]) -> &[TokenTree] {
    while let Some((_, rest)) = attribute(trees) {
        trees = rest;
    }
    trees
}

/// Without the invisible delimiters that a `$meta` brings.
pub(crate) fn ungrouped(meta: TokenStream) -> TokenStream {
    ungroup(meta.into_iter().collect()).into_iter().collect()
}

/// The parts between the commas of `cfg_attr(…)` and the like.
pub(crate) fn commas(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    for tree in tokens {
        if is_punct(&tree, ',') {
            parts.push(TokenStream::new());
        } else {
            parts.last_mut().expect("there is always one").extend([tree]);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// The tokens in the parentheses of `threadsafe(…)` or `path::threadsafe(…)`, if `meta` is that.
fn arguments(meta: TokenStream) -> Option<TokenStream> {
    let mut named = false;
    for tree in meta {
        match tree {
            TokenTree::Ident(ident) => named = ident == "threadsafe",
            TokenTree::Punct(punct) if punct.as_char() == ':' => named = false,
            TokenTree::Group(group) if named => return Some(group.stream()),
            _ => return None,
        }
    }
    named.then(TokenStream::new)
}

/// Whether `meta` is a `threadsafe(…)`.
pub(super) fn is_own(meta: TokenStream) -> bool {
    arguments(meta).is_some()
}

/// The braces that `tree` is, also where they come from a `$body:block`.
fn braces(tree: &TokenTree) -> Option<Group> {
    let TokenTree::Group(group) = tree else { return None };
    match group.delimiter() {
        Delimiter::Brace => Some(group.clone()),
        Delimiter::None => {
            let mut content = group.stream().into_iter();
            let (first, rest) = (content.next()?, content.next());
            if rest.is_none() { braces(&first) } else { None }
        }
        _ => None,
    }
}

/// The `#![…]`s at the start of an impl's braces, and the tokens after them.
pub(super) fn inner_attributes(content: TokenStream) -> (TokenStream, Vec<TokenTree>) {
    let mut trees: Vec<TokenTree> = content.into_iter().collect();
    let mut length = 0;
    while let [hash, bang, TokenTree::Group(brackets), ..] = &trees[length..] {
        if !is_punct(hash, '#') || !is_punct(bang, '!') || brackets.delimiter() != Delimiter::Bracket {
            break;
        }
        length += 3;
    }
    (trees.drain(..length).collect(), trees)
}

/// The members of an impl or a trait.
pub(super) fn members(content: Vec<TokenTree>) -> Vec<Vec<TokenTree>> {
    let (mut members, mut member) = (Vec::new(), Vec::new());
    let mut trees = content.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let is_last = ends(&member, &tree, trees.peek());
        member.push(tree);
        if is_last {
            members.push(std::mem::take(&mut member));
        }
    }
    if !member.is_empty() {
        members.push(member);
    }
    members
}

/// Whether `tree` is the last one of the member that begins with `before`: its body, its `;`, or a whole member that a
/// `macro_rules!` put in as one.
fn ends(before: &[TokenTree], tree: &TokenTree, next: Option<&TokenTree>) -> bool {
    match tree {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            braces(tree).is_some() || before.is_empty() && is_member(group)
        }
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
            // The `{ N }` of `Foo<{ N }>`.
            let is_const_argument = next.is_some_and(|next| is_punct(next, ',') || is_punct(next, '>'));
            !is_const_argument && !is_in_type_or_value(before)
        }
        _ => false,
    }
}

/// Whether braces after `before` are those of a constant's value, or of a macro as a type of a function's signature.
fn is_in_type_or_value(before: &[TokenTree]) -> bool {
    match keyword(before).as_ref().map(|keyword| &*keyword.word) {
        Some("const" | "static" | "type") => true,
        // Not the `!` of `-> !` or `*mut !`.
        Some("fn") => matches!(before, [.., TokenTree::Ident(name), bang]
            if is_punct(bang, '!') && name != "const" && name != "mut"),
        _ => false,
    }
}

/// Whether invisible delimiters hold a whole member: they end as one does.
fn is_member(group: &Group) -> bool {
    group.stream().into_iter().last().is_some_and(|last| is_punct(&last, ';') || braces(&last).is_some())
}

pub(crate) fn is_punct(tree: &TokenTree, char: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == char)
}

/// Whether an identifier is among `tokens`.
pub(crate) fn mentions(tokens: &TokenStream, name: &str) -> bool {
    !tokens.is_empty() && tokens.clone().into_iter().any(|tree| has_ident(&tree, name))
}

/// Whether `tree` is an identifier, or holds it.
pub(crate) fn has_ident(tree: &TokenTree, name: &str) -> bool {
    match tree {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => mentions(&group.stream(), name),
        _ => false,
    }
}

/// The names of all lifetimes in `tokens`, bound there or not.
pub(crate) fn lifetimes(tokens: impl IntoIterator<Item = TokenTree>, names: &mut Vec<String>) {
    let mut follows_tick = false;
    for tree in tokens {
        match &tree {
            TokenTree::Ident(name) if follows_tick => names.push(name.to_string()),
            TokenTree::Group(group) => lifetimes(group.stream(), names),
            _ => {}
        }
        follows_tick = is_punct(&tree, '\'');
    }
}

/// All identifiers in `tokens`.
pub(crate) fn idents(tokens: TokenStream, names: &mut Vec<String>) {
    for tree in tokens {
        match tree {
            TokenTree::Ident(name) => names.push(name.to_string()),
            TokenTree::Group(group) => idents(group.stream(), names),
            _ => {}
        }
    }
}
