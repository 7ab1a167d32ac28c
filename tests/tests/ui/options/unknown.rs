use bridge::threadsafe;

#[threadsafe(priority = 3)]
async fn fetch(id: u64) -> u64 {
    id
}

fn main() {}
