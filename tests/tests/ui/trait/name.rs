use bridge::threadsafe;

#[threadsafe(name = get_sync)]
trait Store {
    async fn get(&self) -> u64;
}

fn main() {}
