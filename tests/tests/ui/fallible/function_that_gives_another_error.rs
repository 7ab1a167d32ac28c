use bridge::threadsafe;

fn convert(error: bridge::Error) -> std::io::Error {
    error.into()
}

#[threadsafe(fallible = convert)]
async fn fetch(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
