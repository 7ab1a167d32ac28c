mod blocking {
    bridge::facade! {
        pub struct Client(crate::Client) + Read;
    }
}
pub struct Client;

fn main() {}
