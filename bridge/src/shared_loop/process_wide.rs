//! The shared loops that every part of a process may use: [`shared`], and [`next_shared`], one of several.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::SharedLoop;
use crate::fork::PerProcess;
use crate::handle::Handle;

/// The process-wide shared loop: started on first use, never stopped. Its own thread ends with the process. A process that was
/// forked off has one of its own.
///
/// # Panics
///
/// At the caller's line, when it cannot be started; the next call tries again. [`try_shared`] returns the error.
///
/// # Examples
///
/// ```
/// let answer = bridge::shared().block_on(async { 6 * 7 });
/// assert_eq!(answer.unwrap(), 42);
/// ```
#[track_caller]
pub fn shared() -> &'static Handle {
    match try_shared() {
        Ok(shared) => shared,
        Err(error) => panic!("the process-wide shared loop could not be started: {error}"),
    }
}

/// As [`shared`], where a loop that cannot be started is an error and no panic.
///
/// # Errors
///
/// When the system gives no thread, or no file descriptor for the loop's I/O driver. The next call tries again.
///
/// # Examples
///
/// ```
/// let answer = bridge::try_shared()?.block_on(async { 6 * 7 });
/// assert_eq!(answer.unwrap(), 42);
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn try_shared() -> io::Result<&'static Handle> {
    static SHARED: PerProcess<SharedLoop> = PerProcess::new();
    SHARED.get_or_try_init(|| SharedLoop::builder().thread_name("bridge-shared").build_shared()).map(SharedLoop::handle)
}

/// The next of 32 process-wide shared loops, for a client that has a connection of its own.
///
/// Where several threads call onto one loop at a time, one of them drives it, and has to wake the others. With a loop for each
/// client no thread wakes another: two threads with a database connection each make up to 1.6 times as many queries.
///
/// Ask once for each client, and make all of its calls through that handle, as a facade does: a connection works on the
/// loop that it was opened on. A client that many threads share, as most of HTTP are, is on one loop anyway; take
/// [`shared`] for it.
///
/// The loops are given out in turn. Each is started when that is done for the first time, and never stopped; one of them is
/// [`shared`]. A loop costs a thread, which sleeps while the loop is idle, and four file descriptors.
///
/// # Panics
///
/// At the caller's line, when the loop cannot be started; the next call tries the next one. [`try_next_shared`] returns the error.
///
/// # Examples
///
/// ```
/// let client = bridge::next_shared(); // all calls of one client go there
/// let other = bridge::next_shared();
/// let answer = client.block_on(async { 6 * 7 });
/// assert_eq!(answer.unwrap(), 42);
/// # drop(other);
/// ```
#[track_caller]
pub fn next_shared() -> &'static Handle {
    match try_next_shared() {
        Ok(shared) => shared,
        Err(error) => panic!("a process-wide shared loop could not be started: {error}"),
    }
}

/// As [`next_shared`], where a loop that cannot be started is an error and no panic.
///
/// # Errors
///
/// When the system gives no thread, or no file descriptor for the loop's I/O driver. The next call tries the next loop.
///
/// # Examples
///
/// ```
/// let answer = bridge::try_next_shared()?.block_on(async { 6 * 7 });
/// assert_eq!(answer.unwrap(), 42);
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn try_next_shared() -> io::Result<&'static Handle> {
    const COUNT: usize = 32;
    /// But for the first.
    static OTHERS: [PerProcess<SharedLoop>; COUNT - 1] = [const { PerProcess::new() }; COUNT - 1];
    static NEXT: AtomicUsize = AtomicUsize::new(0);

    // ORDERING: a number that nothing hangs on.
    let index = NEXT.fetch_add(1, Ordering::Relaxed) % COUNT;
    let Some(other) = index.checked_sub(1).and_then(|other| OTHERS.get(other)) else { return try_shared() };
    let start = || SharedLoop::builder().thread_name(format!("bridge-shared-{index}")).build_shared();
    other.get_or_try_init(start).map(SharedLoop::handle)
}
