use mockall::automock;

struct Store;

#[automock]
#[bridge::threadsafe]
impl Store {
    async fn get(&self, key: u64) -> u64 { key }
}

fn main() {}
