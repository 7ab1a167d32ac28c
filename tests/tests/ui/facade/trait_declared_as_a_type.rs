use bridge::threadsafe;

#[threadsafe(facade = pub blocking::Store)]
pub trait Store {
    async fn get(&self) -> u8;
}

fn main() {}
