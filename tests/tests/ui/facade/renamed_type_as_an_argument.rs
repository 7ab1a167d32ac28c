use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); pub struct Response(crate::Response); }
}
pub struct Client;
pub struct Response;

use Response as Reply;

#[threadsafe(facade)]
impl Client {
    pub fn send(&self, _reply: Reply) {}
}

fn main() {}
