use bridge::threadsafe;

#[threadsafe(fallible = fold)]
async fn fetch(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {}
