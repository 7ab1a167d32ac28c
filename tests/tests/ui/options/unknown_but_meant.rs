use bridge::threadsafe;

#[threadsafe(runtime = bridge::global())]
async fn fetch(id: u64) -> u64 {
    id
}

fn main() {
    fetch_blocking(1);
}
