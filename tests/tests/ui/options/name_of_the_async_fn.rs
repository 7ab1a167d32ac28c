use bridge::threadsafe;

#[threadsafe(name = fetch)]
async fn fetch(id: u64) -> u64 {
    id
}

fn main() {}
