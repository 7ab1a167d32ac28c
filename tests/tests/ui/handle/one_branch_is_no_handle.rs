use bridge::threadsafe;

#[threadsafe(handle = match id { 0 => bridge::global(), _ => "other" })]
async fn fetch(id: u64) -> u64 {
    id
}

fn main() {}
