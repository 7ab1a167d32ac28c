use bridge::threadsafe;

struct MyError;

#[threadsafe(fallible)]
async fn fetch(id: u64) -> Result<u64, MyError> {
    if id == 0 { Err(MyError) } else { Ok(id) }
}

fn main() {}
