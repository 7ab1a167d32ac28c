//! Every kind of loop that a handle may refer to, for tests of what holds on all of them.

use std::borrow::Cow;
use std::io;
use std::iter;
use std::ops::Deref;
use std::sync::mpsc;
use std::sync::{Arc, Barrier};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::Duration;

use bridge::{AsHandle, Error, EventLoop, Handle, LocalHandle, SharedLoop, Task};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::{BlockedThread, received};

/// What a handle refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An `EventLoop`.
    EventLoop,
    /// A `SharedLoop`.
    SharedLoop,
    /// A tokio runtime with workers.
    MultiThread,
    /// A tokio runtime that another thread drives.
    CurrentThread,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 4] = [Kind::EventLoop, Kind::SharedLoop, Kind::MultiThread, Kind::CurrentThread];
    /// Event loops and shared loops: they have an owner in this crate, and so a shutdown.
    pub const LOOPS: [Kind; 2] = [Kind::EventLoop, Kind::SharedLoop];
    /// External runtimes.
    pub const EXTERNAL: [Kind; 2] = [Kind::MultiThread, Kind::CurrentThread];
    /// Those that one thread at a time drives: tasks are polled one after the other, and start in order.
    pub const ONE_DRIVER: [Kind; 3] = [Kind::EventLoop, Kind::SharedLoop, Kind::CurrentThread];
    /// Those that the same thread drives all the time.
    pub const ONE_THREAD: [Kind; 2] = [Kind::EventLoop, Kind::CurrentThread];

    /// Whether a scoped call is polled on the calling thread.
    #[must_use]
    pub fn polls_on_the_caller(self) -> bool {
        self != Kind::EventLoop
    }

    /// Whether it has one thread at a time that polls tasks.
    #[must_use]
    pub fn has_one_driver(self) -> bool {
        self != Kind::MultiThread
    }
}

/// A running loop of some kind. Dropping it ends the loop as its owner's drop does.
#[derive(Debug)]
pub struct AnyLoop {
    /// What it is.
    pub kind: Kind,
    handle: Handle,
    owner: Option<Owner>,
}

#[derive(Debug)]
enum Owner {
    EventLoop(EventLoop),
    SharedLoop(SharedLoop),
    MultiThread(Runtime),
    CurrentThread(oneshot::Sender<()>, JoinHandle<()>),
}

impl AnyLoop {
    /// Starts one.
    ///
    /// # Panics
    ///
    /// If the system has no room for it.
    #[must_use]
    pub fn start(kind: Kind) -> AnyLoop {
        AnyLoop::named(kind, "loop under test")
    }

    /// Starts one of that name.
    ///
    /// # Panics
    ///
    /// If the system has no room for it.
    #[must_use]
    pub fn named(kind: Kind, name: &str) -> AnyLoop {
        AnyLoop::build(kind, name, |_| ()).expect("a loop can be started")
    }

    /// Starts one whose runtime `configure` sets up.
    ///
    /// # Panics
    ///
    /// If the system has no room for it.
    #[must_use]
    pub fn configured(kind: Kind, configure: impl FnOnce(&mut Builder)) -> AnyLoop {
        AnyLoop::build(kind, "loop under test", configure).expect("a loop can be started")
    }

    /// Starts one.
    ///
    /// # Errors
    ///
    /// If the system has no room for it.
    pub fn try_start(kind: Kind) -> io::Result<AnyLoop> {
        AnyLoop::build(kind, "loop under test", |_| ())
    }

    fn build(kind: Kind, name: &str, configure: impl FnOnce(&mut Builder)) -> io::Result<AnyLoop> {
        let external = |mut runtime: Builder, configure: &mut dyn FnMut(&mut Builder)| {
            runtime.worker_threads(2).name(name).enable_all();
            configure(&mut runtime);
            runtime.build()
        };
        let mut configure = Some(configure);
        let mut configure =
            |runtime: &mut Builder| configure.take().into_iter().for_each(|configure| configure(runtime));
        let (handle, owner) = match kind {
            Kind::EventLoop => {
                let event_loop = EventLoop::builder().thread_name(name).configure(configure).build()?;
                (Handle::from(&event_loop), Owner::EventLoop(event_loop))
            }
            Kind::SharedLoop => {
                let shared = SharedLoop::builder().thread_name(name).configure(configure).build_shared()?;
                (Handle::from(&shared), Owner::SharedLoop(shared))
            }
            Kind::MultiThread => {
                let runtime = external(Builder::new_multi_thread(), &mut configure)?;
                (Handle::from(&runtime), Owner::MultiThread(runtime))
            }
            Kind::CurrentThread => {
                let runtime = external(Builder::new_current_thread(), &mut configure)?;
                let handle = Handle::from(&runtime);
                let (stop, stopped) = oneshot::channel();
                // The runtime is dropped on the thread that drove it.
                let driver = thread::Builder::new().name(name.to_owned());
                let driver = driver.spawn(move || drop(runtime.block_on(stopped)))?;
                (handle, Owner::CurrentThread(stop, driver))
            }
        };
        Ok(AnyLoop { kind, handle, owner: Some(owner) })
    }

    /// Its handle for futures that are not `Send`, if it takes such.
    #[must_use]
    pub fn local(&self) -> Option<&LocalHandle> {
        match &self.owner {
            Some(Owner::EventLoop(event_loop)) => Some(event_loop.handle()),
            _ => None,
        }
    }

    /// Its handle.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Lets what was submitted finish, for `timeout` at most.
    ///
    /// # Errors
    ///
    /// What the owner's shutdown returns.
    ///
    /// # Panics
    ///
    /// If it is an external runtime.
    #[track_caller]
    pub fn shutdown(mut self, timeout: Option<Duration>) -> Result<(), Error> {
        match (self.owner.take(), timeout) {
            (Some(Owner::EventLoop(event_loop)), None) => event_loop.shutdown(),
            (Some(Owner::EventLoop(event_loop)), Some(timeout)) => event_loop.shutdown_timeout(timeout),
            (Some(Owner::SharedLoop(shared)), None) => shared.shutdown(),
            (Some(Owner::SharedLoop(shared)), Some(timeout)) => shared.shutdown_timeout(timeout),
            (owner, _) => panic!("{owner:?} is an external runtime: it has no such shutdown"),
        }
    }
}

/// How the owner of an event loop or a shared loop ends it without waiting.
impl AnyLoop {
    /// Closes it.
    ///
    /// # Panics
    ///
    /// If it is an external runtime.
    #[track_caller]
    pub fn close(&self) {
        match &self.owner {
            Some(Owner::EventLoop(event_loop)) => event_loop.close(),
            Some(Owner::SharedLoop(shared)) => shared.close(),
            owner => panic!("{owner:?} is an external runtime: it has no `close`"),
        }
    }

    /// Ends it in the background.
    ///
    /// # Panics
    ///
    /// If it is an external runtime.
    #[track_caller]
    pub fn shutdown_background(mut self) {
        match self.owner.take() {
            Some(Owner::EventLoop(event_loop)) => event_loop.shutdown_background(),
            Some(Owner::SharedLoop(shared)) => shared.shutdown_background(),
            owner => panic!("{owner:?} is an external runtime: it has no such shutdown"),
        }
    }
}

/// How long workers have to start the job that is for each of them.
const NUDGE: Duration = Duration::from_millis(100);

/// What tests need to know of a loop's threads.
impl AnyLoop {
    /// Runs `f` once on each thread that polls tasks while no caller waits: one, or as many as there are workers.
    ///
    /// # Panics
    ///
    /// If the loop has ended.
    pub fn on_threads<R: Send + 'static>(&self, f: impl Fn() -> R + Clone + Send + 'static) -> Vec<R> {
        let workers = match &self.owner {
            Some(Owner::MultiThread(runtime)) => runtime.metrics().num_workers(),
            _ => 1,
        };
        let together = Arc::new(Barrier::new(workers));
        let (sender, receiver) = mpsc::channel();
        for _ in 0..workers {
            let (f, together, sender) = (f.clone(), Arc::clone(&together), sender.clone());
            let run = move || {
                // Each holds its thread until all have started, so that no thread runs two.
                together.wait();
                sender.send(f()).expect("the test waits for this");
            };
            self.call_soon(run).expect("the loop is open");
        }
        drop(sender);
        iter::from_fn(|| received(&receiver, NUDGE, || self.nudge())).take(workers).collect()
    }

    /// A worker may have taken several tasks out of the runtime's queue, and hold its thread in the first of them. tokio wakes
    /// another, which takes the rest from it, as soon as there is a new task.
    fn nudge(&self) {
        if !self.kind.has_one_driver() {
            self.call_soon(|| {}).expect("the loop is open");
        }
    }

    /// The threads that poll tasks while no caller waits.
    ///
    /// # Panics
    ///
    /// If the loop has ended.
    #[must_use]
    pub fn threads(&self) -> Vec<ThreadId> {
        self.on_threads(|| thread::current().id())
    }

    /// Whether `thread` may have polled a task of this loop for which the calling thread, and no other, has waited.
    ///
    /// # Panics
    ///
    /// If the loop has ended.
    #[must_use]
    pub fn polls_tasks_on(&self, thread: ThreadId) -> bool {
        self.threads().contains(&thread) || (self.kind == Kind::SharedLoop && thread == thread::current().id())
    }

    /// The thread that polls, and drops, the future of a scoped call of the calling thread.
    ///
    /// # Panics
    ///
    /// If the loop has ended.
    #[must_use]
    pub fn polls_calls_on(&self) -> ThreadId {
        if self.kind.polls_on_the_caller() { thread::current().id() } else { self.threads()[0] }
    }

    /// Keeps each of [`threads`](AnyLoop::threads) inside one poll until the blocked_threads are dropped.
    ///
    /// # Panics
    ///
    /// If the loop has ended.
    #[must_use = "dropping it releases the threads"]
    pub fn block_threads(&self) -> Vec<BlockedThread> {
        let block = |_| {
            let start = |job| self.call_soon(job).expect("the loop is open");
            BlockedThread::nudged(start, NUDGE, || self.nudge())
        };
        self.threads().iter().map(block).collect()
    }

    /// Returns when tasks that were submitted, or woken, before have been polled. That no poll of them is under way any more
    /// holds where one thread polls all.
    ///
    /// # Panics
    ///
    /// If the loop has ended.
    pub fn settle(&self) {
        for _ in 0..3 {
            self.submit(tokio::task::yield_now()).result().expect("the loop is open");
        }
    }
}

/// Whether the task was polled, and is not being polled now.
#[must_use]
pub fn is_pending<T>(task: &Task<T>) -> bool {
    format!("{task:?}").contains("\"pending\"")
}

impl AsHandle for AnyLoop {
    fn as_handle(&self) -> Cow<'_, Handle> {
        self.handle.as_handle()
    }
}

impl Deref for AnyLoop {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for AnyLoop {
    fn drop(&mut self) {
        match self.owner.take() {
            Some(Owner::CurrentThread(stop, driver)) => {
                let _ = stop.send(());
                driver.join().expect("a runtime goes without a panic");
            }
            owner => drop(owner),
        }
    }
}

/// Runs `test` on a fresh loop of each of `kinds`, and says which. The panic of a test follows a line that
/// names the kind.
#[track_caller]
pub fn on_each(kinds: impl IntoIterator<Item = Kind>, test: impl Fn(AnyLoop) + Sync) {
    for_each(kinds, |kind| test(AnyLoop::start(kind)));
}

/// Runs `test` on two fresh loops, for each pair of one of `kinds` and one of `others`.
#[track_caller]
pub fn on_each_pair(
    kinds: impl IntoIterator<Item = Kind>,
    others: impl IntoIterator<Item = Kind> + Clone,
    test: impl Fn(AnyLoop, AnyLoop) + Sync,
) {
    for kind in kinds {
        println!("beside {kind:?}:");
        for_each(others.clone(), |other| test(AnyLoop::named(kind, "one"), AnyLoop::named(other, "other")));
    }
}

/// As [`on_each`], for a test that starts its loops itself.
#[track_caller]
pub fn for_each(kinds: impl IntoIterator<Item = Kind>, test: impl Fn(Kind) + Sync) {
    for kind in kinds {
        println!("on {kind:?}");
        // On a stack of its own: ThreadSanitizer does not see the joins of std's that order what came before on this one.
        let ended = thread::scope(|scope| scope.spawn(|| test(kind)).join());
        ended.unwrap_or_else(|payload| std::panic::resume_unwind(payload));
    }
}
