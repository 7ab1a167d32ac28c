use bridge::threadsafe;

#[threadsafe(name)]
async fn fetch(id: u64) -> u64 {
    id
}

fn main() {}
