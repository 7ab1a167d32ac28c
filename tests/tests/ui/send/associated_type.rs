use bridge::threadsafe;

#[threadsafe]
async fn last<I: Iterator>(items: I) -> Option<I::Item> {
    items.last()
}

fn main() {}
