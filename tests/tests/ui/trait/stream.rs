use bridge::threadsafe;

#[threadsafe(stream)]
trait Store {
    async fn get(&self) -> u64;
}

fn main() {}
