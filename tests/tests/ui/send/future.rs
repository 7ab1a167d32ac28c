use bridge::threadsafe;

#[threadsafe]
async fn count(id: u64) -> u64 {
    let shared = std::rc::Rc::new(id);
    tokio::task::yield_now().await;
    *shared
}

fn main() {}
