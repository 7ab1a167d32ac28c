//! The blocking client of `tokio_postgres`.

pub use fallible_iterator;
pub use tokio_postgres::blocking::{
    CancelToken, Client, CopyInWriter, CopyOutReader, GenericClient, Notifications, RowIter, Transaction,
    TransactionBuilder,
};
pub use tokio_postgres::{
    Column, Error, IsolationLevel, NoTls, Notification, Portal, Row, SimpleQueryMessage, SimpleQueryRow, Socket,
    Statement, ToStatement, error, row, tls, types,
};

pub use crate::config::Config;

/// Copies in the binary format.
pub mod binary_copy {
    pub use tokio_postgres::binary_copy::BinaryCopyOutRow;
    pub use tokio_postgres::blocking::{BinaryCopyInWriter, BinaryCopyOutIter};
}

/// How to connect.
pub mod config {
    pub use tokio_postgres::blocking::Config;
    pub use tokio_postgres::config::{
        ChannelBinding, Host, LoadBalanceHosts, SslMode, SslNegotiation, TargetSessionAttrs,
    };
}

/// Notifications of the server.
pub mod notifications {
    pub use tokio_postgres::blocking::{BlockingIter, Iter, Notifications, TimeoutIter};
}

#[cfg(test)]
mod test;
