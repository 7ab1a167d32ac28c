//! A store of keys and values, with an async API, and companions for threads that block.
//!
//! Each line that names `bridge` is behind the feature `blocking`, which is off by default. `cargo test` tests the crate
//! without it, `cargo test --features blocking` with it.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod changes;
mod error;
mod store;

pub use self::changes::Changes;
pub use self::error::Error;
pub use self::store::Store;
