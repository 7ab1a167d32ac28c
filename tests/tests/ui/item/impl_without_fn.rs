use bridge::threadsafe;

struct Client;

#[threadsafe]
impl Client {
    const ID: u64 = 7;
}

fn main() {}
