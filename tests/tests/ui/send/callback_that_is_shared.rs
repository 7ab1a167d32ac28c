use bridge::threadsafe;

#[threadsafe]
async fn map(by: &dyn Fn(u64) -> u64) -> u64 {
    by(1)
}

fn main() {
    map_blocking(bridge::global(), &|number| number);
}
