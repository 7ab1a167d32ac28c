use std::rc::Rc;

use bridge::threadsafe;

#[threadsafe]
trait Store {
    async fn get(&self) -> u64 {
        let shared = Rc::new(3);
        std::future::ready(()).await;
        *shared
    }
}

fn main() {}
