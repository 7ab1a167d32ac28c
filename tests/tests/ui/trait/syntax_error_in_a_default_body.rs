use bridge::threadsafe;

#[threadsafe]
trait Store {
    async fn get(&self) -> u64 {
        let = 3;
        3
    }
}

fn main() {}
