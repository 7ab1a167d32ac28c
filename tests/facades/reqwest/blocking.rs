//! A blocking client, generated from the async one.

use std::io::{self, Read};
use std::time::Duration;

use bridge::Facade as _;
use bytes::{Buf as _, Bytes};

pub use self::facades::{Body, Client, ClientBuilder, Request, RequestBuilder, Response};

mod readers;

pub(crate) mod facades {
    bridge::facade! {
        handle = bridge::shared();

        #[derive(Clone, Debug)]
        pub struct Client(crate::Client);
        #[derive(Debug)]
        #[must_use]
        pub struct ClientBuilder(crate::ClientBuilder): From<crate::ClientBuilder>;
        #[derive(Debug)]
        pub struct Request(crate::Request);
        #[derive(Debug)]
        #[must_use = "RequestBuilder does nothing until you 'send' it"]
        pub struct RequestBuilder(crate::RequestBuilder);
        #[derive(Debug)]
        pub struct Response(crate::Response);
        #[derive(Debug)]
        pub struct Body(crate::Body): From<Vec<u8>> + From<String> + From<&'static [u8]> + From<&'static str> + From<bytes::Bytes> + From<std::fs::File>;
        #[cfg(feature = "multipart")]
        #[derive(Debug, Default)]
        pub struct Form(crate::multipart::Form);
        #[cfg(feature = "multipart")]
        #[derive(Debug)]
        pub struct Part(crate::multipart::Part);
    }
}

/// Forms of several parts.
#[cfg(feature = "multipart")]
pub mod multipart {
    pub use super::facades::{Form, Part};
}

/// Sends a `GET` request with a client of its own.
pub fn get<T: crate::IntoUrl>(url: T) -> crate::Result<Response> {
    Client::builder().build()?.get(url).send()
}

impl From<bridge::Error> for crate::Error {
    fn from(error: bridge::Error) -> crate::Error {
        match error {
            bridge::Error::TimedOut(_) => crate::error::request(crate::error::TimedOut),
            error => crate::error::request(error),
        }
    }
}

// A blocking client has a timeout of 30 seconds, and `None` for no timeout.

const TIMEOUT: Duration = Duration::from_secs(30);

impl Client {
    /// A client with the default configuration.
    pub fn new() -> Client {
        Client::builder().build().expect("Client::new()")
    }

    /// A builder of a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }
}

impl Default for Client {
    fn default() -> Client {
        Client::new()
    }
}

impl ClientBuilder {
    /// The default configuration.
    pub fn new() -> ClientBuilder {
        crate::ClientBuilder::new().timeout(TIMEOUT).into()
    }

    /// How long a request may take, body and all: 30 seconds by default, and no end with `None`.
    pub fn timeout<T: Into<Option<Duration>>>(self, timeout: T) -> ClientBuilder {
        self.map_async(|builder| builder.timeout(timeout.into().unwrap_or(Duration::MAX)))
    }

    /// How long connecting may take: no end by default.
    pub fn connect_timeout<T: Into<Option<Duration>>>(self, timeout: T) -> ClientBuilder {
        match timeout.into() {
            Some(timeout) => self.map_async(|builder| builder.connect_timeout(timeout)),
            None => self,
        }
    }
}

impl Default for ClientBuilder {
    fn default() -> ClientBuilder {
        ClientBuilder::new()
    }
}

impl<T: Into<Body>> TryFrom<http::Request<T>> for Request {
    type Error = crate::Error;

    fn try_from(request: http::Request<T>) -> crate::Result<Request> {
        let request = request.map(|body| body.into().into_async());
        Ok(Request::wrap(request.try_into()?, bridge::shared()))
    }
}

impl<T: Into<crate::Body>> From<http::Response<T>> for Response {
    fn from(response: http::Response<T>) -> Response {
        Response::wrap(response.into(), bridge::shared())
    }
}

/// What is left of a chunk that did not fit into the reader's buffer.
#[derive(Clone)]
struct Rest(Bytes);

impl Read for Response {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let rest = self.extensions_mut().remove::<Rest>();
        let mut chunk = match rest {
            Some(Rest(rest)) => rest,
            None => self.chunk().map_err(io::Error::other)?.unwrap_or_default(),
        };
        let count = chunk.len().min(into.len());
        chunk.copy_to_slice(&mut into[..count]);
        if !chunk.is_empty() {
            self.extensions_mut().insert(Rest(chunk));
        }
        Ok(count)
    }
}

#[cfg(feature = "multipart")]
impl multipart::Form {
    /// Reads the whole form, as it would be sent.
    pub fn into_reader(self) -> impl Read {
        Response::from(http::Response::new(self.into_async().stream()))
    }
}
