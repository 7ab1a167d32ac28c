use bridge::threadsafe;

struct Client;

impl Client {
    #[threadsafe]
    async fn connect() -> Client {
        Client
    }
}

fn main() {}
