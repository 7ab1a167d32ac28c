use bridge::threadsafe;

struct Client;

#[threadsafe(skip)]
impl Client {
    async fn fetch(&self) {}
}

fn main() {}
