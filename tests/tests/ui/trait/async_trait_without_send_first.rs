use async_trait::async_trait;
use bridge::threadsafe;

#[async_trait(?Send)]
#[threadsafe]
trait Store {
    async fn get(&self) -> u64;
}

fn main() {}
