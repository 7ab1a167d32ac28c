use async_trait::async_trait;
use bridge::threadsafe;

#[threadsafe]
#[async_trait(?Send)]
trait Store {
    async fn get(&self) -> u64;
    async fn set(&self);
}

fn main() {}
