//! The streams of a loop of ours, for its shutdown (feature `stream`).
//!
//! A loop that finishes what was submitted waits for its streams, and so for those who ask them for items. The thread that
//! waits for that loop asks for nothing meanwhile: a stream that it was the last to ask would keep the two waiting for each
//! other, and is cancelled.

use std::collections::HashMap;
use std::fmt;
use std::panic::RefUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use crate::slot::contain;

/// A stream that may be cancelled.
pub(crate) trait Stoppable: Send + Sync + RefUnwindSafe {
    /// Whether that thread was the last to ask for an item.
    fn was_asked_by(&self, thread: ThreadId) -> bool;

    fn cancel(&self);
}

/// Those of a loop, by the addresses of their entries.
#[derive(Default)]
pub(crate) struct Streams(Mutex<HashMap<usize, Arc<dyn Stoppable>>>);

/// An entry, until dropped.
pub(crate) struct Listed {
    on: Arc<Streams>,
    stream: Arc<dyn Stoppable>,
}

impl Streams {
    /// No code of the user's runs under this lock.
    fn lock(&self) -> MutexGuard<'_, HashMap<usize, Arc<dyn Stoppable>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn list(self: &Arc<Self>, stream: Arc<dyn Stoppable>) -> Listed {
        let listed = Listed { on: Arc::clone(self), stream };
        self.lock().insert(listed.key(), Arc::clone(&listed.stream));
        listed
    }

    /// The calling thread is about to wait for the loop.
    pub(crate) fn cancel_asked_here(&self) {
        let here = thread::current().id();
        let streams: Vec<_> = self.lock().values().cloned().collect();
        for stream in streams {
            if stream.was_asked_by(here) {
                stream.cancel();
            }
            // This may be the last reference, and what hangs on it is the user's.
            contain(|| stream);
        }
    }
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams").finish_non_exhaustive()
    }
}

impl Listed {
    fn key(&self) -> usize {
        Arc::as_ptr(&self.stream).addr()
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        let listed = self.on.lock().remove(&self.key());
        // Not under the lock, and not the last: `self.stream` is.
        drop(listed);
    }
}

#[cfg(all(test, not(bridge_loom)))]
mod tests {
    use super::*;

    struct Nothing;

    impl Stoppable for Nothing {
        fn was_asked_by(&self, _: ThreadId) -> bool {
            false
        }
        fn cancel(&self) {}
    }

    #[test]
    fn a_loop_keeps_nothing_of_a_stream_whose_iterator_is_dropped() {
        let streams = Arc::new(Streams::default());
        let (first, second) = (Arc::new(Nothing), Arc::new(Nothing));
        let listed = [&first, &second].map(|stream| streams.list(Arc::clone(stream) as Arc<dyn Stoppable>));
        assert_eq!(streams.lock().len(), 2);
        drop(listed);
        assert!(streams.lock().is_empty());
        assert_eq!([first, second].map(|stream| Arc::strong_count(&stream)), [1, 1]);
    }
}
