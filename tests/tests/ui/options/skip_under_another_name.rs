use bridge::threadsafe as blocking;

struct Client;

#[blocking]
impl Client {
    #[blocking(skip)]
    async fn background(&self) {}
}

fn main() {}
