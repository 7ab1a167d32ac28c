use bridge::threadsafe;

#[threadsafe(skip)]
trait Store {
    async fn get(&self) -> u64;
}

fn main() {}
