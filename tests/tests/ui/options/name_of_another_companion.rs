use bridge::threadsafe;

struct Client;

#[threadsafe]
impl Client {
    #[threadsafe(name = get)]
    async fn fetch(&self) {}

    #[threadsafe(name = get)]
    async fn load(&self) {}
}

fn main() {}
