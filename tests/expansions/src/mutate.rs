//! Small changes to tokens, each described by a few numbers: what a fuzzer draws, and what can be taken back one by one.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::Expr;

/// One change. All numbers wrap around, so that any will do.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What is done.
    pub what: u8,
    /// In which of the groups, counted from the outside.
    pub group: u16,
    /// At which token in there.
    pub at: u16,
    /// To which other one, or with which new token.
    pub to: u16,
}

/// `tokens`, with `steps` taken one after the other.
#[must_use]
pub fn mutated(tokens: TokenStream, steps: &[Step]) -> TokenStream {
    let mut root: Vec<Tree> = trees(tokens);
    for step in steps {
        let groups = count(&root);
        let mut index = usize::from(step.group) % groups;
        if let Some(list) = find(&mut root, &mut index) {
            apply(list, *step);
        }
    }
    stream(root)
}

/// A token, or a group that can be changed.
#[derive(Clone)]
enum Tree {
    Token(TokenTree),
    Group(Delimiter, Vec<Tree>),
}

impl Tree {
    /// What can be changed in it. What a `macro_rules!` puts in as one stays as it is: changed, it could be what none
    /// would put in.
    fn list(&self) -> Option<&Vec<Tree>> {
        match self {
            Tree::Group(delimiter, content) if *delimiter != Delimiter::None => Some(content),
            _ => None,
        }
    }

    fn list_mut(&mut self) -> Option<&mut Vec<Tree>> {
        match self {
            Tree::Group(delimiter, content) if *delimiter != Delimiter::None => Some(content),
            _ => None,
        }
    }
}

fn trees(tokens: TokenStream) -> Vec<Tree> {
    let tree = |tree| match tree {
        TokenTree::Group(group) => Tree::Group(group.delimiter(), trees(group.stream())),
        token => Tree::Token(token),
    };
    tokens.into_iter().map(tree).collect()
}

fn stream(trees: Vec<Tree>) -> TokenStream {
    let tree = |tree| match tree {
        Tree::Group(delimiter, content) => TokenTree::Group(Group::new(delimiter, stream(content))),
        Tree::Token(token) => token,
    };
    trees.into_iter().map(tree).collect()
}

/// How many lists of tokens there are, one in another.
fn count(trees: &[Tree]) -> usize {
    1 + trees.iter().filter_map(Tree::list).map(|content| count(content)).sum::<usize>()
}

/// The list that `index` counts down to.
fn find<'a>(trees: &'a mut Vec<Tree>, index: &mut usize) -> Option<&'a mut Vec<Tree>> {
    if *index == 0 {
        return Some(trees);
    }
    *index -= 1;
    for content in trees.iter_mut().filter_map(Tree::list_mut) {
        let inner = count(content);
        if *index < inner {
            return find(content, index);
        }
        *index -= inner;
    }
    None
}

fn apply(list: &mut Vec<Tree>, step: Step) {
    let length = list.len();
    let at = usize::from(step.at) % length.max(1);
    let to = usize::from(step.to) % length.max(1);
    match step.what % 10 {
        _ if length == 0 => list.extend(word(step.to)),
        0 => drop(list.remove(at)),
        1 => list.insert(to, list[at].clone()),
        2 => list.swap(at, to),
        3 => list.truncate(at),
        4 | 5 => drop(list.splice(at..at, word(step.to))),
        6 => drop(list.splice(at..=at, word(step.to))),
        7 if may_be_enclosed(&list[at..=at.max(to)]) => enclose(list, at, to, Delimiter::None),
        8 => {
            let delimiters = [Delimiter::Parenthesis, Delimiter::Bracket, Delimiter::Brace];
            enclose(list, at, to, delimiters[usize::from(step.to) % 3]);
        }
        _ => {
            if let Tree::Group(_, content) = &mut list[at] {
                let content = std::mem::take(content);
                list.splice(at..=at, content);
            }
        }
    }
}

/// Puts delimiters around those from `at` to `to`.
fn enclose(list: &mut Vec<Tree>, at: usize, to: usize, delimiter: Delimiter) {
    let run = list.drain(at..=at.max(to)).collect();
    list.insert(at, Tree::Group(delimiter, run));
}

/// Whether they are what a `macro_rules!` puts into invisible delimiters: a `$type:ty`, a `$value:expr`, and so on. Not an
/// `$item:item`, which cannot stand behind `pub`, where a further step might put it.
fn may_be_enclosed(trees: &[Tree]) -> bool {
    fn is<T: syn::parse::Parse>(tokens: &TokenStream) -> bool {
        syn::parse2::<T>(tokens.clone()).is_ok()
    }
    let tokens = stream(trees.to_vec());
    // Of other expressions, as `T > { … }`, the tokens may be those of something else.
    let is_value = syn::parse2::<Expr>(tokens.clone())
        .is_ok_and(|value| matches!(value, Expr::Block(_) | Expr::Call(_) | Expr::Lit(_) | Expr::Path(_)));
    is_value || is::<syn::Type>(&tokens) || is::<syn::Visibility>(&tokens)
}

/// Tokens that mean something to a parser of signatures.
const WORDS: &str = "async fn unsafe const extern pub impl dyn for where mut ref self Self trait type struct use move \
    crate super static async_trait threadsafe cfg cfg_attr doc expect stream local submit skip handle timeout name attr \
    bound fallible wrap fold suffix vis facade error panic as_is in_context with implements facade_attr supertraits \
    companions Drop Iterator IntoFuture Read Send Sync Sized Future Stream Output Item Pin Box BoxFuture Result Arc T x r#in \
    _ < > , ; : = + - & * ! ? # | . @ $ ~ :: -> => .. ... && || 'a '_ 'static 0 1.5 \"s\" b\"b\" 'c' () [] {} \
    <T> <'a> (self) (x:T) #[cfg(x)] #[threadsafe]";

/// One of [`WORDS`].
fn word(index: u16) -> Vec<Tree> {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let word = words[usize::from(index) % words.len()];
    trees(word.parse().expect("every word is made of tokens"))
}
