use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); pub struct Response(crate::Response); }
}
pub struct Client;
pub struct Response;

#[threadsafe(facade)]
impl Client {
    pub async fn each<F: Fn(Response) + Send>(&self, _f: F) {}
}

fn main() {}
