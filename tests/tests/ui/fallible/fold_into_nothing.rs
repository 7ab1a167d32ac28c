use bridge::threadsafe;

#[threadsafe(fallible = fold)]
async fn fetch(id: u64) {
    drop(id);
}

fn main() {}
