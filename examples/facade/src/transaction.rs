//! Changes that are made together.

use crate::{Client, Result};

/// Changes that [`commit`](Transaction::commit) makes, and that are rolled back otherwise.
#[derive(Debug)]
pub struct Transaction<'a> {
    client: &'a mut Client,
    changes: Vec<(String, String)>,
}

#[cfg_attr(feature = "blocking", bridge::threadsafe(facade))]
impl<'a> Transaction<'a> {
    /// Sets a key, once the transaction is committed.
    ///
    /// # Errors
    ///
    /// None yet: a server that has transactions would be asked.
    pub async fn set(&mut self, key: &str, value: &str) -> Result<()> {
        self.changes.push((key.into(), value.into()));
        Ok(())
    }

    /// Makes the changes.
    ///
    /// # Errors
    ///
    /// As [`Client::set`].
    pub async fn commit(mut self) -> Result<()> {
        for (key, value) in std::mem::take(&mut self.changes) {
            self.client.set(&key, &value).await?;
        }
        Ok(())
    }

    /// Forgets the changes, and counts them on the server, under `rolled-back`.
    ///
    /// # Errors
    ///
    /// As [`Client::set`].
    pub async fn rollback(self) -> Result<()> {
        self.client.set("rolled-back", &self.changes.len().to_string()).await
    }
}

impl<'a> Transaction<'a> {
    pub(crate) fn new(client: &'a mut Client) -> Transaction<'a> {
        Transaction { client, changes: Vec::new() }
    }
}
