mod blocking {
    bridge::facade! {
        handle = 1;
        pub struct Client(crate::Client);
    }
}
pub struct Client;

fn main() {}
