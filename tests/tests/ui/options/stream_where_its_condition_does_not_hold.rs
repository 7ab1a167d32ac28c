use bridge::threadsafe;

struct Client;

#[threadsafe]
impl Client {
    #[cfg_attr(any(), threadsafe(stream))]
    fn all(&self) -> futures::stream::BoxStream<'static, u8> {
        Box::pin(futures::stream::empty())
    }
}

fn main() {}
