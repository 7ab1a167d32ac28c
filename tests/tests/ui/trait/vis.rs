use bridge::threadsafe;

#[threadsafe(vis = pub(crate))]
trait Store {
    async fn get(&self) -> u64;
}

fn main() {}
