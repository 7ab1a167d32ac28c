use bridge::threadsafe;

trait Stream {
    type Item;
}

impl Stream for u64 {
    type Item = u64;
}

#[threadsafe]
fn numbers() -> impl Stream<Item = u64> {
    3
}

fn main() {}
