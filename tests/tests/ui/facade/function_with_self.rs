mod blocking {
    bridge::facade! {
        handle = bridge::shared();
        pub struct Client(crate::Client);
        pub async fn get(&self) -> u8 = crate::Client::get;
    }
}
pub struct Client;
impl Client {
    pub async fn get(&self) -> u8 { 1 }
}

fn main() {}
