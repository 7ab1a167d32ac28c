use bridge::threadsafe;

#[threadsafe]
trait Store {
    async fn get<I: Iterator>(&self) -> Option<I::Item>;
}

fn main() {}
