mod blocking {
    bridge::facade! {
        pub struct Client(crate::Client);
        pub struct Clients(futures::stream::Empty<crate::Client>): Iterator;
    }
}
pub struct Client;

fn main() {}
