#[threadsafe(handle = self.handle, suffix = "_sync", fallible)]
impl<T: Clone, const N: usize> Pool<'_, T, N> {
    /// How many at most.
    pub const SIZE: usize = N;

    /// Makes one.
    pub async fn new(size: usize) -> Self {
        Pool::of(size)
    }

    /// Takes one out.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub async fn take(&mut self, index: usize) -> Result<T, Empty> {
        self.items.take(index)
    }

    #[threadsafe(name = lent, timeout = self.limit)]
    async fn lend(self: Arc<Self>) -> T {
        self.item()
    }

    fn all(&self) -> BoxFuture<'_, Vec<T>> {
        Box::pin(async { self.items() })
    }

    #[threadsafe(skip)]
    async fn background(&self) {}

    #[threadsafe(skip)]
    fn reply(&self) -> impl Future<Output = T> {
        async { self.item() }
    }

    pub fn len(&self) -> usize {
        N
    }
}
