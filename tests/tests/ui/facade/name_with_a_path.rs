use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); }
}
pub struct Client;

#[threadsafe(facade, name = blocking::Reader)]
pub trait Reader: Send + Sync {
    async fn read(&self) -> u8;
}

fn main() {}
