//! What can go wrong between a caller and its event loop: [`Error`], [`Panic`], [`Deadlock`].

use std::any::Any;
use std::fmt;
use std::io;
use std::panic::{Location, RefUnwindSafe, UnwindSafe, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::fork::Process;
use crate::unwind::message;

/// Why a call onto an event loop gave no value.
///
/// None of these comes from the future's own output: a future that returns an `Err` has completed, and its
/// `Err` is the value.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let event_loop = bridge::EventLoop::new()?;
/// let timeout = Duration::from_millis(20);
/// let slow = event_loop.with_timeout(timeout).block_on(std::future::pending::<()>());
/// assert!(matches!(slow, Err(bridge::Error::TimedOut(l)) if l == timeout));
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The event loop was shut down before the call finished; the future has been dropped. Or this process was forked off
    /// the one that the loop's thread is in, and has no such thread.
    Closed,
    /// Waiting would never end, since the thread that would wait is the one that would have to do the work. Timeouts do not
    /// count, of this wait or of others, but for one of zero, which waits for nothing. Nothing was waited for, and a future
    /// that was given to `block_on` has been dropped: unpolled, if the calling thread drives the loop that is asked; after
    /// its first poll, if that found it pending where the calling thread polls it.
    WouldDeadlock(Deadlock),
    /// The task was cancelled, or a scoped call by a canceller of its handle; the future has been dropped.
    Cancelled,
    /// The timeout, given here, ran out. A scoped call has dropped its future; a [`Task`](crate::Task) goes on.
    TimedOut(Duration),
    /// The future panicked, when it was made, polled or dropped.
    Panicked(Panic),
    /// The event loop could not be started, and nothing has run: a `fallible` companion whose loop is started on first use, as
    /// that of `handle = bridge::global()`, returns this with the error of [`try_global`](crate::try_global).
    NotStarted(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Closed if Process::is_child() => f.write_str(
                "the event loop is closed: it was shut down, or it belongs to the parent process; make the loops of a child \
                 process after the fork",
            ),
            Error::Closed => f.write_str(
                "the event loop is closed: it was shut down, or its `EventLoop` or `SharedLoop` dropped, before the call \
                 finished; keep it for as long as it is called",
            ),
            Error::WouldDeadlock(deadlock) => deadlock.fmt(f),
            Error::Cancelled => f.write_str("cancelled: the task or call was cancelled before it finished"),
            Error::TimedOut(timeout) => write!(
                f,
                "timed out after {timeout:?}: raise the timeout, or find out what the future, or its event loop, waits for"
            ),
            Error::Panicked(panic) => panic.fmt(f),
            Error::NotStarted(error) => write!(f, "the event loop could not be started: {error}"),
        }
    }
}

impl Error {
    /// For a function that cannot return an error: resumes the future's panic, or panics. `advice` says how its author
    /// has it return one.
    #[cold]
    #[track_caller]
    pub(crate) fn raise(self, function: &str, advice: Option<&str>) -> ! {
        match self {
            Error::Panicked(panic) => resume_unwind(panic.into_payload()),
            error => match advice {
                Some(advice) => panic!("`{function}`: {error} ({advice})"),
                None => panic!("`{function}`: {error}"),
            },
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        if let Error::NotStarted(error) = self { Some(error) } else { None }
    }
}

// `io::Error` is neither, since it may hold any error. An `Error` is only read after a panic, so none is seen half-changed.
impl UnwindSafe for Error {}

impl RefUnwindSafe for Error {}

impl From<Error> for io::Error {
    /// The kinds: `BrokenPipe` for [`Closed`](Error::Closed), `Deadlock` for
    /// [`WouldDeadlock`](Error::WouldDeadlock), `TimedOut` for [`TimedOut`](Error::TimedOut), that of its
    /// own error for [`NotStarted`](Error::NotStarted), `Other` for the rest (`Interrupted` would make `std` try again).
    fn from(error: Error) -> io::Error {
        let kind = match &error {
            Error::Closed => io::ErrorKind::BrokenPipe,
            Error::WouldDeadlock(_) => io::ErrorKind::Deadlock,
            Error::TimedOut(_) => io::ErrorKind::TimedOut,
            Error::NotStarted(error) => error.kind(),
            Error::Cancelled | Error::Panicked(_) => io::ErrorKind::Other,
        };
        io::Error::new(kind, error)
    }
}

/// The payload of a future's panic, on its way to whoever asked for the result.
///
/// # Examples
///
/// ```
/// let event_loop = bridge::EventLoop::new()?;
/// let task = event_loop.submit(async { std::panic::panic_any(7_u8) });
/// let Err(bridge::Error::Panicked(panic)) = task.result() else { unreachable!() };
/// assert_eq!(*panic.into_payload().downcast::<u8>().unwrap(), 7);
/// # std::io::Result::Ok(())
/// ```
pub struct Panic {
    // The mutex is never locked: it makes a payload, which is `Send`, `Sync` as an error has to be.
    payload: Mutex<Box<dyn Any + Send>>,
    text: Option<Box<str>>,
}

impl Panic {
    pub(crate) fn new(payload: Box<dyn Any + Send>) -> Panic {
        let text = message(&*payload).map(Box::from);
        Panic { payload: Mutex::new(payload), text }
    }

    /// The payload as it was thrown: what [`std::panic::resume_unwind`] takes and a `downcast` opens.
    #[must_use]
    pub fn into_payload(self) -> Box<dyn Any + Send> {
        self.payload.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            Some(text) => write!(f, "the task panicked: {text}"),
            None => f.write_str("the task panicked with a payload that is not a string"),
        }
    }
}

impl fmt::Debug for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Panic").field(&self.text.as_deref().unwrap_or("Any")).finish()
    }
}

/// The cycle of waiting loops that a call would have closed, or, where some of them wait for any of several others, the knot
/// of cycles. `Display` names each loop and the line where its thread waits. On a runtime that has many threads it is a task
/// that waits, and not all of the runtime.
///
/// # Examples
///
/// ```
/// use bridge::{Error, Handle};
///
/// let event_loop = bridge::EventLoop::builder().thread_name("reader").build()?;
/// let inner = event_loop.block_on(async { Handle::current().block_on(async {}) });
/// let Ok(Err(Error::WouldDeadlock(deadlock))) = inner else { unreachable!() };
/// assert!(deadlock.to_string().contains("`reader`"));
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone)]
pub struct Deadlock {
    // Never empty. The call that was refused comes first; then each wait that it would have closed the cycle of, in order;
    // then what else keeps those from ending that wait for any of several.
    edges: Box<[WaitEdge]>,
}

/// One that waits for another.
#[derive(Clone, Debug)]
pub(crate) struct WaitEdge {
    pub(crate) waiter: WaitNode,
    pub(crate) target: WaitNode,
    pub(crate) site: &'static Location<'static>,
}

/// Who waits, or is waited for.
#[derive(Clone, Debug)]
pub(crate) struct WaitNode {
    /// The name of the loop that it is, or is of.
    pub(crate) on: Arc<str>,
    pub(crate) kind: NodeKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NodeKind {
    Loop,
    /// On a runtime that has many threads.
    Task,
    /// A thread of `spawn_blocking`, where it waits for the loop's end.
    BlockingThread,
    /// A thread that polls its own call onto a shared loop, where the loop's end waits for it.
    Call,
}

impl fmt::Display for WaitNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            NodeKind::Loop => "",
            NodeKind::Task => "a task of ",
            NodeKind::BlockingThread => "a `spawn_blocking` thread of ",
            NodeKind::Call => "a call onto ",
        };
        write!(f, "{what}`{}`", self.on)
    }
}

impl Deadlock {
    pub(crate) fn new(edges: Vec<WaitEdge>) -> Deadlock {
        Deadlock { edges: edges.into() }
    }
}

impl fmt::Debug for Deadlock {
    /// With the text of `Display`, which is what an `unwrap` is to show.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Deadlock").field(&self.to_string()).finish()
    }
}

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let WaitEdge { waiter, target, site } = &self.edges[0];
        if self.edges.len() == 1 {
            return match waiter.kind {
                NodeKind::Loop => write!(
                    f,
                    "deadlock: waiting here would never end: the calling thread drives the event loop {target} that it would \
                     wait for (at {site}). Use `.await` here, or call from another thread, as in \
                     `tokio::task::spawn_blocking`"
                ),
                NodeKind::Task => write!(
                    f,
                    "deadlock: waiting here would never end: a task of `{}` would wait for its own result (at {site}). \
                     Wait for it in another task or thread",
                    waiter.on
                ),
                NodeKind::Call | NodeKind::BlockingThread => write!(
                    f,
                    "deadlock: waiting here would never end: {waiter} would wait for the end of the event loop, which ends after \
                     it (at {site}). Shut it down from another thread"
                ),
            };
        }
        let kind = if waiter.kind == NodeKind::Loop { "event loop " } else { "" };
        write!(f, "deadlock: waiting here would never end: {kind}{waiter} would wait for {target} (at {site})")?;
        for WaitEdge { waiter, target, site } in &self.edges[1..] {
            write!(f, ", {waiter} waits for {target} (at {site})")?;
        }
        f.write_str(". Use `.await` in at least one of them, so that its loop stays free")
    }
}

#[cfg(all(test, not(bridge_loom)))]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn a_loop_that_was_not_started_says_why() {
        let error = || Error::NotStarted(io::Error::from_raw_os_error(24));
        let why = io::Error::from_raw_os_error(24);
        assert_eq!(error().to_string(), format!("the event loop could not be started: {why}"));
        assert_eq!(error().source().unwrap().to_string(), why.to_string());
        let converted = io::Error::from(error());
        assert_eq!((converted.kind(), converted.to_string()), (why.kind(), error().to_string()));
    }

    #[test]
    fn the_text_of_every_deadlock_says_so() {
        let named = |kind| WaitNode { on: Arc::from("reader"), kind };
        let wait = |what| WaitEdge { waiter: named(what), target: named(NodeKind::Loop), site: Location::caller() };
        for what in [NodeKind::Loop, NodeKind::Task, NodeKind::BlockingThread, NodeKind::Call] {
            for waits in [vec![wait(what)], vec![wait(what), wait(NodeKind::Loop)]] {
                let deadlock = Deadlock::new(waits);
                let shown = [deadlock.to_string(), format!("{deadlock:?}"), Error::WouldDeadlock(deadlock).to_string()];
                assert!(shown.iter().all(|text| text.contains("deadlock: ") && text.contains("reader")), "{shown:?}");
            }
        }
    }
}
