bridge::facade! {
    handle = bridge::shared();
    /// A client that blocks.
    #[derive(Clone, Debug)]
    pub struct Client(crate::Client);
    pub struct Response(crate::Response);
    pub struct Transaction<'a>(crate::Transaction<'a>): Drop(rollback);
}

#[threadsafe(facade)]
impl Client {
    /// Connects.
    ///
    /// ```
    /// Client::connect("example.com").await?;
    /// ```
    pub async fn connect(url: &str) -> Result<Self, Error> {
        open(url).await
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    pub fn user(&mut self, user: &str) -> &mut Self {
        self.user = user.to_owned();
        self
    }

    pub async fn send<B: Into<Body>>(&self, body: B, options: Options) -> Result<Option<Response>, Error> {
        self.pool.send(body, options).await
    }

    pub async fn begin(&mut self) -> Result<Transaction<'_>, Error> {
        Transaction::of(self).await
    }

    #[cfg_attr(feature = "sync", threadsafe(timeout = limit))]
    pub fn wait(&self, limit: Duration) -> impl Future<Output = ()> + Send {
        sleep(limit)
    }

    #[threadsafe(skip)]
    pub fn stream(&self) -> impl Stream<Item = u8> {
        self.stream()
    }
}

#[threadsafe(facade)]
impl Transaction<'_> {
    pub async fn commit(self) -> Result<(), Error> {
        self.client.commit().await
    }
}
