//! The streams of a loop of this crate, for its shutdown (feature `stream`).
//!
//! A loop that finishes what was submitted waits for its streams, and so for those who ask them for items. The thread that
//! waits for that loop asks for nothing meanwhile: a stream that it was the last to ask, or that it has made and nobody has
//! asked, would keep the two waiting for each other, and is given up. Not at once: the iterator may have been moved to a
//! thread that has not got round to asking. One that another thread has asked last is given up once it is idle: nobody waits
//! for an item, takes one, or is handed one, for a while.

use std::collections::HashMap;
use std::fmt;
use std::panic::RefUnwindSafe;
use std::sync::{Arc, PoisonError};
use std::thread::{self, ThreadId};

use tokio::task::Id as TaskId;

use crate::fork::Process;
use crate::loom::outside::{Mutex, MutexGuard};
use crate::unwind::catch_and_drop;

/// Who asks a stream for items: a thread, or on a worker, which is now here and now there, a task.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker {
    thread: ThreadId,
    task: Option<TaskId>,
    is_task: bool,
}

impl Asker {
    pub(crate) fn here() -> Asker {
        Asker { thread: thread::current().id(), task: tokio::task::try_id(), is_task: false }
    }

    /// `on_worker`: it waits on a worker, which goes on with other tasks meanwhile.
    fn waits_here(on_worker: bool) -> Asker {
        Asker { is_task: on_worker, ..Asker::here() }
    }

    /// Whether this one, which waits, is that one.
    pub(crate) fn is(self, other: Asker) -> bool {
        if self.is_task { self.task.is_some() && self.task == other.task } else { self.thread == other.thread }
    }
}

/// For how many seconds the thread that reads a stream may do something else between two items, while its loop shuts down.
pub(crate) const IDLE: u8 = 5;

/// A stream that may be given up.
pub(crate) trait OpenStream: Send + Sync + RefUnwindSafe {
    /// Lets it end, if that one was the last to ask for an item.
    fn give_up(&self, asked_by: Asker);

    /// Asked once a second. Ends it, if it was idle [`for so long`](IDLE).
    fn give_up_idle(&self);
}

/// Those of a loop, by the addresses of their entries.
pub(crate) struct Streams {
    list: Mutex<HashMap<usize, Arc<dyn OpenStream>>>,
    /// A fork of it may have copied the list while it was locked, by a thread that is not there.
    process: Process,
}

/// An entry, until dropped.
pub(crate) struct ListedStream {
    on: Arc<Streams>,
    stream: Arc<dyn OpenStream>,
}

impl Streams {
    pub(crate) fn new() -> Streams {
        Streams { list: Mutex::default(), process: Process::current() }
    }

    /// No user code runs under this lock. `None` in a fork, where the loop is closed and ends nothing.
    fn lock(&self) -> Option<MutexGuard<'_, HashMap<usize, Arc<dyn OpenStream>>>> {
        self.process.is_current().then(|| self.list.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn list(self: &Arc<Self>, stream: Arc<dyn OpenStream>) -> ListedStream {
        let listed = ListedStream { on: Arc::clone(self), stream };
        if let Some(mut list) = self.lock() {
            list.insert(listed.key(), Arc::clone(&listed.stream));
        }
        listed
    }

    /// Lets those end that whoever calls, and waits for the loop, was the last to ask.
    pub(crate) fn give_up_asked_here(&self, on_worker: bool) {
        let here = Asker::waits_here(on_worker);
        self.for_each(|stream| stream.give_up(here));
    }

    /// Asked once a second. Ends those that were idle for so long.
    pub(crate) fn give_up_idle(&self) {
        self.for_each(|stream| stream.give_up_idle());
    }

    fn for_each(&self, f: impl Fn(&dyn OpenStream)) {
        let streams: Vec<_> = self.lock().map_or_else(Vec::new, |list| list.values().cloned().collect());
        for stream in streams {
            f(&*stream);
            // This may be the last reference, and what hangs on it is the user's.
            catch_and_drop(|| stream);
        }
    }
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams").finish_non_exhaustive()
    }
}

impl ListedStream {
    fn key(&self) -> usize {
        Arc::as_ptr(&self.stream).addr()
    }
}

impl Drop for ListedStream {
    fn drop(&mut self) {
        if let Some(mut list) = self.on.lock() {
            // Not the last reference, which is `self.stream`.
            list.remove(&self.key());
        }
    }
}

#[cfg(all(test, not(bridge_loom)))]
mod tests {
    use super::*;

    struct Nothing;

    impl OpenStream for Nothing {
        fn give_up(&self, _: Asker) {}

        fn give_up_idle(&self) {}
    }

    #[test]
    fn a_loop_keeps_nothing_of_a_stream_whose_iterator_is_dropped() {
        let streams = Arc::new(Streams::new());
        let (first, second) = (Arc::new(Nothing), Arc::new(Nothing));
        let listed = [&first, &second].map(|stream| streams.list(Arc::clone(stream) as Arc<dyn OpenStream>));
        assert_eq!(streams.lock().unwrap().len(), 2);
        drop(listed);
        assert!(streams.lock().unwrap().is_empty());
        assert_eq!([first, second].map(|stream| Arc::strong_count(&stream)), [1, 1]);
    }
}
