use bridge::threadsafe;

#[threadsafe]
trait Fetch {
    async fn fetch(&self) -> u64;
}

fn main() {}
