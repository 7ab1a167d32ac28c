#[bridge::threadsafe]
trait Fetch {
    async fn fetch(&self) -> u64;
}

fn fetch(client: &impl Fetch, runtime: &tokio::runtime::Runtime) -> u64 {
    client.fetch_blocking(runtime)
}

fn main() {}
