//! A client of a small key-value server, as a library would publish it: the async API at the root, and the same types for
//! threads that block in [`blocking`], by the feature of that name. The module is one list and no method.
//!
//! The protocol is lines of text: `set KEY VALUE`, `get KEY`, `keys`. The server is in [`server`], so that the examples need
//! none.

mod client;
mod error;
mod keys;
pub mod server;
mod transaction;

#[cfg(feature = "blocking")]
pub mod blocking;

pub use client::{Client, ClientBuilder};
pub use error::{Error, Result};
pub use keys::Keys;
pub use transaction::Transaction;
