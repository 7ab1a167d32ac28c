use bridge::threadsafe;

struct Client(std::cell::Cell<u64>);

#[threadsafe]
impl Client {
    async fn next(&self) -> u64 {
        self.0.replace(7)
    }
}

fn main() {}
