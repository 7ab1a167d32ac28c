mod put {
    pub struct Put;
}
pub use put::Put;
pub struct Client;

#[bridge::threadsafe(facade)]
impl Client {
    pub fn put(&self) -> crate::put::Put { put::Put }
}
mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); pub struct Put(crate::Put); }
}

fn main() {}
