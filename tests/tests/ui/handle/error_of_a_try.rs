struct Missing;

fn try_loop() -> Result<&'static bridge::Handle, Missing> {
    Err(Missing)
}

#[bridge::threadsafe(handle = try_loop(), fallible)]
async fn fetch() -> Result<u64, std::io::Error> {
    Ok(1)
}

fn main() {
    fetch_blocking().unwrap();
}
