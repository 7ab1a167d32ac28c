mod blocking {
    bridge::facade! {
        pool = bridge::shared();
        pub struct Client(crate::Client);
    }
}
pub struct Client;

fn main() {}
