use std::rc::Rc;

use bridge::threadsafe;

#[threadsafe]
trait Store {
    async fn get(&self) -> u64;
}

impl Store for u64 {
    async fn get(&self) -> u64 {
        let shared = Rc::new(*self);
        std::future::ready(()).await;
        *shared
    }
}

fn main() {}
