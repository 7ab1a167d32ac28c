//! The docs of a companion.

use syn::ext::IdentExt as _;

use syn::{Attribute, ReceiverKind, Type};

use super::forward::doc_text;
use crate::ast::Function;
use crate::ast::types::{self, Part};
use crate::plan::{Companion, HandleSource, Kind, OnError, Place};

/// What it is, the async fn's first paragraph, and what may go wrong.
pub(super) fn of(companion: &Companion<'_>) -> String {
    let source = companion.source;
    let link = link(companion);
    let mut docs = match companion.kind {
        Kind::Blocking => format!("Blocking companion of {link}: runs it on {} and waits for it.", whose(companion)),
        Kind::Stream => {
            format!("Blocking companion of {link}: runs the stream on {} and gives its items.", whose(companion))
        }
        Kind::Submit => format!("Submits {link} to {} and returns its task at once.", whose(companion)),
    };
    let written = Written::of(&source.attrs);
    if !written.paragraph.is_empty() {
        docs.push_str("\n\n");
        docs.push_str(&written.paragraph);
    }
    if source.is_unsafe() {
        docs.push_str(&format!("\n\n# Safety\n\nAs for {link}."));
    }
    if companion.kind == Kind::Submit && borrows(source) {
        docs.push_str("\n\nNobody waits for it, so what is borrowed must be `'static`.");
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

fn whose(companion: &Companion<'_>) -> &'static str {
    match &companion.handle {
        HandleSource::Parameter(name) if name == "handle" => "`handle`'s event loop",
        HandleSource::Parameter(_) => "`loop_handle`'s event loop",
        HandleSource::Expression { .. } => "an event loop",
    }
}

fn link(companion: &Companion<'_>) -> String {
    let written = companion.source.name();
    let name = written.unraw();
    // A link from a public companion to a private fn would be one that rustdoc warns of.
    let is_raw = name != *written;
    let is_hidden = companion.attrs.iter().any(|attr| attr.to_string().starts_with("doc"));
    if companion.vis.is_some() || is_raw || is_hidden {
        return format!("`{name}`");
    }
    match companion.place {
        Place::Free => format!("[`{name}`]"),
        Place::Method | Place::Block(_) => format!("[`{name}`](Self::{name})"),
    }
}

fn sections(companion: &Companion<'_>, link: &str) -> String {
    // Of a stream it is the items' type.
    let returns_result =
        companion.kind == Kind::Blocking && companion.source.output.as_ref().is_some_and(super::rules::is_result);
    let timed = companion.timeout.is_some();
    let limit = if timed { " the time is up," } else { " a limit of the handle is up," };
    match companion.on_error {
        OnError::Panic => {
            let errors = if returns_result { format!("\n\n# Errors\n\nThose of {link}.") } else { String::new() };
            format!(
                "{errors}\n\n# Panics\n\nAs {link} does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own."
            )
        }
        OnError::Wrap => format!(
            "\n\n# Errors\n\nWhere{limit} the event loop is closed, or the calling thread is the event loop's own."
        ),
        OnError::Fold if companion.kind == Kind::Stream => format!(
            "\n\n# Errors\n\nThe items' own; and, converted from the bridge's error, one as the last item, where{limit} the event loop is closed or the calling thread is the event loop's own."
        ),
        OnError::Fold => format!(
            "\n\n# Errors\n\nThose of {link}, and, converted from the bridge's error, where{limit} the event loop is closed or the calling thread is the event loop's own."
        ),
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
