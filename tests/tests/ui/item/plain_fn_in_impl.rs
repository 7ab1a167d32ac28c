use bridge::threadsafe;

struct Client;

#[threadsafe]
impl Client {
    #[threadsafe]
    fn id(&self) -> u64 {
        7
    }
    async fn fetch(&self) {}
}

fn main() {}
