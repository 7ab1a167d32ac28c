use bridge::threadsafe;

pub async fn connect() -> Reply {
    Reply
}

mod blocking {
    bridge::facade! {
        handle = bridge::shared();
        pub struct Client(crate::Client);
        pub struct Response(crate::Response);
        pub async fn connect() -> crate::Reply = crate::connect;
    }
}
pub struct Client;
pub struct Response;
pub use self::Response as Reply;

#[threadsafe(facade)]
impl Client {}

fn main() {}
