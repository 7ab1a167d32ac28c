//! The words of every mistake: each file in `ui/` makes one, and its `.stderr` is what rustc 1.95 then says.
//! Everything in `pass/` must compile, and run.
//!
//! rustc's own part of the texts differs from version to version, and where the component `rust-src` is installed it quotes
//! std. So the whole text is compared only where `BRIDGE_UI=exact` asks for it, as `ci/test` does. Elsewhere each case must fail
//! to compile, with the messages of the macros at the lines that its `.stderr` has them at.
//!
//! `TRYBUILD=overwrite cargo test -p bridge-tests --test ui` writes the texts anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

#[test]
fn mistakes_are_explained() {
    if env::var_os("TRYBUILD").is_some() || env::var_os("BRIDGE_UI").is_some_and(|mode| mode == "exact") {
        trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
        return;
    }
    let cases = cases();
    let found = errors_of(&cases);
    let none = Vec::new();
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(name, path)| {
            let written = fs::read_to_string(path.with_extension("stderr")).unwrap();
            mistake(&written, found.get(name).unwrap_or(&none)).map(|what| format!("{name}: {what}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn what_is_right_compiles() {
    trybuild::TestCases::new().pass("tests/pass/*.rs");
}

/// An error, without what differs between compilers.
#[derive(Debug, PartialEq, Eq)]
struct Headline {
    text: String,
    /// In the case's own file.
    line: Option<u64>,
}

/// The words of rustc and std in errors without a code, and in those of a trait that is not implemented (E0277), as the
/// macros' are too.
const OF_RUSTC: [&str; 6] = [
    " cannot be sent between threads safely",
    " cannot be shared between threads safely",
    " is not a future",
    " is not satisfied",
    ", found ",
    "lifetime may not live long enough",
];

/// The headlines in a `.stderr` that the macros have written.
fn expected(stderr: &str) -> Vec<Headline> {
    let mut lines = stderr.lines();
    let mut headlines = Vec::new();
    while let Some(line) = lines.next() {
        let text = line.strip_prefix("error: ").or_else(|| line.strip_prefix("error[E0277]: "));
        let Some(text) = text.filter(|text| !OF_RUSTC.iter().any(|words| text.contains(words))) else { continue };
        let place = lines.by_ref().find_map(|line| line.trim_start().strip_prefix("--> ")).unwrap_or_default();
        let line = place.strip_prefix("tests/ui/").and_then(|place| place.split(':').nth(1)?.parse().ok());
        headlines.push(Headline { text: without_code(text), line });
    }
    headlines
}

/// Code is printed with other spaces, or shorter paths, by other compilers.
fn without_code(text: &str) -> String {
    text.split('`').step_by(2).collect::<Vec<_>>().join("`…`")
}

/// What is wrong with what rustc said of a case.
fn mistake(stderr: &str, found: &[Headline]) -> Option<String> {
    if found.is_empty() {
        return Some("it compiles".to_owned());
    }
    let is_there = |wanted: &Headline| {
        found.iter().any(|found| found.text == wanted.text && (wanted.line.is_none() || found.line == wanted.line))
    };
    let missing: Vec<Headline> = expected(stderr).into_iter().filter(|wanted| !is_there(wanted)).collect();
    (!missing.is_empty()).then(|| format!("{missing:#?} are missing among {found:#?}"))
}

/// Each case by the name of its target.
fn cases() -> BTreeMap<String, PathBuf> {
    let entries = |path: &Path| fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let topics = entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui"));
    let files = topics.iter().flat_map(|topic| entries(topic));
    let name = |path: &Path| {
        let topic = path.parent()?.file_name()?.to_str()?;
        Some(format!("{topic}-{}", path.file_stem()?.to_str()?))
    };
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| (name(&path).unwrap(), path))
        .collect()
}

/// The errors of each case: all are binaries of one package, which cargo checks at once.
fn errors_of(cases: &BTreeMap<String, PathBuf>) -> BTreeMap<String, Vec<Headline>> {
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui");
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut manifest = format!(
        "[package]\nname = \"bridge-ui-cases\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         async-trait = \"0.1\"\nbridge = {{ path = {:?}, features = [\"stream\"] }}\nfutures = {{ version = \"0.3\", default-features = false, features = [\"std\"] }}\n\
         mockall = \"0.15\"\ntokio = {{ version = \"1\", features = [\"full\"] }}\n",
        workspace.join("bridge")
    );
    for (name, path) in cases {
        manifest += &format!("\n[[bin]]\nname = {name:?}\npath = {path:?}\n");
    }
    fs::create_dir_all(&project).unwrap();
    fs::write(project.join("Cargo.toml"), manifest).unwrap();
    // The versions that the workspace has, which are here already.
    fs::copy(workspace.join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--offline", "--keep-going", "--bins", "--message-format=json"])
        .current_dir(&project)
        .env("CARGO_TARGET_DIR", project.join("target"))
        .output()
        .unwrap();
    let mut errors: BTreeMap<String, Vec<Headline>> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        let message = &entry["message"];
        let (Some(name), Some("error")) = (entry["target"]["name"].as_str(), message["level"].as_str()) else {
            continue;
        };
        let spans = message["spans"].as_array().map(Vec::as_slice).unwrap_or_default();
        let Some(primary) = spans.iter().find(|span| span["is_primary"] == true) else { continue };
        let is_own = |span: &&Value| {
            let file = Path::new(span["file_name"].as_str().unwrap_or_default());
            cases.get(name).is_some_and(|path| path.ends_with(file))
        };
        // Out of the macros that it is in.
        let mut places = std::iter::successors(Some(primary), |span| {
            Some(&span["expansion"]["span"]).filter(|span| span.is_object())
        });
        let line = places.find(is_own).and_then(|span| span["line_start"].as_u64());
        let text = message["message"].as_str().unwrap().lines().next().unwrap_or_default();
        errors.entry(name.to_owned()).or_default().push(Headline { text: without_code(text), line });
    }
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!errors.is_empty(), "no case was compiled: {said}");
    errors
}

#[test]
fn only_the_macros_messages_are_compared() {
    let stderr = "error: `fetch` is not async: write `async fn`\n --> tests/ui/a/b.rs:4:1\n  |\n\nerror[E0277]: `Rc<u8>` cannot be \
                  sent between threads safely\n --> tests/ui/a/b.rs:5:1\n\nerror[E0277]: `a::B` is in no `Facade`\n   --> \
                  $WORKSPACE/bridge/src/macro_support.rs\n";
    let headline = |text: &str, line| Headline { text: text.to_owned(), line };
    let (own, other) = (headline("`…` is not async: write `…`", Some(4)), headline("`…` is in no `…`", Some(9)));
    assert_eq!(expected(stderr), [headline(&own.text, Some(4)), headline(&other.text, None)]);
    assert_eq!(mistake(stderr, &[other, own]), None);
    assert!(mistake(stderr, &[]).unwrap().contains("compiles"));
    for found in [headline("`…` is not async, so write `…`", Some(4)), headline("`…` is not async: write `…`", Some(3))]
    {
        let mistake = mistake(stderr, &[found, headline("`…` is in no `…`", None)]).unwrap();
        assert!(mistake.contains("is not async: write"), "{mistake}");
    }
}
