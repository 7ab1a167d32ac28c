use bridge::threadsafe;

#[threadsafe(timeout = std::time::Instant::now())]
async fn fetch(id: u64) -> u64 {
    id
}

fn main() {}
