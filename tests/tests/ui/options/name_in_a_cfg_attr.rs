use bridge::threadsafe;

struct Client;

#[threadsafe]
impl Client {
    #[cfg_attr(any(), threadsafe(name = id_sync))]
    async fn id(&self) -> u64 {
        7
    }
}

fn main() {
    Client.id_sync(bridge::global());
}
