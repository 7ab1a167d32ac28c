use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); pub struct Response(crate::Response); }
}
pub struct Client;
pub struct Response;

type Reply = Option<(u8, Response)>;

#[threadsafe(facade)]
impl Client {
    pub async fn send(&self) -> Reply { None }
}

fn main() {}
