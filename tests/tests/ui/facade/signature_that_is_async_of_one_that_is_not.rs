mod blocking {
    bridge::facade! {
        pub struct Client(crate::Client) {
            pub async fn get(&self) -> u8;
        }
    }
}
pub struct Client;

impl Client {
    pub fn get(&self) -> u8 { 1 }
}

fn main() {}
