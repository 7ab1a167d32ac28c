use bridge::threadsafe;

#[threadsafe]
trait Store {
    #[threadsafe(vis = pub)]
    async fn get(&self) -> u64;
}

fn main() {}
