use bridge::threadsafe;

#[threadsafe(facade = BlockingStore)]
pub trait Store {
    async fn get(&self) -> u8;
}

fn main() {}
