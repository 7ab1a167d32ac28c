//! Cuts items apart before anything is parsed, so that no body is ever looked into.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

/// An item, cut before its last braces.
pub(super) struct Cut {
    pub(super) head: Vec<TokenTree>,
    /// The body of a fn, the members of an impl.
    pub(super) braces: Option<Group>,
    /// What was cut off, as it stood.
    pub(super) tail: Option<TokenTree>,
}

/// Takes the item out of the invisible delimiters that a `macro_rules!` puts around it.
pub(super) fn bare(trees: Vec<TokenTree>) -> Vec<TokenTree> {
    match &trees[..] {
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::None => bare(group.stream().into_iter().collect()),
        _ => trees,
    }
}

pub(super) fn item(mut trees: Vec<TokenTree>) -> Cut {
    let has_tail = trees.last().is_some_and(|tree| braces(tree).is_some() || is_punct(tree, ';'));
    let tail = if has_tail { trees.pop() } else { None };
    Cut { head: trees, braces: tail.as_ref().and_then(braces), tail }
}

/// Takes our own attributes off a member, known by name: what is left, and what stood in their parentheses.
pub(super) fn own_attributes(head: Vec<TokenTree>) -> (Vec<TokenTree>, Vec<(TokenStream, Span)>) {
    take(head, arguments)
}

/// The same of those in a `cfg_attr`.
pub(super) fn conditional_attributes(head: Vec<TokenTree>) -> (Vec<TokenTree>, Vec<(TokenStream, Span)>) {
    take(head, conditional)
}

/// Takes those attributes off a member of which `found` is something: what is left, and what that was.
fn take(
    head: Vec<TokenTree>,
    found: fn(TokenStream) -> Option<TokenStream>,
) -> (Vec<TokenTree>, Vec<(TokenStream, Span)>) {
    let (mut kept, mut taken) = (Vec::new(), Vec::new());
    let mut trees = head.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match trees.peek() {
            Some(TokenTree::Group(group)) if is_punct(&tree, '#') && group.delimiter() == Delimiter::Bracket => {
                match found(flat(group.stream())) {
                    Some(found) => {
                        taken.push((found, group.span()));
                        trees.next();
                    }
                    None => kept.extend([Some(tree), trees.next()].into_iter().flatten()),
                }
            }
            _ => {
                kept.push(tree);
                break;
            }
        }
    }
    kept.extend(trees);
    (kept, taken)
}

/// Without the invisible delimiters that a `$meta` brings.
pub(crate) fn flat(meta: TokenStream) -> TokenStream {
    bare(meta.into_iter().collect()).into_iter().collect()
}

/// What `cfg_attr(…)` and the like separate by commas.
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

/// What stands in the parentheses of `threadsafe(…)` or `path::threadsafe(…)`, if `meta` is that.
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

/// The same, if it is among those of a `cfg_attr(condition, …)`.
fn conditional(meta: TokenStream) -> Option<TokenStream> {
    let mut trees = meta.into_iter();
    match (trees.next(), trees.next()) {
        (Some(TokenTree::Ident(word)), Some(TokenTree::Group(group))) if word == "cfg_attr" => {
            let mut metas = commas(group.stream()).into_iter().skip(1).map(flat);
            metas.find_map(|meta| arguments(meta.clone()).or_else(|| conditional(meta)))
        }
        _ => None,
    }
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

/// The `#![…]` at the start of an impl's braces, and what comes after them.
pub(super) fn inner_attributes(content: TokenStream) -> (TokenStream, TokenStream) {
    let mut rest: &[TokenTree] = &content.into_iter().collect::<Vec<_>>();
    let mut inner = TokenStream::new();
    while let [hash, bang, TokenTree::Group(brackets), after @ ..] = rest {
        if !is_punct(hash, '#') || !is_punct(bang, '!') || brackets.delimiter() != Delimiter::Bracket {
            break;
        }
        inner.extend([hash.clone(), bang.clone(), brackets.clone().into()]);
        rest = after;
    }
    (inner, rest.iter().cloned().collect())
}

/// The members of an impl, one stream each.
pub(super) fn members(content: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut members = Vec::new();
    let mut member = Scan::default();
    for tree in content {
        if member.push(tree) {
            members.push(std::mem::take(&mut member).tokens);
        }
    }
    if !member.tokens.is_empty() {
        members.push(member.tokens);
    }
    members
}

/// One member while it is read.
#[derive(Default)]
struct Scan {
    tokens: Vec<TokenTree>,
    /// Open `<`, in a signature.
    depth: usize,
    /// A `=` has come: what follows is a value, which only `;` ends.
    value: bool,
}

impl Scan {
    /// Takes one more tree; true when the member is complete.
    fn push(&mut self, tree: TokenTree) -> bool {
        let mut complete = false;
        match &tree {
            TokenTree::Punct(punct) => match punct.as_char() {
                ';' => complete = true,
                '<' if !self.value => self.depth += 1,
                '>' if !self.value && !self.follows_dash() => self.depth = self.depth.saturating_sub(1),
                '=' if self.depth == 0 => self.value = true,
                _ => {}
            },
            tree => complete = self.depth == 0 && !self.value && self.ends(tree),
        }
        self.tokens.push(tree);
        complete
    }

    fn follows_dash(&self) -> bool {
        self.tokens.last().is_some_and(|tree| is_punct(tree, '-'))
    }

    /// Whether `tree` is the body, or a whole member that a `macro_rules!` put in as one.
    fn ends(&self, tree: &TokenTree) -> bool {
        match tree {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                braces(tree).is_some() || (self.tokens.is_empty() && is_member(group))
            }
            _ => braces(tree).is_some() && !self.calls_in_signature(),
        }
    }

    /// Whether a macro's braces come next, as a type of a function's signature.
    fn calls_in_signature(&self) -> bool {
        // Not the `!` of `-> !` or `*mut !`.
        matches!(&self.tokens[..], [.., TokenTree::Ident(name), bang]
            if is_punct(bang, '!') && name != "const" && name != "mut")
            && self.tokens.iter().any(|tree| matches!(tree, TokenTree::Ident(word) if word == "fn"))
    }
}

/// Whether invisible delimiters hold a whole member: they end as one does.
fn is_member(group: &Group) -> bool {
    group.stream().into_iter().last().is_some_and(|last| is_punct(&last, ';') || braces(&last).is_some())
}

pub(crate) fn is_punct(tree: &TokenTree, char: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == char)
}
