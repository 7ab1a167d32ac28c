use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); }
}
pub struct Client;

#[threadsafe(facade)]
impl Client {
    pub async fn get(&self) -> Result<u8, String> { Ok(1) }
    pub async fn count(&self) -> std::fmt::Result { Ok(()) }
    pub async fn put(&self, value: u8) -> Result<(), String> { drop(value); Ok(()) }
}

fn main() {}
