//! A program that has a runtime already: `rayon`'s workers compute, and what they need on the way they get from async
//! functions on the runtime of `#[tokio::main]`.

use std::time::Duration;

use bridge::{Handle, threadsafe};
use rayon::prelude::*;
use tokio::time::sleep;

/// Stands for a database, on the runtime.
#[threadsafe]
async fn look_up(numbers: &[u64], id: usize) -> Option<u64> {
    sleep(Duration::from_millis(10)).await;
    numbers.get(id).copied()
}

/// Stands for hard work, on a `rayon` worker.
fn steps_to_one(number: u64) -> usize {
    let next = |n: &u64| (*n > 1).then(|| if n % 2 == 0 { n / 2 } else { 3 * n + 1 });
    std::iter::successors(Some(number), next).count() - 1
}

fn compute(handle: &Handle, numbers: &[u64]) -> Vec<String> {
    let line = |id| match look_up_blocking(handle, numbers, id) {
        Some(number) => format!("#{id}: {number} takes {} steps to 1", steps_to_one(number)),
        None => format!("#{id}: no such number"),
    };
    (0..=numbers.len()).into_par_iter().map(line).collect()
}

#[tokio::main]
async fn main() {
    let handle = Handle::current();
    let numbers = [6, 27, 97, 871, 6171];
    // `rayon` blocks the thread that starts it, too: not one of the runtime's workers, then.
    let lines = tokio::task::spawn_blocking(move || compute(&handle, &numbers)).await;
    for line in lines.expect("the computation does not panic") {
        println!("{line}");
    }
}
