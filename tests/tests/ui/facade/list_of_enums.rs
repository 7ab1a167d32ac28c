mod blocking {
    bridge::facade! {
        pub enum Client {}
    }
}
pub struct Client;

fn main() {}
