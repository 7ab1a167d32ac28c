use bridge::threadsafe;

type Result<T> = Option<T>;

#[threadsafe(fallible)]
async fn fetch(id: u64) -> Result<u64> {
    Some(id)
}

fn main() {}
