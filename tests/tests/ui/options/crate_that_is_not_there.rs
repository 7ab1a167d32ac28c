use bridge::threadsafe;

#[threadsafe(crate = my_facade)]
async fn fetch(id: u64) -> u64 {
    id
}

fn main() {}
