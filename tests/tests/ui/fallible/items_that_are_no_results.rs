use bridge::threadsafe;
use futures::stream::{self, Stream};

#[threadsafe(stream, fallible = fold)]
fn numbers() -> impl Stream<Item = u64> + Send {
    stream::empty()
}

fn main() {}
