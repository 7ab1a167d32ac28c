//! [`Handle::iter`]: a stream as an iterator (feature `stream`).
//!
//! The stream lives in a task on the loop, the *pump*. Pump and iterator share a [`Channel`]: `next` sets a demand, the pump polls
//! the stream until it has an item, sends that, and waits for the next demand or, when buffered, for free capacity.
//!
//! A loop that finishes what was submitted waits for its streams, and so for those who ask. The thread that waits for that
//! loop asks for nothing meanwhile, so a stream that it was the last to ask [is given up](crate::stream::open), and so is one
//! that nobody asks for some time.

pub(crate) mod open;

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::panic::{Location, RefUnwindSafe, resume_unwind};
use std::pin::pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use futures_core::Stream;

use self::open::{Asker, IDLE, ListedStream, OpenStream};
use crate::deadlock::blocked::{Call, Of, WaitFor};
use crate::deadlock::graph::{Dependency, JobId};
use crate::error::Error;
use crate::handle::Handle;
use crate::handle::large::is_large;
use crate::loom::outside::{Mutex, MutexGuard};
use crate::park::Host;
use crate::park::cancel::Cancellers;
use crate::shared_loop::state::Shared;
use crate::task::block::{self, WaitOptions, WaitOutcome};
use crate::task::canceller::TaskCanceller;
use crate::task::raw::header::TaskRef;
use crate::task::{Task, may_wait};
use crate::unwind::catch_and_drop;

impl Handle {
    /// Runs `stream` on the loop, and gives its items to this thread, one by one, as an iterator.
    ///
    /// [`EventLoop::shutdown`](crate::EventLoop::shutdown) waits for the stream as for a task: until it has ended, or the
    /// iterator is dropped; but not for one that is idle. It is idle if nobody waits for an item or takes one for five
    /// seconds of the shutdown, and, where [`Iter::buffered`] lets the stream run ahead, it gives none either. Where the
    /// thread that shuts the loop down was the last to use the iterator (it has made it, or asked it for an item), it
    /// would wait for itself: such a stream is given up after a second, unless another thread has asked by then, or it
    /// fills the room that `buffered` gives it. Of a worker of a multi-thread runtime it is the task that counts, and
    /// not the thread. After the items that are there the iterator is [`Closed`](Error::Closed).
    ///
    /// The stream and the iterator take turns: the stream is polled only when the next item is asked for, unless
    /// [`Iter::buffered`] lets it run ahead. The timeout of [`with_timeout`](Handle::with_timeout) holds for every
    /// `next`, and so do the cancellers of [`with_canceller`](Handle::with_canceller).
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::new()?;
    /// let numbers = futures::stream::iter(1..=3);
    /// let squares: Vec<i32> = event_loop.iter(numbers).map(|number| number * number).collect();
    /// assert_eq!(squares, [1, 4, 9]);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// A stream begins when its first item is asked for. So a subscription that is not to miss what comes right after
    /// it is an async fn, which returns once the server knows, and gives the stream:
    ///
    /// ```
    /// # #[cfg(feature = "macros")] {
    /// use std::sync::Mutex;
    ///
    /// use bridge::threadsafe;
    /// use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
    ///
    /// /// Stands for a connection to a server.
    /// #[derive(Default)]
    /// struct Server(Mutex<Vec<UnboundedSender<u32>>>);
    ///
    /// #[threadsafe]
    /// impl Server {
    ///     async fn subscribe(&self) -> UnboundedReceiver<u32> {
    ///         let (sender, receiver) = unbounded();
    ///         self.0.lock().unwrap().push(sender); // a client awaits the server's answer
    ///         receiver
    ///     }
    ///
    ///     async fn publish(&self, item: u32) {
    ///         self.0.lock().unwrap().iter().for_each(|to| to.unbounded_send(item).unwrap());
    ///     }
    /// }
    ///
    /// let (server, handle) = (Server::default(), bridge::shared());
    /// let mut items = handle.iter(server.subscribe_blocking(handle));
    /// server.publish_blocking(handle, 1);
    /// assert_eq!(items.next(), Some(1));
    /// # }
    /// ```
    #[track_caller]
    pub fn iter<S>(&self, stream: S) -> Iter<S::Item>
    where
        S: Stream + Send + 'static,
        S::Item: Send + 'static,
    {
        if const { is_large::<S>() } { self.pump(Box::pin(stream)) } else { self.pump(stream) }
    }

    #[track_caller]
    fn pump<S>(&self, stream: S) -> Iter<S::Item>
    where
        S: Stream + Send + 'static,
        S::Item: Send + 'static,
    {
        let channel = Arc::new(Channel::new());
        let pump = self.submit(pump(stream, Arc::clone(&channel)));
        let items = Arc::clone(&channel) as Arc<dyn ItemSource>;
        let listed = self.streams().map(|streams| {
            streams.list(Arc::new(Pumped { items: Arc::clone(&items), canceller: pump.task_canceller() }))
        });
        Iter {
            pump: Some(pump),
            end: None,
            fold: None,
            channel,
            items,
            _listed: listed,
            timeout: self.timeout(),
            cancellers: self.cancellers().clone(),
        }
    }
}

/// Polls the stream whenever there is a use for its next item.
async fn pump<S: Stream>(stream: S, channel: Arc<Channel<S::Item>>) -> Result<(), Error> {
    let mut stream = pin!(stream);
    loop {
        poll_fn(|cx| channel.poll_use(cx)).await?;
        match poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
            Some(item) => channel.hand_over(item),
            None => return Ok(()),
        }
    }
}

/// The items of a stream that runs on an event loop. From [`Handle::iter`].
///
/// `next` blocks until the stream has an item, or has ended; it then gives `None` for good. Dropping the iterator
/// drops the stream, on the loop, without waiting for that. At the end of the loop an iterator gives the items that it has
/// already, and then says `Closed`.
///
/// # Panics
///
/// `next` panics with the stream's own payload if the stream panics, and, at the caller's line, where only the bridge
/// goes wrong: the loop was closed, waiting would deadlock, the handle's timeout ran out, or a canceller of the handle is
/// cancelled. It never takes any of these for the stream's end, also not when it is asked again.
/// [`next_timeout`](Iter::next_timeout) returns them, and where the items are `Result`s [`fallible`](Iter::fallible) makes
/// them the last item.
#[must_use = "iterators are lazy: `next` waits"]
pub struct Iter<T> {
    /// The stream's task, until its end was reported.
    pump: Option<Task<Result<(), Error>>>,
    /// An error that was the end, if the stream's own was not.
    end: Option<IterEnd>,
    /// What makes an error an item, for `next`.
    fold: Option<fn(Error) -> T>,
    channel: Arc<Channel<T>>,
    /// The same.
    items: Arc<dyn ItemSource>,
    /// On a loop of this crate.
    _listed: Option<ListedStream>,
    timeout: Option<Duration>,
    cancellers: Cancellers,
}

impl<T> Iter<T> {
    /// Lets the stream run ahead by up to `count` items, which wait here to be asked for.
    ///
    /// # Examples
    ///
    /// ```
    /// let event_loop = bridge::EventLoop::new()?;
    /// let items = event_loop.iter(futures::stream::iter(0..1000)).buffered(64);
    /// assert_eq!(items.sum::<i32>(), 499_500);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn buffered(self, count: usize) -> Self {
        if self.is_of_parent_process() {
            return self;
        }
        let mut state = self.channel.lock();
        state.capacity = count;
        let pump = state.pump.take();
        drop(state);
        pump.into_iter().for_each(Waker::wake);
        self
    }

    /// As `next`, for `timeout` at most: the next item, or `None` at the stream's end. When the timeout runs out nothing is
    /// lost: the item that the stream is at comes with a later call. A timeout of zero asks for an item as well, and gives what
    /// is there. Of `timeout` and the handle's the shorter holds.
    ///
    /// # Errors
    ///
    /// [`TimedOut`](Error::TimedOut), [`Closed`](Error::Closed), [`WouldDeadlock`](Error::WouldDeadlock), or
    /// [`Panicked`](Error::Panicked) if the stream panicked; [`Cancelled`](Error::Cancelled) once a canceller of the handle is
    /// cancelled, which ends the waiting and not the stream. `Closed` and `Cancelled` are returned again each time;
    /// after `Panicked`, whose payload is given once, there is nothing more.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let event_loop = bridge::EventLoop::new()?;
    /// let mut never = event_loop.iter(futures::stream::pending::<()>());
    /// assert!(matches!(never.next_timeout(Duration::from_millis(5)), Err(bridge::Error::TimedOut(_))));
    /// drop(event_loop);
    /// assert!(matches!(never.next_timeout(Duration::MAX), Err(bridge::Error::Closed)));
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn next_timeout(&mut self, timeout: Duration) -> Result<Option<T>, Error> {
        self.step(Some(self.timeout.map_or(timeout, |own| own.min(timeout))))
    }

    /// The end of an iterator by an error that is an item: the stream is dropped.
    fn end_by(&mut self, error: Error, fold: fn(Error) -> T) -> T {
        self.give_up();
        self.end = None;
        fold(error)
    }

    /// Nobody will ask for more. The stream is dropped on its loop.
    fn give_up(&mut self) {
        let pump = self.pump.take();
        if pump.as_ref().is_some_and(Task::is_of_parent_process) {
            return;
        }
        let items = self.channel.close();
        // Else it ends at its first poll: a cancel would drop the stream here, and not on the loop. A poll that came before
        // `close` is seen, since both take the lock.
        if let Some(pump) = pump.filter(Task::is_started) {
            pump.cancel();
        }
        // These are the caller's, not the loop's, to drop.
        items.into_iter().for_each(|item| catch_and_drop(|| item));
    }

    /// Whether its stream is in the process that this one was forked off, where another thread may have locked what they share.
    fn is_of_parent_process(&self) -> bool {
        self.pump.as_ref().is_some_and(Task::is_of_parent_process)
    }

    /// The stream has ended.
    #[track_caller]
    fn end(&mut self) -> Result<Option<T>, Error> {
        let end = match self.pump.take().map_or(Ok(Ok(())), Task::result) {
            Ok(end) => end,
            // By the loop's shutdown: the drop of this is the only other that cancels it.
            Err(Error::Cancelled) => Err(Error::Closed),
            Err(error) => Err(error),
        };
        self.end = matches!(end, Err(Error::Closed)).then_some(IterEnd::Closed);
        end.map(|()| None)
    }

    fn after_the_end(&mut self) -> Result<Option<T>, Error> {
        match self.end.take() {
            None => Ok(None),
            Some(IterEnd::Closed) => {
                self.end = Some(IterEnd::Closed);
                Err(Error::Closed)
            }
            Some(IterEnd::NotMade(error)) => Err(error),
        }
    }

    #[track_caller]
    fn step(&mut self, timeout: Option<Duration>) -> Result<Option<T>, Error> {
        if self.pump.is_none() {
            return self.after_the_end();
        }
        // An item that is there stays there.
        if self.cancellers.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let Some(pump) = &mut self.pump else { return self.after_the_end() };
            if pump.is_of_parent_process() {
                return Err(Error::Closed);
            }
            // Asked in this order: what was handed over before the end comes before the end.
            let ended = pump.is_done();
            if let Some(item) = self.channel.take() {
                return Ok(Some(item));
            }
            if ended {
                return self.end();
            }
            if timeout == Some(Duration::ZERO) {
                self.channel.demand();
                return Err(Error::TimedOut(Duration::ZERO));
            }
            let guard =
                may_wait(pump.on(), &|| Box::new(ItemEdge { items: Arc::clone(&self.items), pump: pump.job() }))?;
            let (host, cancellers) = (pump.host().cloned(), &self.cancellers);
            let _waits = host.as_deref().map(Shared::about_to_wait);
            self.channel.demand();
            let (on, job) = (Arc::clone(pump.on()), pump.job());
            let of = || Of { on: Some(Arc::clone(&on)), job: Some(job.clone()) };
            let call = Some(Call { site: Location::caller(), companion: None, what: WaitFor::Job, of: &of });
            let options = |may_drive| {
                let host = host.as_deref().map(|host| (host as &dyn Host, may_drive));
                WaitOptions { deadline, spin: None, host, warning: guard.warning(), cancellers: Some(cancellers), call }
            };
            let channel = &self.channel;
            let pump = std::cell::RefCell::new(pump);
            let arm = |waker: &Waker| channel.register(waker) && pump.borrow_mut().register(waker);
            let is_over = || channel.has_item() || pump.borrow().is_done();
            let is_started = || pump.borrow().is_started();
            let _waits = channel.waits();
            match guard.block(|may_drive| block::until(options(may_drive), arm, is_over, is_started)) {
                WaitOutcome::Over => {}
                WaitOutcome::TimedOut => return Err(Error::TimedOut(timeout.unwrap_or(Duration::MAX))),
                WaitOutcome::Cancelled => return Err(Error::Cancelled),
            }
        }
    }
}

impl<T, E: From<Error>> Iter<Result<T, E>> {
    /// Makes an error of this crate an item of `next`: an `Err`, by `E`'s `From<bridge::Error>`, after which the iterator has
    /// ended and its stream is dropped. Without it such an error is a panic of `next`.
    ///
    /// A panic of the stream itself stays one. [`next_timeout`](Iter::next_timeout) returns errors as before.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io;
    ///
    /// use futures::StreamExt;
    ///
    /// let event_loop = bridge::EventLoop::new()?;
    /// let lines = futures::stream::iter([io::Result::Ok("one")]).chain(futures::stream::pending());
    /// let mut lines = event_loop.iter(lines).fallible();
    /// assert_eq!(lines.next().unwrap()?, "one");
    /// drop(event_loop);
    /// assert_eq!(lines.next().unwrap().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    /// assert!(lines.next().is_none());
    /// # io::Result::Ok(())
    /// ```
    pub fn fallible(self) -> Self {
        self.folding(|error| Err(error.into()))
    }
}

impl<T> Iter<T> {
    /// With errors as items of `next`.
    pub(crate) fn folding(mut self, fold: fn(Error) -> T) -> Self {
        self.fold = Some(fold);
        self
    }
}

impl<T: Send + 'static> Iter<T> {
    /// Of a stream that could not be made: its only item is `error`.
    pub(crate) fn not_made(error: Error, fold: fn(Error) -> T) -> Self {
        let channel = Arc::new(Channel::new());
        let items = Arc::clone(&channel) as Arc<dyn ItemSource>;
        let end = Some(IterEnd::NotMade(error));
        Iter {
            pump: None,
            end,
            fold: Some(fold),
            channel,
            items,
            _listed: None,
            timeout: None,
            cancellers: Cancellers::default(),
        }
    }
}

impl<T> Iterator for Iter<T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        match self.step(self.timeout) {
            Ok(item) => item,
            Err(Error::Panicked(panic)) => resume_unwind(panic.into_payload()),
            Err(error) => match self.fold {
                Some(fold) => Some(self.end_by(error, fold)),
                None => panic!("`Iter::next`: {error} (`Iter::next_timeout` returns this)"),
            },
        }
    }
}

/// How an iterator has ended, if not by its stream's end.
enum IterEnd {
    /// Returned each time.
    Closed,
    /// There never was a stream. Returned once.
    NotMade(Error),
}

impl<T> std::iter::FusedIterator for Iter<T> {}

impl<T> Drop for Iter<T> {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl<T> fmt::Debug for Iter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not inside the chain: the lock would be held while the formatter, which is the user's, writes.
        let items = if self.is_of_parent_process() { 0 } else { self.channel.lock().items.len() };
        f.debug_struct("Iter").field("stream", &self.pump).field("items", &items).finish()
    }
}

/// The edge from a `next` to the stream's loop.
struct ItemEdge {
    items: Arc<dyn ItemSource>,
    pump: TaskRef,
}

impl Dependency for ItemEdge {
    fn job(&self) -> Option<JobId> {
        Some(self.pump.id())
    }

    fn is_resolved(&self) -> bool {
        self.items.is_there() || self.pump.is_resolved()
    }
}

/// The channel of a stream, whatever its items are.
trait ItemSource: Send + Sync + RefUnwindSafe {
    /// Whether one waits to be taken.
    fn is_there(&self) -> bool;

    /// Nobody will ask for more, if the last to do so was that one. Says whether the pump is to be cancelled: it stops
    /// by itself where it fills the room that it has.
    fn give_up(&self, asked_by: Asker) -> bool;

    /// Asked once a second. Nobody will ask for more, if the stream was idle for [`IDLE`]: then the pump is to be cancelled.
    fn give_up_idle(&self) -> bool;
}

impl<T: Send> ItemSource for Channel<T> {
    fn is_there(&self) -> bool {
        self.has_item()
    }

    fn give_up(&self, asked_by: Asker) -> bool {
        let mut state = self.lock();
        if !asked_by.is(state.asked_by) {
            return false;
        }
        state.given_up = true;
        // Of a `next` that has timed out.
        state.demanded &= state.is_waited_for;
        let (pump, takes_turns) = (state.pump.take(), state.capacity == 0);
        drop(state);
        pump.into_iter().for_each(Waker::wake);
        takes_turns
    }

    fn give_up_idle(&self) -> bool {
        let mut state = self.lock();
        if state.is_waited_for || std::mem::replace(&mut state.was_used, false) {
            state.idle = 0;
            return false;
        }
        state.idle += 1;
        if state.idle < IDLE {
            return false;
        }
        (state.idle, state.given_up, state.demanded) = (0, true, false);
        true
    }
}

/// A stream, for the shutdown of its loop.
struct Pumped {
    items: Arc<dyn ItemSource>,
    canceller: TaskCanceller,
}

impl OpenStream for Pumped {
    fn give_up(&self, asked_by: Asker) {
        if self.items.give_up(asked_by) {
            self.canceller.cancel_started();
        }
    }

    fn give_up_idle(&self) {
        if self.items.give_up_idle() {
            self.canceller.cancel_started();
        }
    }
}

/// The items on their way from the pump to the iterator.
struct Channel<T>(Mutex<ChannelState<T>>);

struct ChannelState<T> {
    /// Handed over, not taken yet.
    items: VecDeque<T>,
    /// How many the stream may run ahead.
    capacity: usize,
    /// The caller waits for an item.
    demanded: bool,
    /// Who did so last, or else made it.
    asked_by: Asker,
    /// A `next` waits for an item.
    is_waited_for: bool,
    /// An item was asked for, taken or handed over since `give_up_idle` asked last.
    was_used: bool,
    /// How often in a row it has found the stream idle.
    idle: u8,
    /// There will be no use for an item, but to fill the room.
    given_up: bool,
    /// The pump, when it waits for a use of the next item.
    pump: Option<Waker>,
    /// The caller, when it waits for an item.
    caller: Option<Waker>,
}

impl<T> Channel<T> {
    fn new() -> Channel<T> {
        Channel(Mutex::new(ChannelState {
            items: VecDeque::new(),
            capacity: 0,
            demanded: false,
            asked_by: Asker::here(),
            is_waited_for: false,
            was_used: true,
            idle: 0,
            given_up: false,
            pump: None,
            caller: None,
        }))
    }

    /// No user code runs under this lock.
    fn lock(&self) -> MutexGuard<'_, ChannelState<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pump's: until there is a use for an item, or will be none.
    fn poll_use(&self, cx: &Context<'_>) -> Poll<Result<(), Error>> {
        let mut state = self.lock();
        if state.demanded || state.items.len() < state.capacity {
            return Poll::Ready(Ok(()));
        }
        if state.given_up {
            return Poll::Ready(Err(Error::Closed));
        }
        state.pump = Some(cx.waker().clone());
        Poll::Pending
    }

    /// The pump's: an item.
    fn hand_over(&self, item: T) {
        let mut state = self.lock();
        state.items.push_back(item);
        (state.demanded, state.was_used) = (false, true);
        let caller = state.caller.take();
        drop(state);
        caller.into_iter().for_each(Waker::wake);
    }

    /// The caller's: an item that is there. It leaves room for another.
    fn take(&self) -> Option<T> {
        let mut state = self.lock();
        let item = state.items.pop_front()?;
        (state.asked_by, state.was_used) = (Asker::here(), true);
        let pump = if state.capacity > 0 { state.pump.take() } else { None };
        drop(state);
        pump.into_iter().for_each(Waker::wake);
        Some(item)
    }

    /// The caller's: it wants one.
    fn demand(&self) {
        let mut state = self.lock();
        state.demanded = state.items.is_empty();
        (state.asked_by, state.was_used) = (Asker::here(), true);
        let pump = state.pump.take();
        drop(state);
        pump.into_iter().for_each(Waker::wake);
    }

    /// The caller's: it wants no more. The items that it has not taken.
    fn close(&self) -> VecDeque<T> {
        let mut state = self.lock();
        (state.demanded, state.capacity, state.given_up) = (false, 0, true);
        std::mem::take(&mut state.items)
    }

    /// The caller's: it waits until this is dropped.
    fn waits(&self) -> WaitingNext<'_, T> {
        self.lock().is_waited_for = true;
        WaitingNext(self)
    }

    fn has_item(&self) -> bool {
        !self.lock().items.is_empty()
    }

    /// The caller's: to be woken for an item. False: there is one.
    fn register(&self, waker: &Waker) -> bool {
        let mut state = self.lock();
        state.caller = Some(waker.clone());
        state.items.is_empty()
    }
}

/// A `next` that waits.
struct WaitingNext<'a, T>(&'a Channel<T>);

impl<T> Drop for WaitingNext<'_, T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        (state.is_waited_for, state.was_used) = (false, true);
    }
}
