use bridge::threadsafe;

#[threadsafe]
struct Client;

fn main() {}
