//! How many instructions a call takes, on both threads. `ci/instructions` runs this and holds it to its limits.
//!
//! Everything is counted from the start of the process to its end, by callgrind, since it cannot begin with a function
//! where the work is on two threads. So each is run for few calls and for many, and what counts is the difference:
//! what starts and ends is in both.

#![allow(
    missing_docs,
    unused_qualifications,
    reason = "gungraun's macros make modules and constants of these functions"
)]

use std::hint::black_box;

use bridge::{EventLoop, ReturnWhen, SharedLoop, wait};
use gungraun::{Callgrind, EntryPoint, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};

fn event_loop() -> EventLoop {
    EventLoop::new().expect("a loop can be started")
}

// Scoped calls of a ready future.
#[library_benchmark]
#[bench::few(1_000)]
#[bench::many(11_000)]
fn scoped(calls: u64) -> u64 {
    let event_loop = event_loop();
    let call = |value| event_loop.block_on(async move { black_box(value) }).expect("the loop is open");
    (0..calls).map(call).sum()
}

// Scoped calls of a ready future that the caller polls.
#[library_benchmark]
#[bench::few(1_000)]
#[bench::many(11_000)]
fn shared(calls: u64) -> u64 {
    let shared_loop = SharedLoop::new().expect("a loop can be started");
    let call = |value| shared_loop.block_on(async move { black_box(value) }).expect("the loop is open");
    (0..calls).map(call).sum()
}

// Submitted ready futures, each asked for its result at once.
#[library_benchmark]
#[bench::few(1_000)]
#[bench::many(11_000)]
fn submit(calls: u64) -> u64 {
    let event_loop = event_loop();
    let call = |value| event_loop.submit(async move { black_box(value) }).result().expect("the loop is open");
    (0..calls).map(call).sum()
}

// A wait for 1,000 tasks that are done.
#[library_benchmark]
#[bench::few(1)]
#[bench::many(1_001)]
fn wait_done(waits: usize) -> usize {
    let event_loop = event_loop();
    let tasks: Vec<_> = (0..1_000u64).map(|value| event_loop.submit(async move { black_box(value) })).collect();
    // In the order in which they were submitted.
    event_loop.block_on(async {}).expect("the loop is open");
    let again = |tasks, _| wait(black_box(tasks), ReturnWhen::AllCompleted, None).done;
    (0..waits).fold(tasks, again).len()
}

library_benchmark_group!(name = calls; benchmarks = scoped, shared, submit, wait_done);

main!(
    config = LibraryBenchmarkConfig::default().tool(
        Callgrind::with_args(["--separate-threads=no", "--cache-sim=no", "--fair-sched=yes"]).entry_point(EntryPoint::None)
    );
    library_benchmark_groups = calls
);
