use bridge::threadsafe;

#[threadsafe(handle = self.handle)]
async fn fetch(id: u64) -> u64 {
    id
}

fn main() {}
