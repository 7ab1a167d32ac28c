use bridge::threadsafe;

#[threadsafe(handle = event_loop)]
async fn fetch(id: u64) -> u64 {
    id
}

fn main() {}
