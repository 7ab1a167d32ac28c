// Any attribute of that name.
use async_trait::async_trait as automock;

#[bridge::threadsafe]
#[automock]
trait Store {
    async fn get(&self, key: &str) -> u64;
}

fn main() {}
