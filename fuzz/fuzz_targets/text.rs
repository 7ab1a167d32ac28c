//! Any text: a line of options, then an item.
#![no_main]

use bridge_expansion_tests::{check, read};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|text: &str| -> Corpus {
    // What is not made of tokens never comes to a macro.
    let Some(case) = read(text) else { return Corpus::Reject };
    if let Err(what) = check(&case.options, &case.item) {
        panic!("{what}");
    }
    Corpus::Keep
});
