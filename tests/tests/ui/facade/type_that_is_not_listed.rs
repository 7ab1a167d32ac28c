use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); }
}
pub struct Client;
pub struct Cursor;

#[threadsafe(facade)]
impl Cursor {
    pub async fn next(&self) {}
}

fn main() {}
