use bridge::threadsafe;

#[threadsafe(name = "fetch_sync")]
async fn fetch(id: u64) -> u64 {
    id
}

fn main() {}
