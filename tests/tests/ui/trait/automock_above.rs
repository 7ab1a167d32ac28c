use mockall::automock;

#[automock]
#[bridge::threadsafe]
trait Store {
    async fn get(&self, key: &str) -> u64;
}

fn main() {}
