bridge::facade! {
    handle = bridge::shared();
    pub struct Client(crate::Client);

    /// Connects. See [`crate::Client`].
    pub async fn connect<A: ToAddress>(address: A) -> Result<crate::Client, Error> = crate::connect;
    #[threadsafe(timeout = LIMIT)]
    pub fn lookup(name: &str) -> impl Future<Output = Option<Ip>> = crate::dns::lookup;
    pub fn version() -> &'static str = crate::version;
}
