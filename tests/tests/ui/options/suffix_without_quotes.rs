use bridge::threadsafe;

struct Client;

#[threadsafe(suffix = _sync)]
impl Client {
    async fn fetch(&self) {}
}

fn main() {}
