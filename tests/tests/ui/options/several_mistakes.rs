use bridge::threadsafe;

struct Client;

#[threadsafe(name = fetch_sync, lokal)]
impl Client {
    #[threadsafe(skip, vis = pub)]
    async fn fetch(&self) {}
    #[threadsafe]
    fn id(&self) {}
}

fn main() {}
