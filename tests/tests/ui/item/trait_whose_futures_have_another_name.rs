use std::future::Future;
use std::pin::Pin;

use bridge::threadsafe;

type Reply<'a> = Pin<Box<dyn Future<Output = u64> + Send + 'a>>;

#[threadsafe]
trait Store {
    fn get(&self) -> Reply<'_>;
}

fn main() {}
