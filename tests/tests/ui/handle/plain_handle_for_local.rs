use bridge::threadsafe;

#[threadsafe(local)]
async fn fetch(id: u64) -> u64 {
    id
}

fn caller(handle: &bridge::Handle) -> u64 {
    fetch_blocking(handle, 1)
}

fn main() {}
