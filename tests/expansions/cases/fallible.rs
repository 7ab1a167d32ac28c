/// Reads.
#[threadsafe(fallible)]
async fn read(id: u64) -> io::Result<u64> {
    Ok(id)
}

#[threadsafe(fallible)]
async fn count() -> usize {
    3
}

#[threadsafe(fallible = wrap)]
async fn wrapped() -> Result<u8, Mistake> {
    Ok(1)
}

#[threadsafe(fallible = fold)]
async fn folded() -> Answer {
    Ok(1)
}

#[threadsafe(timeout = Duration::from_millis(limit))]
async fn limited(limit: u64) {}

#[threadsafe(fallible)]
async fn alias(id: u64) -> PyResult<String> {
    get(id).await
}

#[threadsafe(fallible = crate::error::from_bridge)]
async fn foreign(id: u64) -> Result<String, PyErr> {
    get(id).await
}
