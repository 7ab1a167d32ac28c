//! Facades of a small async client: what each kind of method becomes, and that its calls run where the facade says.

#![forbid(unsafe_code)]

mod client {
    use std::fmt;
    use std::pin::Pin;
    use std::str::FromStr;
    use std::sync::{Arc, Mutex};
    use std::task::{Context, Poll};
    use std::time::Duration;

    use bridge::threadsafe;
    use futures::Stream;
    use tokio::io::{AsyncRead, ReadBuf};
    use tokio::time::sleep;

    async fn tick() {
        sleep(Duration::from_millis(1)).await;
    }

    /// An error.
    #[derive(Debug)]
    pub enum Error {
        Refused(String),
        Bridge(bridge::Error),
    }

    impl fmt::Display for Error {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{self:?}")
        }
    }

    impl std::error::Error for Error {}

    impl From<bridge::Error> for Error {
        fn from(error: bridge::Error) -> Self {
            Error::Bridge(error)
        }
    }

    pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

    /// A client.
    #[derive(Clone, Debug)]
    pub struct Client {
        pub url: String,
        pub retries: u32,
        pub log: Arc<Mutex<Vec<String>>>,
    }

    #[derive(Debug)]
    pub struct Request {
        path: String,
        body: Body,
    }

    #[derive(Debug, Default, PartialEq)]
    pub struct Body(pub Vec<u8>);

    impl From<&str> for Body {
        fn from(text: &str) -> Self {
            Body(text.into())
        }
    }

    impl From<Vec<u8>> for Body {
        fn from(bytes: Vec<u8>) -> Self {
            Body(bytes)
        }
    }

    impl FromStr for Body {
        type Err = Error;

        fn from_str(text: &str) -> Result<Self> {
            if text.is_empty() { Err(Error::Refused("empty".into())) } else { Ok(text.into()) }
        }
    }

    #[derive(Debug)]
    pub struct Response {
        status: u16,
        text: Vec<u8>,
    }

    #[threadsafe(facade)]
    impl Client {
        /// Connects.
        pub async fn connect(url: &str) -> Result<Client> {
            tick().await;
            Ok(Client { url: url.into(), retries: 0, log: Arc::default() })
        }

        pub fn new() -> Self {
            Client { url: String::new(), retries: 0, log: Arc::default() }
        }

        pub const fn version() -> &'static str {
            "1"
        }

        pub fn url(&self) -> &str {
            &self.url
        }

        #[must_use]
        pub fn retries(mut self, retries: u32) -> Self {
            self.retries = retries;
            self
        }

        pub fn checked(self, retries: u32) -> Result<Self> {
            if retries > 9 { Err(Error::Refused("too many".into())) } else { Ok(self.retries(retries)) }
        }

        pub fn user(&mut self, user: &str) -> &mut Self {
            self.url.insert_str(0, user);
            self
        }

        pub async fn renamed(&mut self, user: &str) -> Result<&mut Self> {
            tick().await;
            if user.is_empty() { Err(Error::Refused("no name".into())) } else { Ok(self.user(user)) }
        }

        /// Needs a context.
        pub fn start(&self) {
            let log = self.log.clone();
            tokio::spawn(async move { log.lock().unwrap().push("started".into()) });
        }

        pub async fn get(&self, key: &str, into: &mut String) -> Result<usize> {
            tick().await;
            into.push_str(key);
            Ok(key.len())
        }

        pub fn request<B: Into<Body>>(&self, path: &str, body: B) -> Request {
            Request { path: path.into(), body: body.into() }
        }

        pub async fn send(&self, request: Request) -> Result<Response, Error> {
            tick().await;
            let text = [request.path.as_bytes(), b":", &request.body.0].concat();
            Ok(Response { status: 200, text })
        }

        pub async fn try_send(&self, request: &Request, (_, _): (&str, u8)) -> Result<Option<Response>> {
            tick().await;
            Ok((!request.path.is_empty()).then(|| Response { status: 201, text: Vec::new() }))
        }

        pub async fn send_all(&self, requests: Vec<Request>, last: Option<Request>) -> Vec<Response> {
            tick().await;
            requests.into_iter().chain(last).map(|request| Response { status: 200, text: request.body.0 }).collect()
        }

        pub fn split(self, path: &str) -> (Client, Result<Request, Error>, u8) {
            let request = self.request(path, "");
            (self, Ok(request), 1)
        }

        pub async fn transaction(&mut self) -> Result<Transaction<'_>, Error> {
            tick().await;
            self.log.lock().unwrap().push("begin".into());
            Ok(Transaction { client: self, depth: 1, done: false })
        }

        pub async fn rows(&self, count: u32) -> Result<Rows, Error> {
            tick().await;
            Ok(Rows { at: 0, count })
        }

        pub fn collection<T: Clone + Send + Sync>(&self, value: T) -> Collection<T> {
            Collection { client: self.clone(), value }
        }

        pub fn later(&self, text: &str) -> impl Future<Output = usize> + Send + use<> {
            // Needs a context.
            let sleep = sleep(Duration::from_millis(1));
            let length = text.len();
            async move {
                sleep.await;
                length
            }
        }

        pub fn boxed(&self) -> Pin<Box<dyn Future<Output = Request> + Send + '_>> {
            Box::pin(async move {
                tick().await;
                self.request("boxed", "")
            })
        }

        pub async fn never(&self) -> Result<()> {
            std::future::pending().await
        }

        pub async fn shown(&self, what: impl fmt::Display) -> String {
            tick().await;
            what.to_string()
        }

        #[threadsafe(skip)]
        pub fn into_stream(self) -> impl Stream<Item = Result<u32>> {
            Rows { at: 0, count: self.retries }
        }

        pub(crate) fn inner(&self) -> u32 {
            self.retries
        }
    }

    #[threadsafe(facade = crate::blocking)]
    impl Request {
        pub fn path(&self) -> &str {
            &self.path
        }

        #[must_use]
        pub fn body(mut self, body: impl Into<Body>) -> Request {
            self.body = body.into();
            self
        }

        pub fn new(path: &str) -> Self {
            Request { path: path.into(), body: Body(Vec::new()) }
        }
    }

    #[threadsafe(facade = super::blocking)]
    impl Response {
        pub const fn status(&self) -> u16 {
            self.status
        }

        pub async fn text(self) -> Result<String> {
            tick().await;
            String::from_utf8(self.text).map_err(|error| Error::Refused(error.to_string()))
        }
    }

    impl AsyncRead for Response {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            into: &mut ReadBuf<'_>,
        ) -> Poll<std::io::Result<()>> {
            let count = self.text.len().min(into.remaining()).min(2);
            into.put_slice(&self.text.drain(..count).collect::<Vec<u8>>());
            Poll::Ready(Ok(()))
        }
    }

    #[derive(Clone, Debug)]
    pub struct Collection<T> {
        client: Client,
        value: T,
    }

    #[threadsafe(facade)]
    impl<T: Clone> Collection<T> {
        pub async fn find(&self) -> Option<T> {
            tick().await;
            Some(self.value.clone())
        }

        pub fn client(&self) -> Client {
            self.client.clone()
        }

        pub fn with<U>(self, value: U) -> Collection<U> {
            Collection { client: self.client, value }
        }

        pub async fn checked(self) -> Result<Self, Error> {
            tick().await;
            Ok(self)
        }
    }

    #[derive(Debug)]
    pub struct Rows {
        at: u32,
        count: u32,
    }

    #[threadsafe(facade)]
    impl Rows {
        pub fn left(&self) -> u32 {
            self.count - self.at
        }
    }

    impl Stream for Rows {
        type Item = Result<u32, Error>;

        fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            if self.at == self.count {
                return Poll::Ready(None);
            }
            self.at += 1;
            cx.waker().wake_by_ref();
            if self.at.is_multiple_of(2) { Poll::Pending } else { Poll::Ready(Some(Ok(self.at))) }
        }
    }

    #[derive(Debug)]
    pub struct Transaction<'a> {
        client: &'a mut Client,
        depth: u32,
        done: bool,
    }

    #[threadsafe(facade)]
    impl<'a> Transaction<'a> {
        pub async fn execute(&mut self, query: &str) -> Result<u64, Error> {
            tick().await;
            self.client.log.lock().unwrap().push(query.into());
            Ok(1)
        }

        pub async fn commit(mut self) -> Result<(), Error> {
            tick().await;
            self.done = true;
            self.client.log.lock().unwrap().push(format!("commit {}", self.depth));
            Ok(())
        }

        pub async fn rollback(mut self) -> Result<(), Error> {
            tick().await;
            self.done = true;
            self.client.log.lock().unwrap().push(format!("rollback {}", self.depth));
            Ok(())
        }

        pub async fn transaction(&mut self) -> Result<Transaction<'_>, Error> {
            tick().await;
            Ok(Transaction { client: self.client, depth: self.depth + 1, done: false })
        }

        pub fn into_client(mut self) -> &'a mut Client2 {
            self.done = true;
            Box::leak(Box::new(Client2))
        }
    }

    #[derive(Debug)]
    pub struct Client2;

    impl Drop for Transaction<'_> {
        fn drop(&mut self) {
            if !self.done {
                // Panics where there is no context.
                let _ = tokio::runtime::Handle::current();
                self.client.log.lock().unwrap().push(format!("dropped {}", self.depth));
            }
        }
    }

    /// What clients share.
    #[threadsafe(facade)]
    pub trait GenericClient {
        async fn execute(&mut self, query: &str) -> Result<u64, Error>;
        fn is_open(&self) -> bool;
        async fn post(&mut self, request: Request) -> Result<Response, Error>;
    }

    impl GenericClient for Client {
        async fn execute(&mut self, query: &str) -> Result<u64, Error> {
            tick().await;
            self.log.lock().unwrap().push(query.into());
            Ok(1)
        }

        fn is_open(&self) -> bool {
            self.inner() < 100
        }

        async fn post(&mut self, request: Request) -> Result<Response, Error> {
            self.send(request).await
        }
    }

    /// An action.
    #[derive(Debug)]
    pub struct Find {
        pub client: Client,
        pub name: String,
    }

    #[threadsafe(facade)]
    impl Find {
        pub fn named(mut self, name: &str) -> Self {
            self.name = name.into();
            self
        }
    }

    impl IntoFuture for Find {
        type Output = Result<Request>;
        type IntoFuture = Pin<Box<dyn Future<Output = Result<Request>> + Send>>;

        fn into_future(self) -> Self::IntoFuture {
            Box::pin(async move {
                tick().await;
                Ok(self.client.request(&self.name, ""))
            })
        }
    }

    #[threadsafe(facade)]
    impl Client {
        pub fn find(&self) -> Find {
            Find { client: self.clone(), name: String::new() }
        }
    }
}

pub mod blocking {
    //! The facades.

    use crate::client;

    pub use crate::client::GenericClientBlocking as GenericClient;

    bridge::facade! {
        handle = bridge::shared();

        /// A client that blocks.
        #[derive(Clone, Debug)]
        pub struct Client(client::Client);

        #[derive(Debug)]
        pub struct Request(client::Request);

        #[derive(Debug)]
        pub struct Response(client::Response): Read;

        #[derive(Debug, PartialEq)]
        pub struct Body(client::Body): Default + From<Vec<u8>> + FromStr;

        #[derive(Clone, Debug)]
        pub struct Collection<T>(client::Collection<T>);

        #[derive(Debug)]
        pub struct Rows(client::Rows): Iterator;

        #[derive(Debug)]
        pub struct Transaction<'a>(client::Transaction<'a>): Drop(rollback);

        #[derive(Debug)]
        pub struct Find(client::Find): IntoFuture<Output = client::Result<client::Request>>;
    }
}

use std::io::Read as _;
use std::time::Duration;

use bridge::Facade as _;
// Its timeout ends a test that hangs.
use bridge_tests as _;

use self::blocking::{Body, Client, GenericClient, Request};

fn log(client: &Client) -> Vec<String> {
    client.as_async().log.lock().unwrap().clone()
}

#[test]
fn every_kind_of_method() {
    assert_eq!(Client::version(), "1");
    assert_eq!(Client::new().url(), "");
    let mut client = Client::connect("a").unwrap().retries(3).checked(4).unwrap();
    client.user("u").user("v");
    client.renamed("w").unwrap().user("x");
    assert!(client.renamed("").is_err());
    assert_eq!(client.url(), "xwvua");
    client.start();
    let mut text = String::new();
    assert_eq!(client.get("key", &mut text).unwrap(), 3);
    let request: Request = client.request("p", "b");
    let _: Request = client.request("p", "x".parse::<Body>().unwrap());
    assert!(client.try_send(&request, ("", 1)).unwrap().is_some());
    let mut response = client.send(request).unwrap();
    assert_eq!(response.status(), 200);
    let mut all = String::new();
    response.read_to_string(&mut all).unwrap();
    assert_eq!(all, "p:b");
    assert_eq!(response.text().unwrap(), "");
    let (other, request, _) = client.clone().split("q");
    assert_eq!(other.send(request.unwrap().body("z")).unwrap().text().unwrap(), "q:z");
    let all = client.send_all(vec![Request::new("x"), client.request("y", "why")], Some(Request::new("z")));
    assert_eq!(all.into_iter().map(|response| response.text().unwrap()).collect::<Vec<_>>(), ["", "why", ""]);
    assert_eq!(client.collection(5).with("a").find(), Some("a"));
    assert_eq!(client.collection(5).checked().unwrap().client().url(), "xwvua");
    let rows: Vec<u32> = client.rows(5).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows, [1, 3, 5]);
    assert_eq!(client.later("four"), 4);
    assert_eq!(client.boxed().path(), "boxed");
    assert_eq!(client.shown(7), "7");
    assert_eq!(client.find().named("n").run().unwrap().path(), "n");
    assert!(log(&client).contains(&"started".to_owned()));
}

#[test]
fn values_are_made_by_the_traits_of_std() {
    assert_eq!(Body::default(), Body::from(Vec::new()));
    assert_eq!("x".parse::<Body>().unwrap().as_async().0, b"x");
    assert!("".parse::<Body>().is_err());
}

#[test]
fn an_error_of_the_bridge_is_one_of_the_clients() {
    let client = Client::connect("a").unwrap().on(&bridge::shared().with_timeout(Duration::from_millis(5)));
    let error = client.never().unwrap_err();
    assert!(matches!(error, client::Error::Bridge(bridge::Error::TimedOut(_))));
}

#[test]
fn transactions_are_rolled_back_unless_committed() {
    let mut client = Client::connect("a").unwrap();
    let mut transaction = client.transaction().unwrap();
    transaction.execute("one").unwrap();
    {
        let mut inner = transaction.transaction().unwrap();
        inner.execute("two").unwrap();
    }
    transaction.commit().unwrap();
    assert_eq!(log(&client), ["begin", "one", "two", "rollback 2", "commit 1"]);
}

#[test]
fn a_trait_has_a_blocking_form() {
    fn generic(client: &mut impl GenericClient) -> u64 {
        assert!(client.is_open());
        client.post(Request::new("x")).unwrap();
        client.execute("three").unwrap()
    }
    let mut client = Client::connect("a").unwrap();
    assert_eq!(generic(&mut client), 1);
    assert_eq!(log(&client), ["three"]);
}
