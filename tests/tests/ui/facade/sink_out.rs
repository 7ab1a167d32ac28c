use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); pub struct Response(crate::Response); }
}
pub struct Client;
pub struct Response;

#[threadsafe(facade)]
impl Client {
    pub fn sink(&self) -> impl futures::Sink<u8> { futures::sink::drain() }
}

fn main() {}
