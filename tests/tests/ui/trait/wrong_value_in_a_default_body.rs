use bridge::threadsafe;

#[threadsafe]
trait Store {
    async fn get(&self) -> u64 {
        "text"
    }
}

fn main() {}
