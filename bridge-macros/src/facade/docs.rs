//! The docs of a facade's methods: the async fn's, for a reader who blocks.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, parse_quote};

/// The doc comments of `attrs` as one, without what is about awaiting; attributes that are no text stay.
pub(super) fn carried(attrs: &[Attribute], otherwise: impl FnOnce() -> String) -> TokenStream {
    let text: Vec<String> = attrs.iter().filter_map(text).map(unstarred).collect();
    let mut docs = for_blocking(&text.join("\n"));
    if docs.is_empty() {
        // Of `include_str!` and the like the text is not seen.
        if attrs.iter().any(|attr| is_doc(attr) && self::text(attr).is_none()) {
            return TokenStream::new();
        }
        docs = otherwise();
    }
    literal(&docs)
}

/// The docs of a blocking trait: those of the async one, and who has it.
pub(super) fn of_trait(attrs: &[Attribute], name: &Ident) -> TokenStream {
    let who = format!("Every facade of a type that implements [`{name}`] has it.");
    let docs = carried(attrs, || format!("The blocking form of [`{name}`]."));
    let who = literal(&who);
    quote!(#docs #[doc = ""] #who)
}

fn is_doc(attr: &Attribute) -> bool {
    matches!(&attr.meta, Meta::NameValue(meta) if meta.path.is_ident("doc"))
}

/// The text of a doc comment.
pub(super) fn text(attr: &Attribute) -> Option<String> {
    match &attr.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// Without the stars before the lines of a `/** … */`, of which the first may have none.
fn unstarred(text: String) -> String {
    let is_starred = |line: &str| line.trim_start().starts_with('*');
    let rest = || text.lines().skip(1).filter(|line| !line.trim().is_empty());
    if rest().next().is_none() || !rest().all(is_starred) {
        return text;
    }
    let bare = |line: &str| {
        let line = line.trim_start();
        line.strip_prefix('*').unwrap_or(line).to_owned()
    };
    let first = text.lines().take(1).map(|line| if is_starred(line) { bare(line) } else { line.to_owned() });
    let lines: Vec<String> = first.chain(text.lines().skip(1).map(bare)).collect();
    lines.join("\n")
}

/// A piece of Markdown that is kept or left out as a whole.
struct MarkdownPiece<'a> {
    kind: PieceKind,
    lines: Vec<&'a str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PieceKind {
    /// Of that level.
    Heading(usize),
    Code,
    Paragraph,
}

/// What of `text` a caller that blocks can use: no code that awaits, no sentence about `.await`, no section on
/// cancelling, and no heading over nothing.
fn for_blocking(text: &str) -> String {
    let mut kept: Vec<(PieceKind, String)> = Vec::new();
    let is_heading = |kept: &[(PieceKind, String)], least| matches!(kept.last(), Some((PieceKind::Heading(level), _)) if *level >= least);
    // The level of a section that is left out.
    let mut skipped = None;
    for block in blocks(text) {
        if let PieceKind::Heading(level) = block.kind {
            if skipped.is_some_and(|skipped| level <= skipped) {
                skipped = None;
            }
            // Nothing was left under the one before.
            while is_heading(&kept, level) {
                kept.pop();
            }
            let title = block.lines.concat().to_lowercase();
            if skipped.is_none() && (title.contains("cancel safety") || title.contains("cancellation safety")) {
                skipped = Some(level);
            }
        }
        if skipped.is_some() {
            continue;
        }
        let text = block.lines.join("\n");
        let left = match block.kind {
            PieceKind::Code if words(&text).any(|word| word == "await" || word == "async") => None,
            PieceKind::Paragraph => without_awaiting(&text),
            _ => Some(text),
        };
        if left.is_none() {
            lead_to_nothing(&mut kept);
        }
        kept.extend(left.map(|left| (block.kind, left)));
    }
    while is_heading(&kept, 0) {
        kept.pop();
    }
    let blocks: Vec<String> = kept.into_iter().map(|(_, text)| text).collect();
    blocks.join("\n\n").trim_end().to_owned()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// A paragraph without the sentences about `await`; none if nothing is left. A list or a table has no sentences.
fn without_awaiting(text: &str) -> Option<String> {
    let awaits = |text: &str| words(text).any(|word| word.starts_with("await"));
    if !awaits(text) {
        return Some(text.to_owned());
    }
    if text.starts_with(['-', '*', '+', '|', '>', '[']) || text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let left: String = sentences(text).into_iter().filter(|sentence| !awaits(sentence)).collect();
    let left = left.trim_end();
    (!left.is_empty()).then(|| left.to_owned())
}

/// Removes the sentence that leads to what is left out: "For example:".
fn lead_to_nothing(kept: &mut Vec<(PieceKind, String)>) {
    let Some((PieceKind::Paragraph, text)) = kept.last_mut() else { return };
    if !text.trim_end().ends_with(':') {
        return;
    }
    let before = sentences(text).iter().rev().skip(1).map(|sentence| sentence.len()).sum();
    text.truncate(before);
    text.truncate(text.trim_end().len());
    if text.is_empty() {
        kept.pop();
    }
}

/// Each with the space after it. One ends at a full stop that a capital, code or a link follows.
fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    for (end, _) in text.match_indices(['.', '!', '?']) {
        let (before, after) = text.split_at(end + 1);
        let next = after.trim_start();
        let is_abbreviated = before.ends_with("e.g.") || before.ends_with("i.e.");
        let is_end = next.len() < after.len() && next.starts_with(|c: char| c.is_uppercase() || "`[*_".contains(c));
        if is_end && !is_abbreviated {
            let end = text.len() - next.len();
            sentences.push(&text[start..end]);
            start = end;
        }
    }
    sentences.push(&text[start..]);
    sentences
}

fn blocks(text: &str) -> Vec<MarkdownPiece<'_>> {
    let mut blocks: Vec<MarkdownPiece<'_>> = Vec::new();
    // The fence of the code that is open.
    let mut fence: Option<&str> = None;
    let mut goes_on = false;
    for line in unindented(text) {
        let trimmed = line.trim_start();
        if let Some(open) = fence {
            if let Some(block) = blocks.last_mut() {
                block.lines.push(line);
            }
            if trimmed.starts_with(open) && trimmed.trim_start_matches(&open[..1]).trim().is_empty() {
                (fence, goes_on) = (None, false);
            }
            continue;
        }
        if trimmed.is_empty() {
            goes_on = false;
            continue;
        }
        let level = trimmed.bytes().take_while(|byte| *byte == b'#').count();
        let opened = [b'`', b'~'].into_iter().find_map(|mark| {
            let length = trimmed.bytes().take_while(|byte| *byte == mark).count();
            (length >= 3).then(|| &trimmed[..length])
        });
        let kind = match opened {
            Some(_) => PieceKind::Code,
            None if (1..=6).contains(&level) && trimmed[level..].starts_with(' ') => PieceKind::Heading(level),
            None => PieceKind::Paragraph,
        };
        match blocks.last_mut() {
            Some(block) if kind == PieceKind::Paragraph && goes_on => block.lines.push(line),
            _ => blocks.push(MarkdownPiece { kind, lines: vec![line] }),
        }
        goes_on = kind == PieceKind::Paragraph;
        fence = opened;
    }
    blocks
}

/// The lines, without what all of them are indented by.
fn unindented(text: &str) -> impl Iterator<Item = &str> {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let common = text.lines().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    text.lines().map(move |line| line.get(common..).unwrap_or_default())
}

/// What a link to an async item leads to in the facade, if that has it.
pub(super) type LinkTarget<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The docs of `attrs` with links that lead to the facade's items, where there are some.
pub(super) fn relink(attrs: &mut [Attribute], target: LinkTarget<'_>) {
    for attr in attrs {
        let Some(text) = text(attr).filter(|text| text.contains('[') && !is_generated(text)) else { continue };
        let text = relinked(&text, target);
        if let Meta::NameValue(meta) = &mut attr.meta {
            meta.value = parse_quote!(#text);
        }
    }
}

/// Whether it is what a method without docs has, which is about the async fn.
fn is_generated(text: &str) -> bool {
    (text.starts_with("The blocking form of [`") || text.starts_with("As [`")) && text.ends_with("`].")
}

fn relinked(text: &str, target: LinkTarget<'_>) -> String {
    let blocks = blocks(text).into_iter().map(|block| {
        let text = block.lines.join("\n");
        if block.kind == PieceKind::Code { text } else { relinked_text(&text, target) }
    });
    blocks.collect::<Vec<_>>().join("\n\n")
}

/// `` [`Client::get`] `` and `[text](Client::get)`.
fn relinked_text(text: &str, target: LinkTarget<'_>) -> String {
    let mut relinked = String::new();
    let mut rest = text;
    while let Some((before, label, after)) = bracketed(rest) {
        relinked.push_str(before);
        rest = after;
        let link = after.strip_prefix('(').and_then(|link| link.split_once(')'));
        let written = match link {
            Some((written, _)) => written,
            // A reference, whose definition stands elsewhere, or that definition.
            None if after.starts_with(['[', ':']) => "",
            None => label.trim_matches('`'),
        };
        let path = written.strip_suffix("()").unwrap_or(written);
        match target(path) {
            Some(target) => {
                let label = if link.is_none() { renamed(label, path, &target) } else { label.to_owned() };
                relinked.push_str(&format!("[{label}]({target})"));
                rest = link.map_or(after, |(_, rest)| rest);
            }
            None => relinked.push_str(&format!("[{label}]")),
        }
    }
    relinked.push_str(rest);
    relinked
}

/// The text of a link that names `path`, which leads to `target`: with the facade's name, where that is another.
fn renamed(label: &str, path: &str, target: &str) -> String {
    let last = |path: &str| path.rsplit("::").next().unwrap_or_default().to_owned();
    let (of, facade) = match (path.rsplit_once("::"), target.rsplit_once("::")) {
        // A method of it.
        (Some((of, method)), Some((facade, same))) if method == same && !method.starts_with(char::is_uppercase) => {
            (of, facade)
        }
        _ => (path, target),
    };
    if path.starts_with("Self") || last(of) == last(facade) {
        label.to_owned()
    } else {
        label.replacen(of, &last(facade), 1)
    }
}

/// What is before the next brackets outside of code, in them, and after them.
fn bracketed(text: &str) -> Option<(&str, &str, &str)> {
    let mut is_code = false;
    for (start, c) in text.char_indices() {
        match c {
            '`' => is_code = !is_code,
            '[' if !is_code => {
                let length = text[start + 1..].find([']', '['])?;
                let end = start + 1 + length;
                if text[end..].starts_with(']') {
                    return Some((&text[..start], &text[start + 1..end], &text[end + 1..]));
                }
            }
            _ => {}
        }
    }
    None
}

/// `#[doc = "…"]`
pub(super) fn literal(text: &str) -> TokenStream {
    let text = Literal::string(text);
    quote!(#[doc = #text])
}
