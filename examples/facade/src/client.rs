//! The client.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use crate::{Error, Keys, Result, Transaction};

/// A connection to a server. Clones share it.
#[derive(Clone, Debug)]
pub struct Client {
    connection: Arc<Mutex<BufStream<TcpStream>>>,
    address: SocketAddr,
    prefix: Arc<str>,
}

/// Sets up a [`Client`].
#[derive(Clone, Debug, Default)]
pub struct ClientBuilder {
    prefix: String,
}

#[cfg_attr(feature = "blocking", bridge::threadsafe(facade))]
impl ClientBuilder {
    /// A builder with the defaults.
    #[must_use]
    pub fn new() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// What all keys begin with.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> ClientBuilder {
        self.prefix = prefix.into();
        self
    }

    /// Connects.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the server does not answer.
    pub async fn connect(self, address: SocketAddr) -> Result<Client> {
        let stream = TcpStream::connect(address).await?;
        Ok(Client { connection: Arc::new(Mutex::new(BufStream::new(stream))), address, prefix: self.prefix.into() })
    }
}

#[cfg_attr(feature = "blocking", bridge::threadsafe(facade))]
impl Client {
    /// A builder, where the defaults of [`Client::connect`] won't do.
    #[must_use]
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// Connects.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the server does not answer.
    pub async fn connect(address: SocketAddr) -> Result<Client> {
        Client::builder().connect(address).await
    }

    /// The server's address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets a key.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the connection fails, [`Error::Protocol`] if the server refuses.
    pub async fn set(&self, key: &str, value: &str) -> Result<()> {
        match self.request(&format!("set {}{key} {value}", self.prefix)).await?.as_str() {
            "ok" => Ok(()),
            other => Err(Error::Protocol(other.into())),
        }
    }

    /// The value of a key, if it is set.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the connection fails.
    pub async fn get(&self, key: &str) -> Result<Option<String>> {
        let line = self.request(&format!("get {}{key}", self.prefix)).await?;
        Ok(line.strip_prefix("value ").map(String::from))
    }

    /// All keys that are set, as a stream, over a connection of its own.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the server does not answer.
    pub async fn keys(&self) -> Result<Keys> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(b"keys\n").await?;
        Ok(Keys::new(stream))
    }

    /// Gathers changes, to be made by [`Transaction::commit`] and forgotten otherwise.
    pub async fn begin(&mut self) -> Transaction<'_> {
        Transaction::new(self)
    }
}

impl Client {
    async fn request(&self, line: &str) -> Result<String> {
        let mut connection = self.connection.lock().await;
        connection.write_all(format!("{line}\n").as_bytes()).await?;
        connection.flush().await?;
        let mut answer = String::new();
        connection.read_line(&mut answer).await?;
        Ok(answer.trim_end().into())
    }
}
