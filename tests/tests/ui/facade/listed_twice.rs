mod blocking {
    bridge::facade! {
        pub struct Client(crate::Client);
        pub struct Other(crate::Client);
    }
}
pub struct Client;

fn main() {}
