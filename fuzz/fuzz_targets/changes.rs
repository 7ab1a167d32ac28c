//! Options and items that are valid, with lists of facades too, each with some changes.
#![no_main]

use std::cell::OnceCell;

use bridge_expansion_tests::{Case, Step, check, mutated, seeds};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Plan {
    options: u8,
    item: u8,
    in_options: Vec<Change>,
    in_item: Vec<Change>,
}

#[derive(Arbitrary, Debug)]
struct Change(u8, u16, u16, u16);

thread_local! {
    static SEEDS: OnceCell<Vec<Case>> = const { OnceCell::new() };
}

fuzz_target!(|plan: Plan| {
    SEEDS.with(|cases| {
        let cases = cases.get_or_init(seeds);
        let case = |index: u8| cases[usize::from(index) % cases.len()].clone();
        let options = mutated(case(plan.options).options, &steps(&plan.in_options));
        let item = mutated(case(plan.item).item, &steps(&plan.in_item));
        if let Err(what) = check(&options, &item) {
            panic!("{what}");
        }
    });
});

/// Few, so that most of the item is still valid.
fn steps(changes: &[Change]) -> Vec<Step> {
    changes.iter().take(12).map(|&Change(what, group, at, to)| Step { what, group, at, to }).collect()
}
