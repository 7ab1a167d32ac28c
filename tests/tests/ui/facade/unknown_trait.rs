mod blocking {
    bridge::facade! {
        pub struct Client(crate::Client): Deref;
    }
}
pub struct Client;

fn main() {}
