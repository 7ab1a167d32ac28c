use bridge::threadsafe;

#[threadsafe]
async fn fetch(id) {}

fn main() {}
