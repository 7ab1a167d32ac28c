use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); pub struct Response(crate::Response); }
}
pub struct Client;
pub struct Response;

#[threadsafe(facade)]
impl Client {
    pub async fn get(&self) {
        let _shared = std::rc::Rc::new(1);
        std::future::ready(()).await;
    }
}

fn main() {}
