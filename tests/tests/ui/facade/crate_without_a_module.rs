use bridge::threadsafe;

pub struct Client;

#[threadsafe(facade)]
impl Client {
    pub async fn get(&self) {}
}

fn main() {}
