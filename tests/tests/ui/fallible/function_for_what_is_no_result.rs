use bridge::threadsafe;

fn convert(error: bridge::Error) -> String {
    error.to_string()
}

#[threadsafe(fallible = convert)]
async fn fetch(id: u64) -> u64 {
    id
}

fn main() {}
