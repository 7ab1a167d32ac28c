use mockall::automock;

#[bridge::threadsafe]
#[automock]
trait Store {
    async fn get(&self, key: &str) -> u64;
}

fn main() {}
