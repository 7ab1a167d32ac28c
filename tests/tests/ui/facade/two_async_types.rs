mod blocking {
    bridge::facade! {
        pub struct Client(crate::Client, u8);
    }
}
pub struct Client;

fn main() {}
