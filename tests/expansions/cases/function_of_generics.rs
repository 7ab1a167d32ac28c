// What is asked beyond the async fn: `Send` of what crosses threads, `Sync` of what is behind a shared reference.

#[threadsafe]
async fn store<K: Hash, V>(map: &Map<K, V>, key: K, values: Arc<[V]>) -> Option<V>
where
    V: Clone,
{
    map.put(key, values)
}

#[threadsafe]
async fn show(out: &mut impl Write, value: &impl Display, rest: impl Iterator<Item = u8>) {}

#[threadsafe(bound(I::Item: Send))]
async fn last<I: Iterator>(items: I) -> Option<I::Item> {
    items.last()
}

#[threadsafe]
async fn fill<const N: usize, T: Copy + Send + Sync>(value: &T) -> [T; N] {
    [*value; N]
}
