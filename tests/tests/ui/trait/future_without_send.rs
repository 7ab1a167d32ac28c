use bridge::threadsafe;

#[threadsafe]
trait Store {
    fn get(&self) -> impl Future<Output = u64>;
}

fn main() {}
