//! A model test: random scripts over several loops and threads, of everything that can be done to the bridge, against a model of
//! what each call may yield. Every submission ends once, as the model allows; whoever sees it done finds its captures
//! dropped, on the loop's thread if it was polled; callbacks run once; submissions of a thread start in order; at the
//! end threads, results and memory are what they were.
//!
//! | variable | |
//! | --- | --- |
//! | `MODEL_TEST_SCRIPTS` | how many scripts (100) |
//! | `MODEL_TEST_SECONDS` | instead: for how long |
//! | `MODEL_TEST_SEED` | the first script's seed; the next has the next number |
//! | `MODEL_TEST_TIMES` | how often each is run (1; smaller ones of one that has failed 20): its timing is not the same every time |
//!
//! A script that fails is printed with its seed, and with the smallest script that was found to fail as well: proptest draws
//! the choices that a script is made of, and makes them fewer and smaller.

mod acts;
mod future;
mod maker;
mod model;
mod run;
mod script;
mod world;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bridge_tests::load::{Counting, any_seed, setting};
use bridge_tests::{HANGS, Log, watchdog};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::maker::Drawn;
use crate::model::{NO_TIMER, PlannedPanic, Tally};
use crate::script::Script;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What is thrown on purpose is not reported, nor are refusals where there is no room for an error.
fn silence_what_is_planned() {
    let report = take_hook();
    set_hook(Box::new(move |info| {
        let text = info.payload().downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| info.payload().downcast_ref::<&str>().copied()).unwrap_or_default();
        let refusal = text.contains("waiting here would never end")
            || text.contains("the event loop is closed")
            || text.contains(NO_TIMER);
        if info.payload().downcast_ref::<PlannedPanic>().is_none() && !refusal {
            report(info);
        }
    }));
}

/// Runs the script of that seed, `times` times. If it fails, looks for a smaller one that does, and fails with that.
fn play(seed: u64, times: u64, tally: &Arc<Tally>) {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases: 1, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let failed = Cell::new(false);
    // What a script that hangs leaves behind would be taken for a fault of the next.
    let hangs = Cell::new(false);
    let played = runner.run(&Drawn::strategy(), |drawn| {
        let script = Arc::new(Script::new(drawn));
        let times = if failed.get() { times.max(20) } else { times };
        for _ in 0..times {
            if hangs.get() {
                return Ok(());
            }
            let faults = faults(&script, tally);
            if !faults.is_empty() {
                failed.set(true);
                hangs.set(faults.contains(" hangs: "));
                return Err(TestCaseError::fail(format!("{script}\nwhat is wrong:\n  {faults}")));
            }
        }
        Ok(())
    });
    match played {
        Ok(()) => {}
        Err(TestError::Fail(smallest, _)) => panic!(
            "MODEL_TEST_SEED={seed} MODEL_TEST_SCRIPTS=1 (MODEL_TEST_TIMES=1000) shows it again. The smallest that failed:\n\
             {smallest}"
        ),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

/// Runs a script, and gives what was wrong.
fn faults(script: &Arc<Script>, tally: &Arc<Tally>) -> String {
    let faults = Log::new();
    let played = catch_unwind(AssertUnwindSafe(|| {
        let (script, faults, tally) = (Arc::clone(script), faults.clone(), Arc::clone(tally));
        watchdog(HANGS, move || run::run(&script, &faults, &tally));
    }));
    let mut faults = faults.take();
    if let Err(payload) = played {
        faults.push(format!("{:?}", model::Outcome::from(payload)));
    }
    faults.join("\n  ")
}

#[test]
fn every_call_ends_as_the_model_allows_and_nothing_leaks() {
    let seconds = setting("MODEL_TEST_SECONDS", 0);
    let scripts: u64 = setting("MODEL_TEST_SCRIPTS", if seconds == 0 { 100 } else { u64::MAX });
    let seed: u64 = setting("MODEL_TEST_SEED", any_seed());
    let times: u64 = setting("MODEL_TEST_TIMES", 1);
    let until = Duration::from_secs(if seconds == 0 { u64::MAX } else { seconds });
    println!("MODEL_TEST_SEED={seed}");
    silence_what_is_planned();

    let started = Instant::now();
    let tally = Arc::new(Tally::default());
    // What is there once and for all comes into being in the first: thread-locals, registries, tokio's statics.
    let mut before = None;
    let mut played = 0;
    while played < scripts && started.elapsed() < until {
        play(seed.wrapping_add(played), times, &tally);
        played += 1;
        if played == scripts.min(20) {
            before = Some(Counting::live());
        }
        if played % 1000 == 0 {
            println!("{played} scripts in {:?}", started.elapsed());
        }
    }
    println!("{played} scripts in {:?}: {tally:?}", started.elapsed());

    let (allocations, bytes) = before.unwrap_or_else(Counting::live);
    let after = Counting::live();
    let (allocations, bytes) = (after.0 - allocations, after.1 - bytes);
    println!("{allocations} allocations and {bytes} bytes more than after the first scripts");
    assert!(allocations < 64 && bytes < 16384, "{allocations} allocations and {bytes} bytes are left");
    assert!(played < 300 || tally.is_whole(), "a planned end never came: {tally:?}");
}
