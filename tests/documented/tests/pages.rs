//! The pages that rustdoc makes of this package: those of companions link to the async fn, repeat no code, and do not
//! speak of awaiting.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::{env, fs};

/// Where the pages are. Made once, with broken links as errors; where `ci/test` asks for the words of rustc 1.95 (see `ui.rs` of
/// `bridge-tests`), with every lint of rustdoc as one.
static PAGES: LazyLock<PathBuf> = LazyLock::new(|| {
    // Its own folder: cargo holds the usual one while it tests.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    let is_exact = env::var_os("BRIDGE_UI").is_some_and(|mode| mode == "exact");
    let lints = if is_exact { "-D warnings" } else { "-D rustdoc::broken_intra_doc_links" };
    let output = Command::new(env!("CARGO"))
        .args(["doc", "--quiet", "--locked", "--no-deps", "--package", env!("CARGO_PKG_NAME")])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTDOCFLAGS", lints)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    target.join("doc/bridge_tests_documented")
});

/// The text of a page, from its main heading to the end of what it says.
fn page(name: &str) -> String {
    let path = PAGES.join(format!("{name}.html"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let start = text.find("<main>").unwrap();
    text[start..].to_owned()
}

/// What a page of a type says of one of its methods.
fn method(page: &str, name: &str) -> String {
    let start = page.find(&format!("id=\"{name}\"")).or_else(|| page.find(&format!("id=\"tymethod.{name}\"")));
    let rest = &page[start.unwrap_or_else(|| panic!("no {name}"))..];
    let end = rest[1..].find("id=\"method.").or_else(|| rest[1..].find("id=\"tymethod.")).unwrap_or(rest.len() - 1);
    rest[..=end].to_owned()
}

/// No example, and nothing of how it is called from async code.
#[track_caller]
fn assert_is_of_a_blocking_function(text: &str) {
    assert!(!text.contains("example-wrap"), "{text}");
    assert!(!text.contains(".await"), "{text}");
}

#[test]
fn a_companion_links_to_its_async_fn_and_has_its_first_paragraph() {
    let text = page("fn.fetch_blocking");
    assert!(text.contains("<a href=\"fn.fetch.html\""), "{text}");
    assert!(text.contains("Fetches what is under <code>id</code>"), "{text}");
    assert!(!text.contains("Only the first paragraph"), "{text}");
    assert_is_of_a_blocking_function(&text);
}

#[test]
fn links_of_that_paragraph_lead_where_they_did() {
    let text = page("fn.fetch_blocking");
    for target in ["struct.Client.html\"", "https://doc.rust-lang.org/book/", "struct.Client.html#method.connect"] {
        assert!(text.contains(target), "{target}: {text}");
    }
}

#[test]
fn a_companion_says_how_it_fails() {
    let text = page("fn.fetch_blocking");
    assert!(text.contains("id=\"errors\"") && text.contains("id=\"panics\""), "{text}");
    let text = page("fn.only_code_blocking");
    assert!(text.contains("id=\"errors\"") && !text.contains("id=\"panics\""), "{text}");
    let text = page("fn.read_blocking");
    assert!(text.contains("id=\"safety\""), "{text}");
}

#[test]
fn the_author_replaces_the_docs_or_appends_a_paragraph() {
    let text = page("fn.described_blocking");
    assert!(text.contains("<p>Fetches it, as the author says.</p>"), "{text}");
    assert!(!text.contains("Blocking companion") && !text.contains("does not say how"), "{text}");
    let text = page("fn.described_in_part_blocking");
    assert!(text.contains("Blocking companion of <a href=\"fn.described_in_part.html\""), "{text}");
    assert!(text.contains("<p>A paragraph of <a href=\"fn.fetch.html\""), "{text}");
}

#[test]
fn what_is_only_code_or_only_for_async_callers_is_left_out() {
    for name in ["wait_blocking", "wait_submit", "only_code_blocking", "indented_code_blocking", "numbers_blocking"] {
        assert_is_of_a_blocking_function(&page(&format!("fn.{name}")));
    }
}

#[test]
fn a_raw_name_and_a_private_function_are_named_without_a_link() {
    for (page_of, name) in [("fn.match_blocking", "match"), ("fn.private_blocking", "private")] {
        let text = page(page_of);
        assert!(text.contains(&format!("companion of <code>{name}</code>")), "{text}");
    }
}

#[test]
fn companions_of_methods_link_to_them() {
    let text = page("struct.Client");
    let connect = method(&text, "method.connect_sync");
    assert!(connect.contains("#method.connect\""), "{connect}");
    assert_is_of_a_blocking_function(&connect);
    assert_is_of_a_blocking_function(&method(&text, "method.get_again_sync"));
}

#[test]
fn companions_of_a_traits_functions_link_to_them() {
    let text = page("trait.Store");
    let load = method(&text, "method.load_blocking");
    assert!(load.contains("#tymethod.load\""), "{load}");
    assert_is_of_a_blocking_function(&load);
}

#[test]
fn each_code_block_is_run_once() {
    let output = Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--locked", "--doc", "--package", env!("CARGO_PKG_NAME"), "--", "--list"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let list = String::from_utf8(output.stdout).unwrap();
    let source = include_str!("../src/lib.rs");
    let blocks = source.lines().filter(|line| line.trim() == "/// ```").count() / 2 + 1;
    assert_eq!(list.lines().filter(|line| line.ends_with(": test")).count(), blocks, "{list}");
}

#[test]
fn a_facade_reads_as_if_it_had_been_written_by_hand() {
    let text = page("blocking/struct.Pages");
    assert!(text.contains("The blocking form of <a href=\"../struct.Pages.html\""), "{text}");
    assert!(!text.contains("__") && !text.contains(".await"), "{text}");
    let open = method(&text, "method.open");
    assert!(open.contains("Opens the pages of a site"), "{open}");
    // Both links lead to the facade's method.
    assert_eq!(open.matches("href=\"struct.Pages.html#method.get\"").count(), 2, "{open}");
    assert!(open.contains("id=\"errors\"") && open.contains("no site"), "{open}");
    for left_out in ["Examples", "For example", "Cancel safety", "Dropping", "async"] {
        assert!(!open.contains(left_out), "{left_out}: {open}");
    }
    let get = method(&text, "method.get");
    assert!(get.contains("<a class=\"struct\" href=\"struct.Page.html\""), "{get}");
    assert!(get.contains("<p>It may be empty.</p>"), "{get}");
}

#[test]
fn nothing_hidden_of_a_list_is_shown() {
    let text = page("blocking/index");
    assert!(text.contains("struct.Pages.html") && !text.contains("__"), "{text}");
}

#[test]
fn the_blocking_form_of_a_trait_links_to_it() {
    let text = page("trait.SiteBlocking");
    assert!(text.contains("href=\"trait.Site.html\"") && text.contains("Visits it."), "{text}");
    assert!(!text.contains(".await"), "{text}");
}
