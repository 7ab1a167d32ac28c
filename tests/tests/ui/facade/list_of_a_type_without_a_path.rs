mod blocking {
    bridge::facade! {
        pub struct Client(&'static crate::Client);
    }
}
pub struct Client;

fn main() {}
