use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); }
}
pub struct Client;

#[threadsafe(facade)]
pub trait Items {
    fn items(&self) -> impl futures::Stream<Item = u8>;
}

fn main() {}
