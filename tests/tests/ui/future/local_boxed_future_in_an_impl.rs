use bridge::threadsafe;
use futures::future::LocalBoxFuture;

struct Client;

#[threadsafe]
impl Client {
    fn get(&self) -> LocalBoxFuture<'_, u64> {
        Box::pin(async { 1 })
    }
}

fn main() {}
