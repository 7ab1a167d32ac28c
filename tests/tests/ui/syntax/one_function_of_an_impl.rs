use bridge::threadsafe;

struct Client;

#[threadsafe]
impl Client {
    async fn fetch(&self, id: u64) -> {}

    async fn store(&self) {}
}

fn main() {
    Client.store_blocking(bridge::global());
}
