use std::future::Future;
use std::rc::Rc;

use bridge::threadsafe;

#[threadsafe]
fn fetch(id: u64) -> impl Future<Output = u64> {
    let id = Rc::new(id);
    async move { *id }
}

fn main() {}
