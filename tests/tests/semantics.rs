//! That `semantics.md`, which says what each clause is tested by, names tests that there are.

use std::fs;

const SEMANTICS: &str = include_str!("../semantics.md");

/// The tests that the rows of tables in `text` name: whatever is between backticks in the second column.
fn named(text: &str) -> impl Iterator<Item = &str> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    rows.flat_map(|(_, tests)| tests.split('`').skip(1).step_by(2))
}

/// Whether `name`, of the form `file::test`, is a test of that file.
fn exists(name: &str) -> bool {
    let Some((file, test)) = name.rsplit_once("::") else { return false };
    let paths = match file.split_once("::") {
        Some(("bridge", module)) => vec![format!("../bridge/src/{}.rs", module.replace("::", "/"))],
        Some(("models", file)) => vec![format!("../bridge/src/models/{file}.rs")],
        _ => vec![format!("tests/{file}.rs"), format!("tests/{file}/main.rs")],
    };
    let read = |path| fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).ok();
    let source = paths.into_iter().find_map(read).unwrap_or_default();
    // The function that comes first after each attribute.
    source.split("#[test]").skip(1).any(|rest| {
        let function = rest.split_once("fn ").and_then(|(_, rest)| rest.split_once('('));
        function.is_some_and(|(name, _)| name == test)
    })
}

#[test]
fn what_is_named_is_a_test() {
    let missing: Vec<_> = named(SEMANTICS).filter(|name| !exists(name)).collect();
    assert!(missing.is_empty(), "semantics.md names what is no test: {missing:#?}");
}

#[test]
fn every_chapter_names_tests() {
    let chapters: Vec<_> = SEMANTICS.split("\n## ").skip(1).collect();
    assert!(!chapters.is_empty(), "semantics.md has no chapters");
    let bare = chapters.into_iter().filter(|chapter| named(chapter).next().is_none());
    let bare: Vec<_> = bare.filter_map(|chapter| chapter.lines().next()).collect();
    assert!(bare.is_empty(), "chapters of semantics.md that name no test: {bare:#?}");
}
