//! The docs of a companion.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::{Attribute, ReceiverKind, Type};

use super::forward::{doc_text, hides};
use crate::ast::Function;
use crate::ast::types::{self, Part};
use crate::plan::{Companion, HandleSource, Kind, OnError, Place, Target};

/// What it is, the async fn's first paragraph, and how it fails.
pub(super) fn of(companion: &Companion<'_>) -> String {
    let source = companion.source;
    let (link, on) = (link(companion), loop_of(companion));
    let mut docs = match companion.kind {
        Kind::Blocking => format!("Blocking companion of {link}: runs it on {on}, and blocks until it returns."),
        Kind::Stream => {
            format!("Blocking companion of {link}: runs the stream on {on}, and returns an iterator of its items.")
        }
        Kind::Submit => format!("Submits {link} to {on}, and returns its `Task` at once."),
    };
    let written = Written::of(&source.attrs);
    if !written.paragraph.is_empty() {
        docs.push_str("\n\n");
        docs.push_str(&written.paragraph);
    }
    if source.is_unsafe() {
        docs.push_str(&format!("\n\n# Safety\n\nThe caller must ensure what {link} requires."));
    }
    if companion.kind == Kind::Submit && borrows(source) {
        docs.push_str("\n\nThe task keeps the arguments, so references among them must be `'static`.");
    }
    if companion.kind != Kind::Submit {
        docs.push_str(&sections(companion, &link));
    }
    for reference in written.references {
        docs.push_str("\n\n");
        docs.push_str(&reference);
    }
    docs
}

/// Whether an attribute, without its brackets, is `doc = …`.
pub(crate) fn is_text(attr: &TokenStream) -> bool {
    let mut trees = attr.clone().into_iter();
    matches!((trees.next(), trees.next()), (Some(TokenTree::Ident(word)), Some(TokenTree::Punct(_))) if word == "doc")
}

/// Whether a reference is among the arguments.
fn borrows(source: &Function) -> bool {
    let has_reference = |ty: &Type| types::any(ty, |part| matches!(part, Part::Reference(_)));
    let by_reference = source.receiver().is_some_and(|receiver| match &receiver.kind {
        ReceiverKind::Reference(..) => true,
        ReceiverKind::Typed(_, ty) => has_reference(ty),
        _ => false,
    });
    by_reference || source.args().any(|arg| has_reference(&arg.ty))
}

fn loop_of(companion: &Companion<'_>) -> String {
    match &companion.handle {
        HandleSource::Parameter(name) => format!("the loop of `{name}`"),
        HandleSource::Expression { target, .. } => match target {
            Target::Global => "the process-wide event loop",
            Target::Shared => "the process-wide shared loop",
            Target::NextShared => "one of the process-wide shared loops",
            Target::This => "the loop of `self`",
            Target::Other => "a loop",
        }
        .to_owned(),
    }
}

fn link(companion: &Companion<'_>) -> String {
    let written = companion.source.name();
    let name = written.unraw();
    // A link from a public companion to a private fn would be one that rustdoc warns of.
    let is_raw = name != *written;
    if companion.vis.is_some() || is_raw || companion.attrs.iter().any(hides) {
        return format!("`{name}`");
    }
    match companion.place {
        Place::Free => format!("[`{name}`]"),
        Place::Method | Place::Block(_) => format!("[`{name}`](Self::{name})"),
    }
}

/// The sections that say how a call fails.
fn sections(companion: &Companion<'_>, link: &str) -> String {
    let mut reasons = reasons(companion);
    if companion.on_error == OnError::Panic {
        let stream = if companion.kind == Kind::Stream { " or its stream" } else { "" };
        reasons.insert(0, format!("{link}{stream} panics"));
    }
    let reasons = any_of(&reasons);
    match (companion.kind, companion.on_error) {
        (Kind::Stream, OnError::Panic) => {
            format!("\n\n# Panics\n\nPanics, in this call or in the iterator's `next`, if {reasons}.")
        }
        (Kind::Stream, OnError::Wrap) => format!(
            "\n\n# Errors\n\nReturns a `bridge::Error` if {reasons}.\n\n# Panics\n\nThe iterator's `next` panics for the same reasons; its `next_timeout` returns the error."
        ),
        (Kind::Stream, OnError::Fold) => format!(
            "\n\n# Errors\n\nThe iterator yields the errors of the stream. Its last item is an error, converted from `bridge::Error`, if {reasons}."
        ),
        (_, OnError::Panic) => {
            let returns_result = companion.source.output.as_ref().is_some_and(super::rules::is_result);
            let errors =
                if returns_result { format!("\n\n# Errors\n\nReturns the errors of {link}.") } else { String::new() };
            format!("{errors}\n\n# Panics\n\nPanics if {reasons}.")
        }
        (_, OnError::Wrap) => format!("\n\n# Errors\n\nReturns a `bridge::Error` if {reasons}."),
        (_, OnError::Fold) => format!(
            "\n\n# Errors\n\nReturns the errors of {link}. Also returns an error, converted from `bridge::Error`, if {reasons}."
        ),
    }
}

/// Why the bridge may fail: each reason that this companion has, and no other.
fn reasons(companion: &Companion<'_>) -> Vec<String> {
    let mut reasons = Vec::new();
    match &companion.handle {
        HandleSource::Parameter(name) => reasons.push(format!("the loop of `{name}` is closed")),
        HandleSource::Expression { target, .. } if target.is_process_wide() => {
            reasons.push("the loop cannot be started".to_owned());
        }
        HandleSource::Expression { tokens, attempted, .. } => {
            let asks =
                matches!(tokens.clone().into_iter().last(), Some(TokenTree::Punct(mark)) if mark.as_char() == '?');
            if *attempted || asks {
                reasons.push("there is no loop to run it on".to_owned());
            }
            reasons.push("the loop is closed".to_owned());
        }
    }
    if companion.timeout.is_some() {
        reasons.push("the call takes longer than its timeout".to_owned());
    }
    // The companion's own timeout replaces that of the handle.
    let what = if companion.timeout.is_some() { "a canceller" } else { "a timeout or a canceller" };
    match &companion.handle {
        HandleSource::Parameter(name) => reasons.push(format!("{what} of `{name}` ends the call")),
        HandleSource::Expression { target, .. } if target.is_process_wide() => {}
        HandleSource::Expression { .. } => reasons.push(format!("{what} of its handle ends the call")),
    }
    reasons.push("the call would deadlock".to_owned());
    reasons
}

/// "a", "a or b", "a, b, or c"
fn any_of(parts: &[String]) -> String {
    match parts {
        [first, second] => format!("{first} or {second}"),
        [rest @ .., last] if !rest.is_empty() => format!("{}, or {last}", rest.join(", ")),
        _ => parts.concat(),
    }
}

/// What is kept of the async fn's own docs.
#[derive(Default)]
struct Written {
    paragraph: String,
    /// The definitions, `[name]: target`, of the links in it.
    references: Vec<String>,
}

impl Written {
    fn of(attrs: &[Attribute]) -> Written {
        let text: Vec<String> = attrs.iter().filter_map(doc_text).map(unstarred).collect();
        let text = text.join("\n");
        let mut paragraph = Vec::new();
        let mut lines = unindented(&text).skip_while(|line| line.trim().is_empty());
        for line in lines.by_ref().take_while(|line| !line.trim().is_empty()) {
            if line.trim_start().starts_with('#') || opens_block(line, paragraph.is_empty()) {
                break;
            }
            paragraph.push(line.trim());
        }
        // How to await is no advice to a thread that blocks.
        let paragraph = Some(paragraph.join("\n")).filter(|text| !text.contains(".await")).unwrap_or_default();
        let references = lines
            .map(str::trim)
            .filter(|line| {
                line.split_once("]:")
                    .is_some_and(|(name, _)| name.starts_with('[') && paragraph.contains(&format!("{name}]")))
            })
            .map(str::to_owned)
            .collect();
        Written { paragraph, references }
    }
}

/// The lines, without what all of them are indented by.
fn unindented(text: &str) -> impl Iterator<Item = &str> {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let common = text.lines().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    text.lines().map(move |line| line.get(common..).unwrap_or_default())
}

/// Without the stars before the lines of a `/** … */`.
fn unstarred(text: String) -> String {
    let lines = || text.lines().map(str::trim_start).filter(|line| !line.is_empty());
    if !text.contains('\n') || !lines().all(|line| line.starts_with('*')) {
        return text;
    }
    let lines: Vec<&str> = text.lines().map(|line| line.trim_start().trim_start_matches('*')).collect();
    lines.join("\n")
}

/// Whether a line of docs opens what ends further down: HTML, or code, with a fence or, at the start, by its indent.
fn opens_block(line: &str, at_start: bool) -> bool {
    let text = line.trim_start();
    let is_indented = line.starts_with("    ") || line.starts_with('\t');
    let is_tag = text.starts_with('<') && !text.starts_with("<http");
    text.starts_with("```") || text.starts_with("~~~") || is_tag || (at_start && is_indented)
}
