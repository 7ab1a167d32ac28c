use bridge::threadsafe;

#[threadsafe]
async fn fetch(ids: Vec<u64) {}

fn main() {}
