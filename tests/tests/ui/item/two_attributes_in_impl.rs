use bridge::threadsafe;

struct Client;

#[threadsafe]
impl Client {
    #[threadsafe(local)]
    #[threadsafe(fallible)]
    async fn fetch(&self) {}
}

fn main() {}
