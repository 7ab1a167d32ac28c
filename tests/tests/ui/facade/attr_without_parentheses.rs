use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); }
}
pub struct Client;

#[threadsafe(facade)]
impl Client {
    #[threadsafe(attr = inline)]
    pub async fn get(&self) {}
}

fn main() {}
