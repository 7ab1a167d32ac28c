use bridge::threadsafe;

#[threadsafe]
mod client {}

fn main() {}
