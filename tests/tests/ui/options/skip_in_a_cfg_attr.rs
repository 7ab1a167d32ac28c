use bridge::threadsafe;

struct Client;

#[threadsafe]
impl Client {
    #[cfg_attr(all(), threadsafe(skip))]
    async fn background(&self) {}
}

fn main() {}
