use bridge::threadsafe;

#[threadsafe(submit = fetch_blocking)]
async fn fetch(id: u64) -> u64 {
    id
}

fn main() {}
