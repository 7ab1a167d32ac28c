pub async fn connect() {}

mod blocking {
    bridge::facade! {
        handle = bridge::shared();
        pub struct Client(crate::Client);
        pub async fn connect();
    }
}
pub struct Client;

fn main() {}
