//! A blocking companion that fills the caller's own `Vec`: what an async fn borrows, its companion borrows too, because it
//! returns only when nothing of the future is left.

use std::time::Duration;

use bridge::threadsafe;
use tokio::time::sleep;

/// Appends a squared number for each one in `numbers`; gives back the largest.
#[threadsafe]
async fn squares<'out>(numbers: &[u32], out: &'out mut Vec<u32>) -> Option<&'out u32> {
    for number in numbers {
        sleep(Duration::from_millis(1)).await;
        out.push(number * number);
    }
    out.iter().max()
}

fn main() {
    let numbers = [3, 1, 2];
    let mut out = Vec::with_capacity(numbers.len());
    let before = out.as_ptr();
    let largest = squares_blocking(bridge::shared(), &numbers, &mut out).copied();
    println!("the largest of {out:?} is {largest:?}");
    println!("still the same buffer: {}", out.as_ptr() == before);
}
