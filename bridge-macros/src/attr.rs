//! The options in `#[threadsafe(…)]`: one table says what each is called and what it takes.

mod values;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Error, Result, Token, token};

use self::values::{Mistake, Read};
use crate::error::Errors;

/// The option that asks for a facade.
pub(crate) fn facade_word(options: &TokenStream) -> Option<Ident> {
    let mut starts = true;
    options.clone().into_iter().find_map(|tree| match tree {
        TokenTree::Ident(word) if starts && word == "facade" => Some(word),
        tree => {
            starts = matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == ',');
            None
        }
    })
}

/// The options of one `#[threadsafe(…)]`.
#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) name: Option<Ident>,
    pub(crate) suffix: Option<String>,
    pub(crate) vis: Option<TokenStream>,
    pub(crate) handle: Option<TokenStream>,
    pub(crate) timeout: Option<TokenStream>,
    /// The span of its name.
    pub(crate) timeout_key: Option<Span>,
    pub(crate) fallible: Option<Fallible>,
    pub(crate) local: Option<Span>,
    pub(crate) submit: Option<Submit>,
    pub(crate) attrs: Vec<TokenStream>,
    /// What `#[doc = …]` takes.
    pub(crate) docs: Option<TokenStream>,
    pub(crate) bounds: Vec<TokenStream>,
    pub(crate) krate: Option<TokenStream>,
    pub(crate) skip: Option<Span>,
    pub(crate) stream: Option<Span>,
    /// The keys as they were written, in order.
    pub(crate) written: Vec<(Key, Ident)>,
}

impl Options {
    fn has(&self, key: Key) -> bool {
        self.written.iter().any(|(written, _)| *written == key)
    }
}

/// Every option of companions (those of facades are in `facade/options.rs`): its name, what people call it who do not
/// know the name, how it is written, and what takes its value in.
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
    Spec { key: Key::Docs, name: "docs", also: &["doc", "documentation"], usage: DOCS, read: values::docs },
    Spec { key: Key::Bound, name: "bound", also: &["where"], usage: "`bound(T: Send)`", read: values::bound },
    Spec { key: Key::Crate, name: "crate", also: &["path", "bridge"], usage: "`crate = path::to::bridge`", read: values::krate },
    Spec { key: Key::Skip, name: "skip", also: &["ignore"], usage: "`skip`, without a value", read: values::skip },
    Spec { key: Key::Stream, name: "stream", also: &["iter", "iterator"], usage: "`stream`, without a value", read: values::stream },
];

const VIS: &str = "`vis = pub(crate)`, or `vis = pub(self)` for private";
const TIMEOUT: &str = "`timeout = Duration::from_secs(1)`, or any other expression that gives a `Duration`";
const ATTR: &str = "`attr(cfg(feature = \"blocking\"))`: what would stand in `#[…]`";
const DOCS: &str = "`docs = \"…\"`, or with a macro that gives a text: `docs = include_str!(\"fetch.md\")`";
const FALLIBLE: &str = "`fallible`, `fallible = wrap` to return a `Result<T, bridge::Error>`, `fallible = fold` to put it into the function's own `Result`, or `fallible = path::to::function` to convert it by a `fn(bridge::Error) -> E`";

/// An option of the attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Name,
    Suffix,
    Vis,
    Handle,
    Timeout,
    Fallible,
    Local,
    Submit,
    Attr,
    Docs,
    Bound,
    Crate,
    Skip,
    Stream,
}

/// `fallible`, and how the bridge's error is returned.
#[derive(Clone)]
pub(crate) struct Fallible {
    pub(crate) span: Span,
    pub(crate) mode: FallibleMode,
    /// The function of `fallible = path::to::function`.
    pub(crate) convert: Option<TokenStream>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum FallibleMode {
    /// By the return type: fold where it is named `Result`.
    Auto,
    Wrap,
    Fold,
}

/// `submit` or `submit = name`.
#[derive(Clone)]
pub(crate) struct Submit {
    pub(crate) span: Span,
    pub(crate) name: Option<Ident>,
}

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

/// Never fails: an option that could not be understood is reported, and left out.
pub(crate) fn options(tokens: TokenStream, errors: &mut Errors) -> Options {
    let mut options = Options::default();
    if tokens.is_empty() {
        return options;
    }
    let all = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
            } else if let Err(error) = option(input, &mut options, errors) {
                errors.push_error(error);
                rest(input)?;
            }
        }
        Ok(())
    };
    if let Err(error) = all.parse2(tokens) {
        errors.push_error(error);
    }
    options
}

/// One option, up to its comma.
fn option(input: ParseStream<'_>, options: &mut Options, errors: &mut Errors) -> Result<()> {
    if !input.peek(Ident::peek_any) {
        let rest = rest(input)?;
        let written = rest.to_string().replace(' ', "");
        let message = match nearest(&written) {
            Some(spec) => format!("unknown option `{written}`: did you mean `{}`?", spec.name),
            None => format!("an option starts with its name: {}", listed()),
        };
        return Err(Error::new_spanned(rest, message));
    }
    let key = input.call(Ident::parse_any)?;
    let written = key.to_string();
    let Some(spec) = TABLE.iter().find(|spec| spec.name == written) else {
        let Some(spec) = nearest(&written) else {
            return Err(Error::new(key.span(), format!("unknown option `{written}`: there are {}", listed())));
        };
        errors.push(key.span(), format!("unknown option `{written}`: did you mean `{}`?", spec.name));
        // Read all the same, so that nothing else is an error.
        if !options.has(spec.key) {
            let span = key.span();
            options.written.push((spec.key, key));
            let _ = (spec.read)(input, span, options);
        }
        return rest(input).map(drop);
    };
    if !spec.repeats() && options.has(spec.key) {
        return Err(Error::new(key.span(), format!("`{}` is given twice: remove one of the two", spec.name)));
    }
    let span = key.span();
    options.written.push((spec.key, key));
    if let Err(error) = (spec.read)(input, span, options) {
        let at_end = input.is_empty() || input.peek(Token![,]);
        return Err(match error {
            Mistake::Explained(error) => error,
            // What syn says of a value is about grammar; what helps is how the option is written.
            Mistake::Grammar(error) => Error::new(if at_end { span } else { error.span() }, spec.advice()),
        });
    }
    if input.is_empty() || input.peek(Token![,]) { Ok(()) } else { Err(leftover(rest(input)?, spec)) }
}

/// The tokens up to the comma before the next option. A comma inside of `<…>` has no option behind it.
fn rest(input: ParseStream<'_>) -> Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !(input.is_empty() || input.peek(Token![,]) && at_option(input)) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

/// Whether an option, or nothing, comes after the next token.
fn at_option(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let _ = ahead.parse::<TokenTree>();
    let has_name = ahead.parse::<TokenTree>().is_ok_and(|tree| !matches!(tree, TokenTree::Punct(_)));
    !has_name || ahead.is_empty() || ahead.peek(Token![,]) || ahead.peek(Token![=]) || ahead.peek(token::Paren)
}

/// The error for the tokens after a complete option.
fn leftover(rest: TokenStream, spec: &Spec) -> Error {
    match rest.clone().into_iter().next() {
        Some(TokenTree::Ident(next)) if TABLE.iter().any(|spec| next == spec.name) => {
            Error::new(next.span(), format!("a comma is missing before `{next}`"))
        }
        Some(TokenTree::Punct(mark)) if mark.as_char() == ';' => {
            Error::new(mark.span(), "options are separated by commas")
        }
        _ => Error::new_spanned(rest, spec.advice()),
    }
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
