use std::sync::Arc;

use bridge::threadsafe;

struct Client;

#[threadsafe]
impl Client {
    async fn later(&self, done: Option<Box<dyn FnOnce(u64) -> u64>>) {
        drop(done);
    }

    async fn often(&self, (a, _): (Arc<dyn Fn()>, u8)) {
        a();
    }
}

fn main() {}
