use bridge::threadsafe;

#[threadsafe(bound(Send))]
async fn fetch<T>(id: T) -> T {
    id
}

fn main() {}
