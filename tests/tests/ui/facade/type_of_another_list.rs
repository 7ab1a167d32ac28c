use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Connection(crate::Connection); }

    pub mod connection {
        bridge::facade! { handle = bridge::shared(); pub struct Builder(crate::Builder); }
    }
}
pub struct Connection;
pub struct Builder;

#[threadsafe(facade = crate::blocking::connection)]
impl Builder {
    pub async fn build(&self) -> Option<Connection> { None }
    pub async fn all(&self) -> (u8, Connection) { (0, Connection) }
}

fn main() {}
