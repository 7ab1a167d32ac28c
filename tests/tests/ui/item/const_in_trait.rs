use bridge::threadsafe;

#[threadsafe]
trait Store {
    #[threadsafe]
    const LIMIT: u64;

    async fn get(&self) -> u64;
}

fn main() {}
