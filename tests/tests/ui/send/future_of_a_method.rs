use bridge::threadsafe;

struct Client;

#[threadsafe]
impl Client {
    async fn count(&self, id: u64) -> u64 {
        let shared = std::rc::Rc::new(id);
        tokio::task::yield_now().await;
        *shared
    }
}

fn main() {}
