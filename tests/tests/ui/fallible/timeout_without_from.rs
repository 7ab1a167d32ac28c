use bridge::threadsafe;

struct MyError;

#[threadsafe(timeout = std::time::Duration::from_secs(1))]
async fn fetch(id: u64) -> Result<u64, MyError> {
    if id == 0 { Err(MyError) } else { Ok(id) }
}

fn main() {}
