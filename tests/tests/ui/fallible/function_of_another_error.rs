use bridge::threadsafe;

fn convert(error: std::io::Error) -> String {
    error.to_string()
}

#[threadsafe(fallible = convert)]
async fn fetch(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
