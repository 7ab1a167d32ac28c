mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); pub struct Data(crate::Data); }
}
pub trait Source: Send {}
pub struct Client;
pub struct Data;

#[bridge::threadsafe(facade)]
impl Client {
    #[threadsafe(with(R = Data))]
    pub async fn finish(&self, data: impl Source + 'static) { drop(data) }
}

fn main() {}
