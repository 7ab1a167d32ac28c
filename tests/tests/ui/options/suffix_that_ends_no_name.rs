use bridge::threadsafe;

struct Client;

#[threadsafe(suffix = "-sync")]
impl Client {
    async fn fetch(&self) {}
}

fn main() {}
