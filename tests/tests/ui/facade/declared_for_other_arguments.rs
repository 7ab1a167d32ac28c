use bridge::threadsafe;

pub struct Client<T>(T);

#[threadsafe(facade = pub blocking::Client)]
impl Client<u8> {
    pub async fn get(&self) {}
}

fn main() {}
