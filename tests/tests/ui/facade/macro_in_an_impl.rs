use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); pub struct Response(crate::Response); }
}
pub struct Client;
pub struct Response;

macro_rules! getters { () => { pub fn one(&self) {} }; }

#[threadsafe(facade)]
impl Client {
    getters!();
}

fn main() {}
