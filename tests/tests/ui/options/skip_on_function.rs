use bridge::threadsafe;

#[threadsafe(skip)]
async fn fetch(id: u64) -> u64 {
    id
}

fn main() {}
