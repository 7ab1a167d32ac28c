//! What can go wrong.

use std::fmt;

/// Why an operation failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// There is no value under this key.
    NotFound(String),
    /// A blocking call did not get to its end: the loop is closed, a timeout ran out, or waiting would be a deadlock.
    #[cfg(feature = "blocking")]
    Blocking(bridge::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotFound(key) => write!(f, "no value under {key:?}"),
            #[cfg(feature = "blocking")]
            Error::Blocking(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

/// What `fallible` needs to put the bridge's errors into a companion's `Result`.
#[cfg(feature = "blocking")]
impl From<bridge::Error> for Error {
    fn from(error: bridge::Error) -> Error {
        Error::Blocking(error)
    }
}
