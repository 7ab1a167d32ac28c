#[bridge::threadsafe]
async fn fetch(id: u64) -> u64 {
    id
}

struct Client;

fn main() {
    fetch_blocking(&Client, 1);
    fetch_blocking(&1, 1);
}
