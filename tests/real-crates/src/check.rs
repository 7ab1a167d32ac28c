//! Runs `cargo check`, and reads what the compiler says.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Outcome;
use crate::scratch::Scratch;

/// An error or a warning.
pub struct Message {
    pub is_error: bool,
    /// `E0277`, or the name of a lint.
    pub code: String,
    pub text: String,
    /// As the compiler would print it.
    pub rendered: String,
    /// What it is about: first what it points to, where that was expanded from, then what else it shows.
    pub places: Vec<Place>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    pub file: PathBuf,
    pub lines: RangeInclusive<usize>,
}

pub struct Checked {
    pub success: bool,
    pub messages: Vec<Message>,
}

/// Checks the set. The markers write to `log`.
pub fn check(scratch: &Scratch, target: &Path, log: &Path) -> Outcome<Checked> {
    let set = scratch.root.join("set");
    let said = scratch.root.join("cargo.log");
    let mut cargo = Command::new("cargo");
    cargo.args(["check", "--keep-going", "--message-format=json"]).current_dir(&set);
    cargo.env("CARGO_TARGET_DIR", target).env("REAL_CRATES_LOG", log);
    let mut child = cargo.stdout(Stdio::piped()).stderr(File::create(&said)?).spawn()?;
    let mut messages = Vec::new();
    for line in BufReader::new(child.stdout.take().ok_or("cargo has no output")?).lines() {
        let line: Value = serde_json::from_str(&line?)?;
        if line["reason"] == "compiler-message" {
            messages.extend(message(&line["message"], &set));
        }
    }
    let success = child.wait()?.success();
    if !success && !messages.iter().any(|message| message.is_error) {
        let said = std::fs::read_to_string(said)?;
        return Err(format!("`cargo check` failed in {}:\n{said}", set.display()).into());
    }
    Ok(Checked { success, messages })
}

/// None for a summary, as "aborting due to 3 previous errors".
fn message(message: &Value, directory: &Path) -> Option<Message> {
    let level = message["level"].as_str()?;
    let is_error = level.starts_with("error");
    if !is_error && level != "warning" {
        return None;
    }
    let mut places = Vec::new();
    collect(message, directory, true, &mut places);
    collect(message, directory, false, &mut places);
    for child in message["children"].as_array().into_iter().flatten() {
        collect(child, directory, true, &mut places);
        collect(child, directory, false, &mut places);
    }
    if places.is_empty() && message["code"].is_null() {
        return None;
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Some(Message {
        is_error,
        code: text(&message["code"]["code"]),
        text: text(&message["message"]),
        rendered: text(&message["rendered"]),
        places,
    })
}

/// The places of the spans that are primary, or of those that are not.
fn collect(message: &Value, directory: &Path, primary: bool, into: &mut Vec<Place>) {
    let spans = message["spans"].as_array().into_iter().flatten();
    for span in spans.filter(|span| span["is_primary"] == primary) {
        let mut span = span;
        while span.is_object() {
            let line = |key: &str| span[key].as_u64().unwrap_or_default() as usize;
            let file = directory.join(span["file_name"].as_str().unwrap_or_default());
            let place = Place { file, lines: line("line_start")..=line("line_end") };
            if !into.contains(&place) {
                into.push(place);
            }
            span = &span["expansion"]["span"];
        }
    }
}
