#[bridge::threadsafe(handle = bridge::try_global())]
async fn fetch() -> u64 {
    1
}

fn main() {
    fetch_blocking();
}
