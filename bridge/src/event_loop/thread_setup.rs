//! [`ThreadSetup`]: the name, the stack and the hooks of a loop's own thread.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::task::latch::ShutdownGuard;
use crate::unwind::catch_and_drop;

/// The name of a loop, and of its thread: that which it was given, or one that no other loop has.
pub(crate) fn name(given: Option<String>) -> io::Result<String> {
    let name = given.unwrap_or_else(unique_name);
    if name.contains('\0') {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the name of a thread cannot contain a NUL"));
    }
    Ok(name)
}

pub(crate) fn unique_name() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(1);
    // ORDERING: a number nobody else has, which is all.
    format!("bridge-loop-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// How a loop's own thread is set up.
#[derive(Default)]
pub(crate) struct ThreadSetup {
    pub(crate) stack_size: Option<usize>,
    pub(crate) on_start: Option<Hook>,
    pub(crate) on_stop: Option<Hook>,
}

type Hook = Box<dyn Fn() + Send + Sync>;

impl ThreadSetup {
    pub(crate) fn split(self, name: &str) -> (thread::Builder, Hooks) {
        let mut builder = thread::Builder::new().name(String::from(name));
        if let Some(bytes) = self.stack_size {
            builder = builder.stack_size(bytes);
        }
        (builder, Hooks { on_start: self.on_start, on_stop: self.on_stop })
    }
}

impl fmt::Debug for ThreadSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, stop) = (self.on_start.is_some(), self.on_stop.is_some());
        let mut debug = f.debug_struct("ThreadSetup");
        debug.field("stack_size", &self.stack_size).field("on_start", &start).field("on_stop", &stop).finish()
    }
}

/// What a loop's own thread calls.
pub(crate) struct Hooks {
    on_start: Option<Hook>,
    on_stop: Option<Hook>,
}

/// Calls the second hook when it is dropped.
pub(crate) struct Stops(Option<Hook>);

impl Hooks {
    pub(crate) fn has_start(&self) -> bool {
        self.on_start.is_some()
    }

    /// Calls the first hook. If that panics, there is no second call.
    pub(crate) fn start(self) -> Stops {
        self.on_start.into_iter().for_each(|f| f());
        Stops(self.on_stop)
    }
}

impl Drop for Stops {
    fn drop(&mut self) {
        catch_and_drop(|| self.0.take().map(|f| f()));
    }
}

thread_local! {
    static END: RefCell<Option<ShutdownGuard>> = const { RefCell::new(None) };
}

/// The end of this thread, which has just started, is that of its loop: when the destructors of thread-locals have run, which may
/// be stuck. They run in the reverse of the order in which they were registered, so this is the last of the user's. (Not so where
/// std has no native thread-locals, as on Android, OpenBSD and windows-gnu: there it may come before others.)
pub(crate) fn end_with_thread(guard: ShutdownGuard) {
    END.set(Some(guard));
}

/// Why a loop was not started.
pub(crate) fn panicked() -> io::Error {
    io::Error::other("the loop's thread panicked while it started")
}
