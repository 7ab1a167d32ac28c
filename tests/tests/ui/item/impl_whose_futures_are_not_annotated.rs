use bridge::threadsafe;

struct Client;

#[threadsafe]
impl Client {
    fn get(&self) -> impl Future<Output = u64> + Send {
        async { 1 }
    }
}

fn main() {}
