use bridge::threadsafe;

struct Client;

#[threadsafe]
impl Client {
    #[cfg_attr(all(), threadsafe(nmae = fetch))]
    async fn get(&self) {}
}

fn main() {}
