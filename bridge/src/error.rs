//! What can go wrong between a caller and its event loop: [`Error`], [`Panic`], [`Deadlock`].

use std::any::Any;
use std::fmt;
use std::io;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
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
/// let limit = Duration::from_millis(20);
/// let slow = event_loop.with_timeout(limit).block_on(std::future::pending::<()>());
/// assert!(matches!(slow, Err(bridge::Error::TimedOut(l)) if l == limit));
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
    /// The limit, given here, ran out. A scoped call has dropped its future; a [`Task`](crate::Task) goes on.
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
                "the event loop is closed, or it runs in the process that this one was forked off: make loops that are \
                 used here after the fork",
            ),
            Error::Closed => f.write_str(
                "the event loop is closed: it was shut down, or its `EventLoop` was dropped, before this was finished. \
                 Keep it for as long as it is called",
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
            None => f.write_str("the task panicked, with a payload that is no text"),
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
    // Never empty. The call that was refused comes first; then each wait that it would have closed the circle of, in order;
    // then what else keeps those from ending that wait for any of several.
    waits: Box<[Wait]>,
}

/// One that waits for another.
#[derive(Clone, Debug)]
pub(crate) struct Wait {
    pub(crate) waiter: Waiter,
    pub(crate) target: Waiter,
    pub(crate) site: &'static Location<'static>,
}

/// Who waits, or is waited for.
#[derive(Clone, Debug)]
pub(crate) struct Waiter {
    /// The name of the loop that it is, or is of.
    pub(crate) on: Arc<str>,
    pub(crate) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Loop,
    /// On a runtime that has many threads.
    Task,
    /// A thread of `spawn_blocking`, where it waits for the loop's end.
    BlockingThread,
    /// A thread that polls its own call onto a shared loop, where the loop's end waits for it.
    Call,
}

impl fmt::Display for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            What::Loop => "",
            What::Task => "a task of ",
            What::BlockingThread => "a `spawn_blocking` thread of ",
            What::Call => "a call onto ",
        };
        write!(f, "{what}`{}`", self.on)
    }
}

impl Deadlock {
    pub(crate) fn new(waits: Vec<Wait>) -> Deadlock {
        Deadlock { waits: waits.into() }
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
        let Wait { waiter, target, site } = &self.waits[0];
        if self.waits.len() == 1 {
            return match waiter.what {
                What::Loop => write!(
                    f,
                    "deadlock: waiting here would never end: this is the thread of the event loop {target} that is asked \
                     (at {site}). Use `.await` on the loop's thread, or make the call from another one, as \
                     `tokio::task::spawn_blocking` gives"
                ),
                What::Task => write!(
                    f,
                    "deadlock: waiting here would never end: this is the very task, of `{}`, whose result is asked for (at {site}). \
                     Leave that to others",
                    waiter.on
                ),
                What::Call => write!(
                    f,
                    "deadlock: waiting here would never end: this is {waiter}, and the event loop ends after these (at {site}). \
                     Shut it down from another thread"
                ),
                What::BlockingThread => write!(
                    f,
                    "deadlock: waiting here would never end: this is {waiter}, and the event loop ends after these (at {site}). \
                     Shut it down from another thread"
                ),
            };
        }
        let kind = if waiter.what == What::Loop { "event loop " } else { "" };
        write!(f, "deadlock: waiting here would never end: {kind}{waiter} would wait for {target} (at {site})")?;
        for Wait { waiter, target, site } in &self.waits[1..] {
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
        let named = |what| Waiter { on: Arc::from("reader"), what };
        let wait = |what| Wait { waiter: named(what), target: named(What::Loop), site: Location::caller() };
        for what in [What::Loop, What::Task, What::BlockingThread, What::Call] {
            for waits in [vec![wait(what)], vec![wait(what), wait(What::Loop)]] {
                let deadlock = Deadlock::new(waits);
                let shown = [deadlock.to_string(), format!("{deadlock:?}"), Error::WouldDeadlock(deadlock).to_string()];
                assert!(shown.iter().all(|text| text.contains("deadlock: ") && text.contains("reader")), "{shown:?}");
            }
        }
    }
}
