struct Client;

#[bridge::threadsafe(docs = "Fetches a page.")]
impl Client {
    async fn fetch(&self) {}
}

fn main() {
    Client.fetch_blocking(bridge::global());
}
