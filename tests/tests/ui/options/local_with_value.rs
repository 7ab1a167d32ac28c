use bridge::threadsafe;

#[threadsafe(local = true)]
async fn fetch(id: u64) -> u64 {
    id
}

fn main() {}
