use bridge::threadsafe;

#[threadsafe(timeout = "30s")]
async fn fetch(id: u64) -> u64 {
    id
}

fn main() {}
