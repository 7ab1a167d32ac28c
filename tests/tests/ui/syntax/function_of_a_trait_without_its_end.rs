use bridge::threadsafe;

#[threadsafe]
trait Store {
    async fn fetch(&self)
}

fn main() {}
