//! The options in `#[threadsafe(…)]`: one table says what each is called and what it takes.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Error, Result};

use super::angles::{Angles, ends_operand};
use super::cut::is_punct;
use super::values::{self, Mistake, Read};
use crate::model::{Errors, Key, Options};

/// Every option: its name, what people call it who do not know the name, how it is written, and what takes its value in.
#[rustfmt::skip]
const TABLE: &[Spec] = &[
    Spec { key: Key::Name, name: "name", also: &["rename", "as"], usage: "`name = fetch_sync`", read: values::name },
    Spec { key: Key::Suffix, name: "suffix", also: &["postfix"], usage: "`suffix = \"_sync\"`", read: values::suffix },
    Spec { key: Key::Vis, name: "vis", also: &["visibility", "pub"], usage: VIS, read: values::vis },
    Spec { key: Key::Handle, name: "handle", also: &["runtime", "rt", "event_loop", "loop", "on"], usage: "`handle = self.handle`", read: values::handle },
    Spec { key: Key::Timeout, name: "timeout", also: &["deadline", "limit"], usage: TIMEOUT, read: values::timeout },
    Spec { key: Key::Fallible, name: "fallible", also: &["result", "try", "error"], usage: FALLIBLE, read: values::fallible },
    Spec { key: Key::Local, name: "local", also: &["?Send", "not_send", "no_send"], usage: "`local`, without a value", read: values::local },
    Spec { key: Key::Submit, name: "submit", also: &["spawn", "task"], usage: "`submit`, or `submit = fetch_later`", read: values::submit },
    Spec { key: Key::Attr, name: "attr", also: &["attributes", "derive"], usage: ATTR, read: values::attr },
    Spec { key: Key::Bound, name: "bound", also: &["where"], usage: "`bound(T: Send)`", read: values::bound },
    Spec { key: Key::Crate, name: "crate", also: &["path", "bridge"], usage: "`crate = path::to::bridge`", read: values::krate },
    Spec { key: Key::Skip, name: "skip", also: &["ignore"], usage: "`skip`, without a value", read: values::skip },
    Spec { key: Key::Stream, name: "stream", also: &["iter", "iterator"], usage: "`stream`, without a value", read: values::stream },
];

const VIS: &str = "`vis = pub(crate)`, or `vis = pub(self)` for private";
const TIMEOUT: &str = "`timeout = Duration::from_secs(1)`, or any other expression that gives a `Duration`";
const ATTR: &str = "`attr(cfg(feature = \"blocking\"))`: what would stand in `#[…]`";
const FALLIBLE: &str = "`fallible`, or `fallible = wrap` to return a `Result<T, bridge::Error>`, or `fallible = fold` to put it into the function's own `Result`";

struct Spec {
    key: Key,
    name: &'static str,
    also: &'static [&'static str],
    usage: &'static str,
    read: fn(ParseStream<'_>, Span, &mut Options) -> Read<()>,
}

impl Spec {
    fn advice(&self) -> String {
        format!("`{}` is written {}", self.name, self.usage)
    }

    fn repeats(&self) -> bool {
        matches!(self.key, Key::Attr | Key::Bound)
    }
}

/// Never fails: what could not be understood is told, and left out.
pub(crate) fn options(tokens: TokenStream, errors: &mut Errors) -> Options {
    let mut options = Options::default();
    for option in split(tokens) {
        let read = |input: ParseStream<'_>| one(input, &mut options, errors);
        if let Err(error) = read.parse2(option) {
            errors.push_error(error);
        }
    }
    options
}

/// Cuts at the commas between options, not at those of generics inside a value.
fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut options = vec![TokenStream::new()];
    let mut angles = Angles::default();
    for tree in tokens {
        if angles.is_outside() && is_punct(&tree, ',') {
            options.push(TokenStream::new());
            angles = Angles::default();
            continue;
        }
        angles.take(&tree);
        options.last_mut().expect("there is always one").extend([tree]);
    }
    options.retain(|option| !option.is_empty());
    options
}

fn one(input: ParseStream<'_>, options: &mut Options, errors: &mut Errors) -> Result<()> {
    if !input.peek(Ident::peek_any) {
        let rest: TokenStream = input.parse()?;
        let written = rest.to_string().replace(' ', "");
        let message = match nearest(&written) {
            Some(spec) => format!("unknown option `{written}`: did you mean `{}`?", spec.name),
            None => format!("an option starts with its name: {}", listed()),
        };
        return Err(Error::new_spanned(rest, message));
    }
    let key = input.call(Ident::parse_any)?;
    let written = key.to_string();
    let spec = match TABLE.iter().find(|spec| spec.name == written) {
        Some(spec) => spec,
        None => match nearest(&written) {
            Some(spec) => {
                errors.push(key.span(), format!("unknown option `{written}`: did you mean `{}`?", spec.name));
                // Read all the same, so that what the user meant is there and nothing else turns red.
                if !options.has(spec.key) {
                    options.written.push((spec.key, key.clone()));
                    let _ = (spec.read)(input, key.span(), options);
                }
                input.parse::<TokenStream>()?;
                return Ok(());
            }
            None => {
                input.parse::<TokenStream>()?;
                return Err(Error::new(key.span(), format!("unknown option `{written}`: there are {}", listed())));
            }
        },
    };
    if !spec.repeats() && options.has(spec.key) {
        input.parse::<TokenStream>()?;
        return Err(Error::new(key.span(), format!("`{}` is given twice: remove one of the two", spec.name)));
    }
    options.written.push((spec.key, key.clone()));
    if let Err(error) = (spec.read)(input, key.span(), options) {
        let at_end = input.is_empty();
        input.parse::<TokenStream>()?;
        return Err(match error {
            Mistake::Explained(error) => error,
            // What syn says of a value is about grammar; what helps is how the option is written.
            Mistake::Grammar(error) => Error::new(if at_end { key.span() } else { error.span() }, spec.advice()),
        });
    }
    if !input.is_empty() {
        let rest: TokenStream = input.parse()?;
        return Err(leftover(rest, spec));
    }
    comma(spec.key, options)
}

/// What comes after an option that was complete.
fn leftover(rest: TokenStream, spec: &Spec) -> Error {
    match rest.clone().into_iter().next() {
        Some(TokenTree::Ident(next)) if is_name(&next) => no_comma(&next),
        Some(TokenTree::Punct(mark)) if mark.as_char() == ';' => {
            Error::new(mark.span(), "options are separated by commas")
        }
        _ => Error::new_spanned(rest, spec.advice()),
    }
}

fn is_name(word: &Ident) -> bool {
    TABLE.iter().any(|spec| word == spec.name)
}

fn no_comma(next: &Ident) -> Error {
    Error::new(next.span(), format!("a comma is missing before `{next}`"))
}

/// A comma after an expression that was forgotten is told.
fn comma(key: Key, options: &Options) -> Result<()> {
    let expression = match key {
        Key::Handle => &options.handle,
        Key::Timeout => &options.timeout,
        _ => return Ok(()),
    };
    match expression.as_ref().and_then(|value| unjoined(&value.tokens)) {
        Some(next) => Err(no_comma(&next)),
        None => Ok(()),
    }
}

/// The name of an option that follows on an expression, and that nothing joins to it: a comma was forgotten.
fn unjoined(expression: &TokenStream) -> Option<Ident> {
    let mut is_end = false;
    for tree in expression.clone() {
        match tree {
            TokenTree::Ident(word) if is_end && is_name(&word) => return Some(word),
            tree => is_end = ends_operand(&tree),
        }
    }
    None
}

fn listed() -> String {
    let names: Vec<String> = TABLE.iter().map(|spec| format!("`{}`", spec.name)).collect();
    names.join(", ")
}

/// The option that `written` means, or is a slip of the pen from.
fn nearest(written: &str) -> Option<&'static Spec> {
    let candidates = TABLE.iter().filter_map(|spec| {
        if spec.also.contains(&written) {
            return Some((0, spec));
        }
        let distance = distance(written, spec.name);
        let is_near = distance <= (spec.name.len() / 3).max(1) || letters(written) == letters(spec.name);
        is_near.then_some((distance, spec))
    });
    candidates.min_by_key(|(distance, _)| *distance).map(|(_, spec)| spec)
}

/// Sorted, so that two that changed places do not count.
fn letters(word: &str) -> Vec<char> {
    let mut letters: Vec<char> = word.chars().collect();
    letters.sort_unstable();
    letters
}

/// Levenshtein's.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}
