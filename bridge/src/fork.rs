//! Whether a loop's thread is in this process at all: a `fork` copies every handle, and no thread but the caller's.
//!
//! A counter that the child's side of each `fork` adds to; a loop remembers what it was. On systems without
//! `pthread_atfork` it stays as it is, and nothing is noticed.

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

/// How many forks lie between the first process and this one.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// The process that something was made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Process(u32);

impl Process {
    pub(crate) fn current() -> Process {
        static NOTICE: Once = Once::new();
        NOTICE.call_once(notice_forks);
        Process::counted()
    }

    /// Whether it is this one.
    pub(crate) fn is_current(self) -> bool {
        self == Process::counted()
    }

    /// Whether this process was forked off another, since something was made in that.
    pub(crate) fn is_child() -> bool {
        Process::counted() != Process(0)
    }

    fn counted() -> Process {
        // ORDERING: only a process with one thread writes it.
        Process(FORKS.load(Ordering::Relaxed))
    }
}

#[cfg(any(
    target_os = "linux",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_vendor = "apple"
))]
fn notice_forks() {
    use std::ffi::c_int;

    type Hook = Option<unsafe extern "C" fn()>;

    unsafe extern "C" {
        fn pthread_atfork(prepare: Hook, parent: Hook, child: Hook) -> c_int;
    }

    unsafe extern "C" fn in_child() {
        // ORDERING: the child has one thread as yet.
        FORKS.fetch_add(1, Ordering::Relaxed);
    }

    // SAFETY: the hook lives as long as the program. It only adds to an atomic, which is allowed between a fork and
    // an exec. Where there is no memory for it, forks go unnoticed.
    unsafe { pthread_atfork(None, None, Some(in_child)) };
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_vendor = "apple"
)))]
fn notice_forks() {}
