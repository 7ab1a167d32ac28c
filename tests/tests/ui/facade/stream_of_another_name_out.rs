use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); pub struct Rows(crate::Rows): Iterator; }
}
pub struct Client;
pub type Rows = futures::stream::Pending<u8>;

type Cursor = futures::stream::Empty<u8>;

#[threadsafe(facade)]
impl Client {
    pub async fn find(&self) -> Result<Cursor, bridge::Error> { Ok(futures::stream::empty()) }
}

fn main() {}
