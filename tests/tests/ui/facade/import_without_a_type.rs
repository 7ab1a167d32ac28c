mod blocking {
    bridge::facade! {
        handle = bridge::shared();
        pub struct Client(crate::Client);
        use std::io;
    }
}
pub struct Client;

fn main() {}
