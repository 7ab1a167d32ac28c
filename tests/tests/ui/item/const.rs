use bridge::threadsafe;

#[threadsafe]
const LIMIT: u64 = 3;

fn main() {}
