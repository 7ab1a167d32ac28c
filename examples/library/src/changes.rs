//! What changes in a store.

use tokio::sync::broadcast;

/// The keys that change in a [`Store`](crate::Store).
#[derive(Debug)]
pub struct Changes {
    keys: broadcast::Receiver<String>,
}

impl Changes {
    pub(crate) fn new(keys: broadcast::Receiver<String>) -> Changes {
        Changes { keys }
    }

    /// The next key; `None` once the store is gone.
    // One function that is annotated by itself, with a handle of the caller's.
    #[cfg_attr(feature = "blocking", bridge::threadsafe(fallible, attr(cfg(feature = "blocking"))))]
    pub async fn changed(&mut self) -> Option<String> {
        loop {
            match self.keys.recv().await {
                Ok(key) => return Some(key),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}
