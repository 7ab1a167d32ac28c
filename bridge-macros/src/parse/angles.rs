//! Which `<` of an expression is a bracket, and which is less-than.

use proc_macro2::{Spacing, TokenTree};
use syn::Ident;

/// An expression, of which one tree after another is taken. A `<` is less-than where an operand has just ended, and a
/// bracket where one is to come, as the `<` of `<T as Trait>::X`, or where a path goes on, after `::` and in a cast.
#[derive(Default)]
pub(super) struct Angles {
    /// Brackets that are open.
    depth: usize,
    /// Whether the last tree may end an operand.
    after_operand: bool,
    /// Whether what comes is a type, since `as`.
    in_cast: bool,
    /// The last tree, where it is a mark that the next one is joined to.
    joined: Option<char>,
}

impl Angles {
    /// Whether no bracket is open.
    pub(super) fn is_outside(&self) -> bool {
        self.depth == 0
    }

    pub(super) fn take(&mut self, tree: &TokenTree) {
        match tree {
            TokenTree::Punct(mark) => self.mark(mark.as_char()),
            TokenTree::Ident(word) if word == "as" => (self.after_operand, self.in_cast) = (false, true),
            _ => {
                self.after_operand = ends_operand(tree);
                self.in_cast &= matches!(tree, TokenTree::Ident(_));
            }
        }
        self.joined = match tree {
            TokenTree::Punct(mark) if mark.spacing() == Spacing::Joint => Some(mark.as_char()),
            _ => None,
        };
    }

    fn mark(&mut self, mark: char) {
        // The second of `<<`.
        let shifts = self.joined == Some('<') && self.depth == 0;
        // The end of `->` and `=>`.
        let is_arrow = matches!(self.joined, Some('-' | '='));
        match mark {
            '<' if self.depth > 0 || self.in_cast || !(self.after_operand || shifts) => self.depth += 1,
            '>' if self.depth > 0 && !is_arrow => {
                self.depth -= 1;
                (self.after_operand, self.in_cast) = (true, false);
                return;
            }
            // A type goes on, or has not begun: `as &T`.
            ':' => {}
            _ => self.in_cast &= !self.after_operand,
        }
        // `value?` is one as `value` was.
        self.after_operand &= mark == '?';
    }
}

/// Whether an expression may end with this.
pub(super) fn ends_operand(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Ident(word) => {
            // Other keywords have something to come.
            let word = word.to_string();
            ["self", "Self", "true", "false"].contains(&&*word) || syn::parse_str::<Ident>(&word).is_ok()
        }
        TokenTree::Group(_) | TokenTree::Literal(_) => true,
        TokenTree::Punct(_) => false,
    }
}
