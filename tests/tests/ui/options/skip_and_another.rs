use bridge::threadsafe;

struct Client;

#[threadsafe]
impl Client {
    #[threadsafe(skip, local)]
    async fn fetch(&self) {}
}

fn main() {}
