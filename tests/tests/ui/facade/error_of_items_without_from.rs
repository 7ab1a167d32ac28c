mod blocking {
    bridge::facade! {
        handle = bridge::shared();
        pub struct Client(crate::Client) {
            pub fn events(&self) -> impl Stream<Item = Result<u8, bridge::Error>>;
        }
    }
}
pub struct Client;

impl Client {
    pub fn events(&self) -> futures::stream::Empty<Result<u8, String>> { futures::stream::empty() }
}

fn main() {}
