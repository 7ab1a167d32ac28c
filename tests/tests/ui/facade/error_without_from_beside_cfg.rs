use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); }
}
pub struct Client;

#[threadsafe(facade)]
impl Client {
    #[cfg(any())]
    pub async fn absent(&self) -> Result<u8, String> { Ok(1) }
    #[cfg(all())]
    pub async fn conditional(&self) -> Result<u8, String> { Ok(1) }
    pub async fn get(&self) -> Result<u8, String> { Ok(1) }
    pub async fn put(&self, value: u8) -> Result<(), String> { drop(value); Ok(()) }
}

fn main() {}
