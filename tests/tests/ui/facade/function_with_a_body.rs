mod blocking {
    bridge::facade! {
        handle = bridge::shared();
        pub struct Client(crate::Client);
        pub fn connect() -> Client {
            todo!()
        }
    }
}
pub struct Client;

fn main() {}
