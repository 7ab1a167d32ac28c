//! What goes wrong.

use std::{fmt, io};

/// The result of each method.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a request has failed.
#[derive(Debug)]
pub enum Error {
    /// The connection has.
    Io(io::Error),
    /// The server has answered something else than the protocol says.
    Protocol(String),
    /// A blocking call has: its loop is closed, or its timeout has run out.
    #[cfg(feature = "blocking")]
    Blocking(bridge::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io(error) => write!(f, "the connection failed: {error}"),
            Error::Protocol(line) => write!(f, "the server answered {line:?}"),
            #[cfg(feature = "blocking")]
            Error::Blocking(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        Error::Io(error)
    }
}

/// What lets the blocking methods return the bridge's errors as this library's own.
#[cfg(feature = "blocking")]
impl From<bridge::Error> for Error {
    fn from(error: bridge::Error) -> Error {
        Error::Blocking(error)
    }
}
