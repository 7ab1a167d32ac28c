mod blocking {
    bridge::facade! {
        handle = bridge::shared();
        pub struct Client(crate::Client): From;
    }
}
pub struct Client;

fn main() {}
