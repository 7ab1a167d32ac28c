use bridge::threadsafe;

struct Client {
    id: u64,
}

#[threadsafe(handle = self.id)]
impl Client {
    async fn fetch(&self) -> u64 {
        self.id
    }
}

fn main() {}
