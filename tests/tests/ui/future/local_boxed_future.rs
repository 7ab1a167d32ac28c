use std::future::Future;
use std::pin::Pin;

use bridge::threadsafe;

type LocalBoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

#[threadsafe]
fn fetch(id: &u64) -> LocalBoxFuture<'_, u64> {
    Box::pin(async { *id })
}

fn main() {}
