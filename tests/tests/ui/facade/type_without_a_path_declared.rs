use bridge::threadsafe;

pub trait Store {}

#[threadsafe(facade = pub blocking::Store)]
impl dyn Store {
    pub async fn get(&self) {}
}

fn main() {}
