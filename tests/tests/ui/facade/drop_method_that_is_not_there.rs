mod blocking {
    bridge::facade! {
        pub struct Client(crate::Client): Drop(close);
    }
}
pub struct Client;

fn main() {}
