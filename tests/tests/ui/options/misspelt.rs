use bridge::threadsafe;

#[threadsafe(falible)]
async fn fetch(id: u64) -> u64 {
    id
}

fn caller(handle: &bridge::Handle) -> Result<u64, bridge::Error> {
    fetch_blocking(handle, 1)
}

fn main() {}
