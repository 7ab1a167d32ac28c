use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); pub struct Response(crate::Response); }
}
pub struct Client;
pub struct Response;

#[threadsafe(facade)]
impl Client {
    pub async fn body(&self) -> Result<impl tokio::io::AsyncRead, bridge::Error> { Ok(tokio::io::empty()) }
}

fn main() {}
