use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); pub struct Response(crate::Response); }
}
pub struct Client;
pub struct Response;

#[threadsafe(facade)]
impl Clone for Client {
    fn clone(&self) -> Self { Client }
}

fn main() {}
