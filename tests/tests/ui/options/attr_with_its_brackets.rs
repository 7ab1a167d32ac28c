use bridge::threadsafe;

#[threadsafe(attr(#[inline]))]
async fn fetch(id: u64) -> u64 {
    id
}

fn main() {}
