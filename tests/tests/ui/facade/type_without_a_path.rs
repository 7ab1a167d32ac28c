use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); }
}
pub struct Client;
pub trait Store {}

#[threadsafe(facade)]
impl dyn Store {
    pub async fn get(&self) {}
}

fn main() {}
