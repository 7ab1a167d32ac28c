use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); pub struct Rows(crate::Rows): Iterator; }
}
pub struct Client;
pub type Rows = futures::stream::Pending<u8>;
pub type Numbers<'a> = futures::stream::BoxStream<'a, u64>;

#[threadsafe(facade)]
impl Client {
    pub fn numbers(&self) -> Numbers<'_> { Box::pin(futures::stream::empty()) }
}

fn main() {}
