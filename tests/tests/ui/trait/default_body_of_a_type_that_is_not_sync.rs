use std::cell::Cell;

use bridge::threadsafe;

#[threadsafe]
trait Store {
    async fn get(&self) -> u64 {
        3
    }
}

impl Store for Cell<u64> {}

fn main() {
    Cell::new(3).get_blocking(bridge::global());
}
