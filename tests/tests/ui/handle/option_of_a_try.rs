#[bridge::threadsafe(handle = bridge::Handle::try_current(), fallible)]
async fn fetch() -> Result<u64, std::io::Error> {
    Ok(1)
}

fn main() {
    fetch_blocking().unwrap();
}
