use bridge::threadsafe;

pub struct Client;

#[threadsafe(facade = pub BlockingClient, facade_attr(derive(Debug) derive(Clone)))]
impl Client {
    pub async fn get(&self) {}
}

fn main() {}
