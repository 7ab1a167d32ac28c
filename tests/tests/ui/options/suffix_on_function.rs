use bridge::threadsafe;

#[threadsafe(suffix = "_sync")]
async fn fetch(id: u64) -> u64 {
    id
}

fn main() {}
