use bridge::threadsafe;

pub struct Client;

#[threadsafe(facade = pub crate::blocking::Client)]
impl Client {
    pub async fn get(&self) {}
}

fn main() {}
