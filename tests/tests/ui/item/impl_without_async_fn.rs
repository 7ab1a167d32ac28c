use bridge::threadsafe;

struct Client;

#[threadsafe]
impl Client {
    fn id(&self) -> u64 {
        7
    }
}

fn main() {}
