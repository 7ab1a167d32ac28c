//! Options and items that random changes start from.

use std::fmt::{self, Debug, Formatter};

use proc_macro2::TokenStream;

/// An attribute's options, and the item under it.
#[derive(Clone)]
pub struct Case {
    /// What stands in `#[threadsafe(…)]`.
    pub options: TokenStream,
    /// What it stands on.
    pub item: TokenStream,
}

impl Debug for Case {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "#[threadsafe({})] {}", self.options, self.item)
    }
}

/// A case as text: the options, a new line, then the item. None where it is not made of tokens, or nested so deeply that a
/// parser by recursive descent, as syn's and rustc's are, would run out of stack.
#[must_use]
pub fn read(text: &str) -> Option<Case> {
    if deepest(text) > 40 {
        return None;
    }
    let (options, item) = text.split_once('\n')?;
    Some(Case { options: options.parse().ok()?, item: item.parse().ok()? })
}

/// How many brackets are open at once.
fn deepest(text: &str) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    for char in text.chars() {
        match char {
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    deepest
}

/// The cases in `seeds.txt`: valid ones, of every kind of item and every option.
///
/// # Panics
///
/// If one of them cannot be read.
#[must_use]
pub fn seeds() -> Vec<Case> {
    let texts = include_str!("../seeds.txt").split("\n---\n");
    texts.map(|text| read(text).unwrap_or_else(|| panic!("not made of tokens: {text}"))).collect()
}
