#[threadsafe(stream)]
fn numbers(end: u64) -> impl Stream<Item = u64> {
    stream::iter(0..end)
}

#[threadsafe(stream)]
fn lines<T: Read>(from: T, name: &str) -> BoxStream<'_, io::Result<String>> {
    lines_of(from, name)
}

#[threadsafe(stream, fallible, timeout = Duration::from_secs(1))]
async fn events(name: &str) -> Pin<Box<dyn Stream<Item = Event> + Send>> {
    subscribe(name).await
}

#[threadsafe(stream, fallible)]
fn results(end: u64) -> impl Stream<Item = io::Result<u64>> {
    stream::iter(0..end).map(Ok)
}
