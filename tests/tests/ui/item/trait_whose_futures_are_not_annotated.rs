use std::future::Future;

use bridge::threadsafe;

#[threadsafe]
trait Store {
    fn get(&self) -> impl Future<Output = u64> + Send;
}

fn main() {}
