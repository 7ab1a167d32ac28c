use bridge::threadsafe;

mod blocking {
    bridge::facade! {
        pub struct Client;
    }
}
pub struct Client;

#[threadsafe(facade)]
impl Client {
    pub async fn get(&self) {}
}

fn main() {}
