use bridge::threadsafe;

#[threadsafe]
async fn count<I: Iterator>(mut items: I) -> usize {
    let first = items.next();
    std::future::ready(()).await;
    usize::from(first.is_some()) + items.count()
}

fn main() {}
