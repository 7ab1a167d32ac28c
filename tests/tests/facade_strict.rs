//! A crate that denies all it can: a generated facade trips nothing that its async type does not.

#![forbid(unsafe_code)]
#![deny(missing_docs, warnings, unused, unreachable_pub, unused_qualifications, rust_2018_idioms)]
#![deny(missing_debug_implementations, single_use_lifetimes, trivial_casts, unused_lifetimes, let_underscore_drop)]
#![deny(redundant_lifetimes, explicit_outlives_requirements)]
#![deny(clippy::all, clippy::pedantic)]

// Its timeout ends a test that hangs.
use bridge_tests as _;

pub mod blocking {
    //! What such a crate would publish.

    pub use crate::api::StoreBlocking as Store;

    use std::pin::Pin;

    use crate::api;

    bridge::facade! {
        handle = bridge::shared();

        /// A client.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct Client(api::Client): Default + From<String> + FromStr + AsRef<str> + Display + TryFrom<u64>;

        /// A response.
        #[derive(Debug)]
        pub struct Response(api::Response): Read + Write;

        /// Pages.
        #[derive(Clone, Debug)]
        pub struct Pages<'a, T>(api::Pages<'a, T>) where T: Send;

        /// Rows, which are not to be moved.
        #[derive(Debug)]
        pub struct Rows(Pin<Box<api::Rows>>): Iterator<Item = Result<api::Client, api::Error>>;

        /// A transaction.
        #[derive(Debug)]
        pub struct Transaction<'a>(api::Transaction<'a>): Drop(rollback);

        /// An action.
        #[cfg(all())]
        #[derive(Debug)]
        pub struct Find(api::Find): IntoFuture;

        /// Not there.
        #[cfg(any())]
        pub struct Never(api::Never): IntoFuture + Read + Iterator + Drop(close) + Default {
            /// Not there.
            pub async fn close(self);
        }
    }
}

pub mod api {
    //! The async crate.

    use std::fmt;
    use std::io;
    use std::marker::PhantomPinned;
    use std::pin::Pin;
    use std::str::FromStr;
    use std::task::{Context, Poll};
    use std::time::Duration;

    use bridge::threadsafe;
    use futures::Stream;
    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

    async fn tick() {
        tokio::task::yield_now().await;
    }

    /// An error.
    #[derive(Debug)]
    pub struct Error(String);

    impl fmt::Display for Error {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(&self.0)
        }
    }

    impl std::error::Error for Error {}

    impl From<bridge::Error> for Error {
        fn from(error: bridge::Error) -> Self {
            Error(error.to_string())
        }
    }

    /// A client.
    #[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub struct Client {
        url: String,
    }

    impl From<String> for Client {
        fn from(url: String) -> Self {
            Client { url }
        }
    }

    impl FromStr for Client {
        type Err = Error;

        fn from_str(text: &str) -> Result<Self, Error> {
            Ok(Client { url: text.to_owned() })
        }
    }

    impl TryFrom<u64> for Client {
        type Error = Error;

        fn try_from(number: u64) -> Result<Self, Error> {
            if number == 0 { Err(Error("zero".into())) } else { Ok(Client { url: number.to_string() }) }
        }
    }

    impl AsRef<str> for Client {
        fn as_ref(&self) -> &str {
            &self.url
        }
    }

    impl fmt::Display for Client {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(&self.url)
        }
    }

    #[threadsafe(facade)]
    impl Client {
        /// Connects.
        ///
        /// # Errors
        ///
        /// When there is nobody at [`Client::url`].
        pub async fn connect(url: &str) -> Result<Self, Error> {
            tick().await;
            Ok(Client { url: url.to_owned() })
        }

        /// Where it is.
        #[must_use]
        pub fn url(&self) -> &str {
            &self.url
        }

        /// Elsewhere.
        #[must_use]
        pub fn at(mut self, url: &str) -> Self {
            url.clone_into(&mut self.url);
            self
        }

        /// Elsewhere, too.
        pub fn move_to(&mut self, url: &str) -> &mut Self {
            url.clone_into(&mut self.url);
            self
        }

        /// Old.
        #[deprecated = "use `get`"]
        #[must_use]
        pub async fn old(&self, _id: u64) -> u64 {
            tick().await;
            1
        }

        /// Gets.
        ///
        /// ```compile_fail
        /// client.get("key").await
        /// ```
        ///
        /// # Errors
        ///
        /// None.
        pub async fn get<K: AsRef<str>>(&self, key: K, (_a, _b): (u8, u8)) -> Result<Response, Error> {
            tick().await;
            Ok(Response { text: key.as_ref().as_bytes().to_vec() })
        }

        /// Gets pages.
        pub async fn pages<'a, T>(&self, all: &'a [T]) -> Pages<'a, T> {
            tick().await;
            Pages { all }
        }

        /// Gets rows.
        pub async fn rows(&self, count: u8) -> Rows {
            tick().await;
            Rows { count, _pinned: PhantomPinned }
        }

        /// Begins.
        ///
        /// # Errors
        ///
        /// None.
        pub async fn begin(&mut self) -> Result<Transaction<'_>, Error> {
            tick().await;
            Ok(Transaction { client: self })
        }

        /// Begins an action.
        #[must_use]
        pub fn find(&self) -> Find {
            Find(self.clone())
        }

        /// Waits, for a while.
        ///
        /// # Errors
        ///
        /// None.
        #[threadsafe(timeout = Duration::from_secs(9))]
        pub async fn wait(&self) -> Result<(), Error> {
            tick().await;
            Ok(())
        }

        /// With a parameter that is there, and one that is not.
        pub async fn sometimes(&self, #[cfg(test)] here: u8, #[cfg(not(test))] not: Never) -> u8 {
            tick().await;
            here
        }

        /// Returns a future.
        pub fn later(&self) -> impl Future<Output = usize> + Send + '_ {
            let length = self.url.len();
            async move {
                tick().await;
                length
            }
        }
    }

    /// A response.
    #[derive(Debug)]
    pub struct Response {
        text: Vec<u8>,
    }

    #[threadsafe(facade)]
    impl Response {
        /// All of it.
        ///
        /// # Errors
        ///
        /// Where it is no text.
        pub async fn text(self) -> Result<String, Error> {
            tick().await;
            String::from_utf8(self.text).map_err(|error| Error(error.to_string()))
        }
    }

    impl AsyncRead for Response {
        fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            let count = self.text.len().min(into.remaining());
            into.put_slice(&self.text.drain(..count).collect::<Vec<u8>>());
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Response {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
            self.text.extend_from_slice(from);
            Poll::Ready(Ok(from.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    /// Pages.
    #[derive(Clone, Debug)]
    pub struct Pages<'a, T> {
        all: &'a [T],
    }

    #[threadsafe(facade)]
    impl<'a, T: Send> Pages<'a, T> {
        /// The first.
        pub async fn first(&self) -> Option<&'a T> {
            tick().await;
            self.all.first()
        }

        /// All.
        #[must_use]
        pub fn all(&self) -> &'a [T] {
            self.all
        }
    }

    /// Rows.
    #[derive(Debug)]
    pub struct Rows {
        count: u8,
        _pinned: PhantomPinned,
    }

    #[threadsafe(facade)]
    impl Rows {
        /// How many are left.
        #[must_use]
        pub fn left(&self) -> u8 {
            self.count
        }

        /// Asks.
        pub async fn ask(&self) -> u8 {
            tick().await;
            self.count
        }
    }

    impl Stream for Rows {
        type Item = Result<Client, Error>;

        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready((self.count > 0).then(|| Ok(Client::default())))
        }
    }

    /// A transaction.
    #[derive(Debug)]
    pub struct Transaction<'a> {
        client: &'a mut Client,
    }

    #[threadsafe(facade)]
    impl Transaction<'_> {
        /// Commits.
        pub async fn commit(self) -> usize {
            tick().await;
            self.client.url.len()
        }

        /// Rolls back.
        pub async fn rollback(self) {
            tick().await;
        }
    }

    /// An action.
    #[derive(Debug)]
    pub struct Find(Client);

    impl IntoFuture for Find {
        type Output = usize;
        type IntoFuture = Pin<Box<dyn Future<Output = usize> + Send>>;

        fn into_future(self) -> Self::IntoFuture {
            Box::pin(async move { self.0.later().await })
        }
    }

    /// A store.
    #[threadsafe(facade)]
    pub trait Store<K> {
        /// What is in it.
        type Value: Send;

        /// Gets.
        ///
        /// # Errors
        ///
        /// None.
        async fn get(&self, key: K) -> Result<Self::Value, Error>;

        /// Whether it is there.
        async fn has(&self, key: K) -> bool
        where
            K: Send,
        {
            self.get(key).await.is_ok()
        }

        /// Its size.
        #[must_use]
        fn size(&self) -> usize {
            0
        }

        /// Counts.
        #[deprecated = "use `size`"]
        async fn count(&self) -> usize
        where
            K: Send,
        {
            0
        }

        /// Its length.
        #[cfg_attr(all(), deprecated = "use `size`")]
        fn length(&self) -> usize {
            0
        }
    }

    impl Store<u8> for Client {
        type Value = u8;

        async fn get(&self, key: u8) -> Result<u8, Error> {
            tick().await;
            Ok(key)
        }
    }
}

#[test]
fn what_is_generated_works() {
    use std::io::{Read as _, Write as _};

    use blocking::{Client, Store as _};

    let mut client = Client::connect("a").unwrap().at("b");
    assert_eq!(client.move_to("c").url(), "c");
    assert_eq!(client, "c".parse().unwrap());
    assert_eq!(client.to_string(), client.as_ref());
    assert!(Client::try_from(0).is_err());
    assert!(Client::default() < Client::from("x".to_owned()));
    assert_eq!(client.get("key", (1, 2)).unwrap().text().unwrap(), "key");
    let mut response = client.get("key", (1, 2)).unwrap();
    response.write_all(b"more").unwrap();
    let mut text = String::new();
    response.read_to_string(&mut text).unwrap();
    assert_eq!(text, "keymore");
    let numbers = [1, 2];
    let pages = client.pages(&numbers);
    assert_eq!((pages.first(), pages.all().len()), (Some(&1), 2));
    let mut rows = client.rows(1);
    assert_eq!((rows.left(), rows.ask()), (1, 1));
    assert_eq!(rows.next().unwrap().unwrap().url(), "");
    assert_eq!(client.begin().unwrap().commit(), 1);
    assert_eq!(client.find().run(), 1);
    client.wait().unwrap();
    assert_eq!(client.sometimes(3), 3);
    assert_eq!(client.later(), 1);
    assert!(client.has(1_u8));
}
