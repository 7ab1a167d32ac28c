use bridge::threadsafe;

#[threadsafe(local, handle = bridge::Handle::current())]
async fn fetch(id: u64) -> u64 {
    id
}

fn main() {}
