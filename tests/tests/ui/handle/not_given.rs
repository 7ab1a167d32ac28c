use bridge::threadsafe;

#[threadsafe]
async fn fetch(id: u64) -> u64 {
    id
}

fn caller() -> u64 {
    fetch_blocking(1)
}

fn main() {}
