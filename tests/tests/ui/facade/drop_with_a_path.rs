mod blocking {
    bridge::facade! {
        pub struct Client(crate::Client): Drop(crate::close);
    }
}
pub struct Client;
pub async fn close(_: Client) {}

fn main() {}
