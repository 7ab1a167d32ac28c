mod blocking {
    bridge::facade! {
        pub struct Client(crate::Client): Iterator;
    }
}
pub struct Client;

fn main() {}
