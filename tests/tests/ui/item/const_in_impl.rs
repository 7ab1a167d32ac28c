use bridge::threadsafe;

struct Client;

#[threadsafe]
impl Client {
    #[threadsafe]
    const ID: u64 = 7;
    async fn fetch(&self) {}
}

fn main() {}
