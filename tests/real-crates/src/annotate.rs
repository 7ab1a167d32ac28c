//! The attributes, put into the text where they belong. Every line keeps its number.

use crate::find::{Kind, Site};

/// What is asked of the companion of one function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    pub local: bool,
    pub renamed: bool,
    /// What only the compiler sees: `T::Item: Send`.
    pub bounds: Vec<String>,
    pub skip: bool,
}

/// The text of a file with attributes; a choice for each function of each site.
pub fn annotated(text: &str, sites: &[Site], choices: &[Vec<Choice>]) -> String {
    let mut insertions = Vec::new();
    for (site, choices) in sites.iter().zip(choices) {
        if site.kind == Kind::Block {
            insertions.push((site.start, 0, attribute(&[COMPANION.to_owned()])));
        }
        for (function, choice) in site.functions.iter().zip(choices) {
            let own = own(site.kind, &function.name, choice);
            insertions.push((function.start, 1, format!("{own}#[::real_crates_marker::original] ")));
        }
    }
    insertions.sort();
    let mut annotated = String::with_capacity(text.len() + insertions.len() * 100);
    let mut done = 0;
    for (place, _, attribute) in insertions {
        annotated.push_str(&text[done..place]);
        annotated.push_str(&attribute);
        done = place;
    }
    annotated.push_str(&text[done..]);
    annotated
}

/// Nobody calls most companions, and some crates forbid that.
const COMPANION: &str = "attr(allow(dead_code), ::real_crates_marker::companion)";

/// The attribute that stands on the function itself, if it needs one.
fn own(kind: Kind, name: &str, choice: &Choice) -> String {
    let mut options = Vec::new();
    if choice.skip {
        return if kind == Kind::Block { attribute(&["skip".to_owned()]) } else { String::new() };
    }
    if choice.local {
        options.push("local".to_owned());
    }
    if choice.renamed {
        options.push(format!("name = {}_by_bridge", name.trim_start_matches("r#")));
    }
    options.extend(choice.bounds.iter().map(|bound| format!("bound({bound})")));
    if kind == Kind::Free {
        options.push(COMPANION.to_owned());
    }
    if options.is_empty() { String::new() } else { attribute(&options) }
}

fn attribute(options: &[String]) -> String {
    format!("#[::bridge::threadsafe({})] ", options.join(", "))
}
