use bridge::threadsafe;

#[threadsafe]
async fn fetch(id: u64) -> u64 {
    let sum = id + ;
    sum
}

fn main() {
    fetch_blocking(bridge::global(), 1);
}
