use bridge::threadsafe;

#[threadsafe(?Send)]
async fn fetch(id: u64) -> u64 {
    id
}

fn main() {}
