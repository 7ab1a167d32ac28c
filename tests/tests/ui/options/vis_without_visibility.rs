use bridge::threadsafe;

#[threadsafe(vis = crate)]
async fn fetch(id: u64) -> u64 {
    id
}

fn main() {}
