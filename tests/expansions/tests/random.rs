//! Random tokens, valid ones with random changes, and facades that are put together at random: the macros never panic, and
//! what they make of what was Rust is Rust. In a facade, what waits has a blocking form, or an error at its own tokens.
//!
//! `BRIDGE_EXPANSIONS_CASES` (1 000, and 250 of facades) says how many of each; a failure prints the `BRIDGE_EXPANSIONS_SEED`
//! that repeats it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use bridge_expansion_tests::{Case, Step, Verdict, check, composed, mutated, seeds};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use quote::quote;

const CASES: u64 = 1000;

/// Each of which is a whole list and an impl.
const OF_FACADES: u64 = 250;

/// Runs `test` on `strategy`'s values, and gives how often each verdict fell. `cases`: how many, unless somebody says it.
fn run<S: Strategy>(
    cases: u64,
    strategy: S,
    test: impl Fn(S::Value) -> Result<Verdict, String>,
) -> BTreeMap<String, u32> {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seed = setting("BRIDGE_EXPANSIONS_SEED", u64::from(clock.subsec_nanos()));
    let cases = setting("BRIDGE_EXPANSIONS_CASES", cases);
    let config = Config {
        cases: u32::try_from(cases).unwrap_or(u32::MAX),
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        ..Config::default()
    };
    let verdicts = RefCell::new(BTreeMap::new());
    let outcome = TestRunner::new(config).run(&strategy, |value| {
        let verdict = test(value).map_err(TestCaseError::fail)?;
        *verdicts.borrow_mut().entry(format!("{verdict:?}")).or_default() += 1;
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("BRIDGE_EXPANSIONS_SEED={seed} BRIDGE_EXPANSIONS_CASES={cases} repeats this: {error}");
    }
    let verdicts = verdicts.into_inner();
    println!("BRIDGE_EXPANSIONS_SEED={seed}: {verdicts:?}");
    verdicts
}

fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(value) => value.parse().unwrap_or_else(|_| panic!("{name}={value} is no number")),
        Err(_) => default,
    }
}

fn steps(at_most: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = any::<(u8, u16, u16, u16)>().prop_map(|(what, group, at, to)| Step { what, group, at, to });
    proptest::collection::vec(step, 0..=at_most)
}

#[test]
fn seeds_are_what_they_are_meant_to_be() {
    for Case { options, item } in seeds() {
        let refused = item.to_string().contains("for Vec") || item.to_string().starts_with("pub struct");
        let expected = if refused { Verdict::Refused } else { Verdict::Expanded };
        assert_eq!(check(&options, &item), Ok(expected), "#[threadsafe({options})] {item}");
    }
}

#[test]
fn a_name_that_is_a_keyword_is_refused() {
    for name in ["name = other", "name = StoreNow"] {
        let seed = seeds().into_iter().find(|case| case.options.to_string().contains(name));
        let Case { options, item } = seed.unwrap_or_else(|| panic!("no seed has {name}"));
        let options: TokenStream = options.to_string().replace(name, "name = async").parse().unwrap();
        assert_eq!(check(&options, &item), Ok(Verdict::Refused), "#[threadsafe({options})] {item}");
    }
}

#[test]
fn changed_tokens_make_no_trouble() {
    let strategy = (proptest::sample::select(seeds()), steps(3), steps(6));
    let verdicts = run(CASES, strategy, |(case, in_options, in_item)| {
        check(&mutated(case.options, &in_options), &mutated(case.item, &in_item))
    });
    // Else it would be a test of what nobody writes.
    assert!(verdicts.contains_key("Expanded") && verdicts.contains_key("Refused"), "{verdicts:?}");
}

#[test]
fn an_item_of_one_case_under_the_options_of_another() {
    let strategy = (proptest::sample::select(seeds()), proptest::sample::select(seeds()), steps(1));
    run(CASES, strategy, |(one, other, changes)| check(&one.options, &mutated(other.item, &changes)));
}

#[test]
fn any_tokens_make_no_trouble() {
    let start = proptest::sample::select(vec![
        "",
        "async fn f() {}",
        "impl S { async fn f() {} }",
        "trait T { async fn f(); }",
    ]);
    run(CASES, (steps(12), start, steps(40)), |(options, start, item)| {
        check(&mutated(TokenStream::new(), &options), &mutated(start.parse().unwrap(), &item))
    });
}

fn facade() -> impl Strategy<Value = Case> {
    proptest::collection::vec(any::<u8>(), 0..160).prop_map(|numbers| composed(&numbers))
}

#[test]
fn composed_facades_are_there_or_refused() {
    let verdicts = run(OF_FACADES, facade(), |case| match check(&case.options, &case.item) {
        Ok(Verdict::NotRust) => Err(format!("what was composed is no Rust: {case:?}")),
        verdict => verdict,
    });
    assert!(verdicts.contains_key("Expanded") && verdicts.contains_key("Refused"), "{verdicts:?}");
}

#[test]
fn changed_facades_make_no_trouble() {
    run(OF_FACADES, (facade(), steps(2), steps(5)), |(case, in_options, in_item)| {
        check(&mutated(case.options, &in_options), &mutated(case.item, &in_item))
    });
}

/// Else a random change would count as a mistake of the macro.
#[test]
fn brackets_of_an_attribute_in_invisible_delimiters_are_no_rust() {
    let brackets = TokenTree::from(Group::new(Delimiter::None, quote!([must_use])));
    for item in [quote!(# #brackets async fn f() {}), quote!(impl S { # #brackets async fn f() {} })] {
        assert_eq!(check(&TokenStream::new(), &item), Ok(Verdict::NotRust));
    }
}
