use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); }
}
pub struct Client;

#[threadsafe(facade)]
impl Client {
    #[cfg_attr(any(), threadsafe(skip))]
    pub fn items(&self) -> futures::stream::LocalBoxStream<'static, u8> { todo!() }
}

fn main() {}
