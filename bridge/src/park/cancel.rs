//! [`Token`]: a flag that ends the waits of threads. [`Cancellers`]: those that a wait looks at.
//!
//! # How a cancel reaches a scoped call
//!
//! A canceller has a [`Token`]: a flag, and a list of the threads that wait in calls which the flag ends. The list holds
//! [`Waiter`]s, since the waiter of a thread is what everything that ends a wait early goes through: a nudge unparks a thread
//! that is parked, has one that drives a shared loop leave the `block_on` of that, and is seen at the next look by one that
//! runs. So a cancel is, to the thread that waits, a deadline that has come, and ends a job as a timeout does, by
//! `GIVEN_UP`. The bit `CANCEL` of a job is for tasks.
//!
//! | the thread | is woken | and then |
//! | --- | --- | --- |
//! | parks in a call that it polls for itself, or drives a shared loop meanwhile | by the nudge | drops the future, and returns |
//! | polls that future | by nothing; it looks at the flag after the poll | the same, unless the poll was ready |
//! | waits for a job on the queue of a loop | by the nudge | ends the job: it is not polled |
//! | waits for a job that is pending | by the nudge | has the loop drop the future, as after a timeout, and waits for that |
//! | waits for a job that the loop polls | by the nudge | waits for the end of that poll; its value, if it has one, stands |
//! | waits for an item of an `Iter` | by the nudge | returns; the stream goes on |
//! | spins ([`Builder::spin`](crate::Builder::spin)) | by nothing; it looks at the flag | as above |
//! | is about to begin a call | – | begins nothing |
//!
//! # When two events meet
//!
//! - **Cancel against registration**: the flag is set under the lock of the list, and a thread is listed under that lock only
//!   while the flag is not set. So a cancel nudges whoever is listed, and whoever comes later is refused and does not wait. A
//!   thread takes its events first and looks at the flag after that, so the nudge may come at any time: one that comes after
//!   the look is an event that the park finds.
//! - **Cancel against completion**: a thread that waits asks first whether the answer is there, then for the flag. A value
//!   that has come stands, as it does against a timeout. Of a call that the thread polls for itself, a poll that is under way
//!   decides: ready is a value. A wake that comes together with the cancel is not followed by a poll.
//! - **Cancel against timeout, and the loop's end**: the end of the loop is asked for first, then the timeout, then the
//!   flag. Which of two that came together is returned is not promised.
//! - **Cancel against the end of the call**: a thread takes itself off the list before its call returns. A cancel that has
//!   taken the list by then nudges a thread that waits for something else, or not at all, which costs that one a look.
//! - **Cancel against cancel**: the first takes the list. The flag is never reset.
//!
//! No user code runs under the lock, which is held for a few instructions; nudges are given after it. Calls through
//! a handle without a canceller ask whether there is one, and that is all.
//!
//! # In a child that was forked off
//!
//! The list is the parent's: its lock may have been held at the fork, and its threads are not there. So the child leaves it
//! alone, and lists its own threads in [`FORKED`]. The flag is a copy, which holds for calls of the child.

use std::collections::HashMap;
use std::sync::Arc;

use slab::Slab;

use super::waiter::Waiter;
use crate::fork::{GlobalMutex, Process};
use crate::loom::{AtomicU32, Mutex, Ordering, lock};

/// A flag that is set once, and those who wait for it.
#[derive(Debug)]
pub(crate) struct Token {
    /// Set under the lock of the list; see the module's docs.
    cancelled: AtomicU32,
    waiting: Mutex<Waiting>,
    /// Whose list that is.
    process: Process,
}

type Waiting = Slab<Arc<Waiter>>;

/// The threads of a child that wait for tokens of its parents, by the address of the token. A list that is empty is not kept.
static FORKED: GlobalMutex<HashMap<(usize, Process), Waiting>> = GlobalMutex::new();

impl Token {
    pub(crate) fn new() -> Token {
        Token { cancelled: AtomicU32::new(0), waiting: Mutex::new(Slab::new()), process: Process::current() }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        // ORDERING: Acquire pairs with `cancel`: what the canceller did before is seen by who is cancelled.
        self.cancelled.load(Ordering::Acquire) != 0
    }

    pub(crate) fn cancel(&self) {
        let waiting = self.with_list(|list| {
            // ORDERING: see `is_cancelled`.
            self.cancelled.store(1, Ordering::Release);
            std::mem::take(list)
        });
        waiting.iter().for_each(|(_, waiter)| waiter.nudge());
    }

    /// What `f` makes of the list of this process, under its lock.
    fn with_list<R>(&self, f: impl FnOnce(&mut Waiting) -> R) -> R {
        if self.process.is_current() { f(&mut lock(&self.waiting)) } else { self.with_forked_list(f) }
    }

    #[cold]
    fn with_forked_list<R>(&self, f: impl FnOnce(&mut Waiting) -> R) -> R {
        let key = (std::ptr::from_ref(self).addr(), Process::current());
        let mut lists = FORKED.lock();
        let list = lists.entry(key).or_default();
        let result = f(list);
        if list.is_empty() {
            lists.remove(&key);
        }
        result
    }

    /// Lists a thread, to be nudged by a cancel. `None`: it came before.
    fn list(&self, waiter: &Arc<Waiter>) -> Option<usize> {
        self.with_list(|list| (!self.is_cancelled()).then(|| list.insert(Arc::clone(waiter))))
    }

    fn unlist(&self, key: usize) {
        // One that a cancel has taken is not there any more, and nobody is listed after a cancel.
        let waiter = self.with_list(|list| list.try_remove(key));
        drop(waiter);
    }
}

/// The cancellers of a handle: any of them ends its calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cancellers(Option<Arc<[Arc<Token>]>>);

impl Cancellers {
    /// With one more.
    pub(crate) fn with(&self, new: &Arc<Token>) -> Cancellers {
        let is_other = |token: &&Arc<Token>| !Arc::ptr_eq(token, new);
        let others = self.0.iter().flat_map(|tokens| tokens.iter()).filter(is_other);
        Cancellers(Some(others.chain([new]).cloned().collect()))
    }

    #[inline]
    pub(crate) fn is_some(&self) -> bool {
        self.0.is_some()
    }

    #[inline]
    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.as_ref().is_some_and(|tokens| tokens.iter().any(|token| token.is_cancelled()))
    }

    /// Lists the thread, so that a cancel nudges it while what this returns lives.
    #[inline]
    pub(crate) fn list<'a>(&'a self, waiter: &Arc<Waiter>) -> Option<ListedWaiter<'a>> {
        self.0.as_ref().map(|tokens| ListedWaiter::new(tokens, waiter))
    }

    #[cfg(bridge_loom)]
    pub(crate) fn of(tokens: &[Arc<Token>]) -> Cancellers {
        Cancellers(Some(tokens.into()))
    }
}

/// A thread, in the lists of tokens.
pub(crate) struct ListedWaiter<'a> {
    tokens: &'a [Arc<Token>],
    /// The key in the list of the first, which is most often the only one.
    first: Option<usize>,
    others: Vec<Option<usize>>,
    /// Whose lists these are. A call may end in a child that was forked off inside it.
    process: Process,
}

impl<'a> ListedWaiter<'a> {
    fn new(tokens: &'a [Arc<Token>], waiter: &Arc<Waiter>) -> ListedWaiter<'a> {
        let mut keys = tokens.iter().map(|token| token.list(waiter));
        ListedWaiter { tokens, first: keys.next().flatten(), others: keys.collect(), process: Process::current() }
    }
}

impl Drop for ListedWaiter<'_> {
    fn drop(&mut self) {
        if !self.process.is_current() {
            return;
        }
        let keys = std::iter::once(self.first).chain(self.others.iter().copied());
        for (token, key) in self.tokens.iter().zip(keys) {
            key.into_iter().for_each(|key| token.unlist(key));
        }
    }
}
