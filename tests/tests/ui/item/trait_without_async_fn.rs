use bridge::threadsafe;

#[threadsafe]
trait Store {
    fn get(&self) -> u64;
}

fn main() {}
