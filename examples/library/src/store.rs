//! The store.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::{RwLock, broadcast};
use tokio::time::timeout;

use crate::{Changes, Error};

/// Values under keys.
#[derive(Debug)]
pub struct Store {
    values: RwLock<HashMap<String, String>>,
    changed: broadcast::Sender<String>,
}

// `attr(cfg(…))`, which holds whenever the attribute does, is for docs.rs: it says there which feature a companion needs.
#[cfg_attr(
    feature = "blocking",
    bridge::threadsafe(handle = bridge::shared(), fallible, attr(cfg(feature = "blocking")))
)]
impl Store {
    /// An empty store.
    pub fn new() -> Store {
        Store { values: RwLock::default(), changed: broadcast::Sender::new(64) }
    }

    /// Puts a value under a key.
    pub async fn set(&self, key: &str, value: &str) {
        self.values.write().await.insert(key.to_owned(), value.to_owned());
        // Nobody may listen.
        let _ = self.changed.send(key.to_owned());
    }

    /// The value under a key.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub async fn get(&self, key: &str) -> Result<String, Error> {
        self.values.read().await.get(key).cloned().ok_or_else(|| Error::NotFound(key.to_owned()))
    }

    /// Waits until a key has a value, and returns it; `None` after `limit`.
    #[cfg_attr(feature = "blocking", threadsafe(name = wait))]
    pub async fn wait_for(&self, key: &str, limit: Duration) -> Option<String> {
        let mut changes = self.changes();
        let found = async {
            loop {
                if let Ok(value) = self.get(key).await {
                    return value;
                }
                changes.changed().await;
            }
        };
        timeout(limit, found).await.ok()
    }

    /// The keys that change from now on.
    pub fn changes(&self) -> Changes {
        Changes::new(self.changed.subscribe())
    }

    /// A number of changes, waited for one after the other. No thread that blocks would do that, so it has no companion.
    #[cfg_attr(feature = "blocking", threadsafe(skip))]
    pub async fn count_to(&self, number: usize) {
        let mut changes = self.changes();
        for _ in 0..number {
            changes.changed().await;
        }
    }
}

impl Default for Store {
    fn default() -> Store {
        Store::new()
    }
}
