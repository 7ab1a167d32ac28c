mod blocking {
    bridge::facade! {
        pub struct Client(crate::Client): Default;
    }
}
#[derive(Default)]
pub struct Client;

fn main() {}
