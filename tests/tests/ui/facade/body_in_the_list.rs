mod blocking {
    bridge::facade! {
        pub struct Client(crate::Client) {
            pub async fn get(&self) { }
        }
    }
}
pub struct Client;

fn main() {}
