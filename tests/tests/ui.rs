//! The words of every mistake: each file in `ui/` makes one, and its `.stderr` is what rustc then says.
//! Everything in `pass/` must compile, and run.
//!
//! rustc's own part of the texts is that of 1.95; another version's may differ.
//! `TRYBUILD=overwrite cargo test -p bridge-tests --test ui` writes them anew.

#[test]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}

#[test]
fn what_is_right_compiles() {
    trybuild::TestCases::new().pass("tests/pass/*.rs");
}
