use bridge::threadsafe;

struct MyError;

struct Client;

#[threadsafe(fallible)]
impl Client {
    async fn get(&self) -> Result<u64, MyError> { Ok(1) }

    async fn set(&self) -> Result<(), MyError> { Ok(()) }
}

fn main() {}
