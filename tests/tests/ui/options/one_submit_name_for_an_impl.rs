use bridge::threadsafe;

struct Client;

#[threadsafe(submit = fetch_later)]
impl Client {
    async fn fetch(&self) {}
}

fn main() {}
