bridge::facade! {
    handle = bridge::shared();
    pub struct Memory(crate::Memory);
}

/// A store.
#[threadsafe(facade)]
pub trait Store<K: Send> {
    type Value: Send;

    /// Gets.
    async fn get(&self, key: K) -> Result<Self::Value, Error>;

    async fn has(&self, key: K) -> bool {
        self.get(key).await.is_ok()
    }

    fn size(&self) -> usize;
}
