use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); }
}
pub struct Client;

fn late(_: bridge::Error) -> u8 { 1 }

#[threadsafe(facade)]
impl Client {
    #[threadsafe(error = late)]
    pub async fn count(&self) -> u64 { 1 }
}

fn main() {}
