use bridge::threadsafe;

fn convert(error: bridge::Error) -> String {
    error.to_string()
}

#[threadsafe(fallible = convert)]
async fn store(id: u64) {
    drop(id);
}

fn main() {}
