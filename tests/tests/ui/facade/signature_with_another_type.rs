mod blocking {
    bridge::facade! {
        pub struct Client(crate::Client) {
            pub async fn get(&self) -> u8;
        }
    }
}
pub struct Client;

impl Client {
    pub async fn get(&self) -> u16 { 1 }
}

fn main() {}
