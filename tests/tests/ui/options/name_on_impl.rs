use bridge::threadsafe;

struct Client;

#[threadsafe(name = fetch_sync)]
impl Client {
    async fn fetch(&self) {}
}

fn main() {}
