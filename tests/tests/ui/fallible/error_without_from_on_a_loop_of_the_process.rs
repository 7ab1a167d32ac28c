use bridge::threadsafe;

struct MyError;

struct Store;

#[threadsafe(handle = bridge::shared(), fallible)]
impl Store {
    async fn get(&self) -> Result<u8, MyError> {
        Ok(1)
    }

    async fn put(&self) -> Result<(), MyError> {
        Ok(())
    }
}

fn main() {}
