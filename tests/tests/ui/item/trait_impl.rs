use bridge::threadsafe;

trait Fetch {
    async fn fetch(&self) -> u64;
}

#[threadsafe]
impl Fetch for u64 {
    async fn fetch(&self) -> u64 {
        *self
    }
}

fn main() {}
