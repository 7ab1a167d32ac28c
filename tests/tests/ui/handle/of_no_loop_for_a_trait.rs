#[bridge::threadsafe]
trait Fetch {
    async fn fetch(&self) -> u64;
}

struct Client;

fn fetch(fetches: &impl Fetch, client: &Client) -> u64 {
    fetches.fetch_blocking(client)
}

fn main() {}
