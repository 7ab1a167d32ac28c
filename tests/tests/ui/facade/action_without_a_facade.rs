use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); pub struct Response(crate::Response); }
}
pub struct Client;
pub struct Response;

type Find = std::future::Ready<u8>;

#[threadsafe(facade)]
impl Client {
    pub fn find(&self) -> Find { std::future::ready(1) }
}

fn main() {}
