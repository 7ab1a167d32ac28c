/// Keeps things.
#[threadsafe]
pub trait Store<T>: Base {
    type Key;

    /// Gets one.
    #[cfg(feature = "get")]
    async fn get(&self, key: &Self::Key) -> Option<T>;

    async fn set<U: Into<T>>(&mut self, key: Self::Key, value: &U, note: impl Display);

    async fn close(self) -> Result<Self::Key, T>;

    #[threadsafe(skip)]
    async fn background(&self);

    fn len(&self) -> usize;
}
