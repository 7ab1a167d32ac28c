use std::future::Future;
use std::pin::Pin;

use bridge::threadsafe;

#[threadsafe]
fn fetch(id: &u64) -> Pin<Box<dyn Future<Output = u64> + '_>> {
    Box::pin(async { *id })
}

fn main() {}
