/// Fetches the page with this number.
///
/// It is not cached.
#[threadsafe]
pub async fn fetch(id: u64, name: &str) -> io::Result<String> {
    get(id, name).await
}

#[threadsafe]
async fn ping() {}
