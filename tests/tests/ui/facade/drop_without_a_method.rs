mod blocking {
    bridge::facade! {
        pub struct Client(crate::Client): Drop;
    }
}
pub struct Client;

fn main() {}
