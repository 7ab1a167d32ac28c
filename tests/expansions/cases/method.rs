// Annotated alone: the impl is out of sight.

impl<'a, T> Client<'a, T> {
    /// Gets it.
    #[threadsafe]
    pub async fn get(&self, key: &str) -> Option<&T> {
        self.map.get(key)
    }

    #[threadsafe(handle = self.handle)]
    async fn close(self) -> io::Result<()> {
        Ok(())
    }

    #[threadsafe]
    async fn next(self: Pin<&mut Self>) -> Option<T> {
        None
    }

    #[threadsafe(name = connect)]
    async fn connect_async(address: &str) -> io::Result<Self> {
        Self::new(address)
    }
}

impl Plain {
    #[threadsafe]
    async fn describe(&self, text: &str) -> impl Display {
        self.text(text)
    }
}
