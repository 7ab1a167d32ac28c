use bridge::threadsafe;

mod blocking {
    bridge::facade! { pub struct Client(crate::Client); pub struct Rows(std::pin::Pin<Box<crate::Rows>>); }
}
pub struct Client;
pub struct Rows(std::marker::PhantomPinned);

#[threadsafe(facade)]
impl Client {
    pub async fn send(&self, rows: &Rows) { let _ = rows; }
}

fn main() {}
