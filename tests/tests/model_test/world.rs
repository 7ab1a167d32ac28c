//! What a script runs on: its loops, the threads that help, and the notes of what went wrong.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::{Duration, Instant};

use bridge::{Canceller, Error, EventLoop, Handle, LocalHandle, SharedLoop};
use bridge_tests::Log;
use tokio::runtime::{Builder, Id, Runtime};
use tokio::sync::oneshot;

use crate::model::Record;
use crate::script::{How, Kind, Script};

/// Something that runs futures.
pub(crate) struct Place {
    pub(crate) index: usize,
    pub(crate) kind: Kind,
    pub(crate) handle: Handle,
    pub(crate) local: Option<LocalHandle>,
    /// The runtime's.
    pub(crate) id: Id,
    /// The one thread that polls tasks, if it is always the same.
    pub(crate) thread: Option<ThreadId>,
    owner: Mutex<Option<Owner>>,
    /// Somebody begins to end it.
    pub(crate) ending: AtomicBool,
    /// Somebody begins to end it, and may abort what runs.
    pub(crate) aborting: AtomicBool,
    /// It ended within its timeout: nothing was aborted.
    pub(crate) finished: AtomicBool,
    /// The call that ends it has returned.
    pub(crate) ended: AtomicBool,
    /// Captures of futures that were polled here and are not dropped yet. Those of calls that the threads that wait for them
    /// are to drop are not of an external runtime's.
    pub(crate) live: AtomicI64,
    /// Polls of its tasks that are under way.
    pub(crate) polls: AtomicI64,
    /// The last first poll, by submitter.
    order: Mutex<HashMap<ThreadId, u64>>,
}

/// What ends a place.
enum Owner {
    EventLoop(EventLoop),
    SharedLoop(SharedLoop),
    CurrentThread(oneshot::Sender<()>, JoinHandle<()>),
    MultiThread(Runtime),
}

impl Owner {
    fn end(self, how: How) -> Result<(), Error> {
        match self {
            Owner::EventLoop(event_loop) => match how {
                How::Shutdown => event_loop.shutdown(),
                How::LongTimeout => event_loop.shutdown_timeout(LONG_TIMEOUT),
                How::Timeout(timeout) => event_loop.shutdown_timeout(timeout),
                How::Drop => {
                    drop(event_loop);
                    Ok(())
                }
            },
            Owner::SharedLoop(shared) => match how {
                How::Shutdown => shared.shutdown(),
                How::LongTimeout => shared.shutdown_timeout(LONG_TIMEOUT),
                How::Timeout(timeout) => shared.shutdown_timeout(timeout),
                How::Drop => {
                    drop(shared);
                    Ok(())
                }
            },
            Owner::CurrentThread(stop, driver) => {
                let _ = stop.send(());
                driver.join().expect("a runtime goes without a panic");
                Ok(())
            }
            Owner::MultiThread(runtime) => {
                drop(runtime);
                Ok(())
            }
        }
    }
}

const LONG_TIMEOUT: Duration = Duration::from_secs(600);

thread_local! {
    /// The places onto which this thread is in a call, whose future it polls now.
    static CALLS: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// While it lives, this thread polls the future of its own call onto a place.
pub(crate) struct Calls(());

impl Calls {
    pub(crate) fn onto(place: usize) -> Calls {
        CALLS.with_borrow_mut(|calls| calls.push(place));
        Calls(())
    }

    fn is_onto(place: usize) -> bool {
        CALLS.with_borrow(|calls| calls.contains(&place))
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        CALLS.with_borrow_mut(Vec::pop);
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Place {
    fn new(index: usize, kind: Kind) -> Place {
        let (handle, local, owner, thread) = match kind {
            Kind::EventLoop => {
                let event_loop = EventLoop::builder().thread_name(format!("loop {index}")).build().unwrap();
                let thread = event_loop.block_on(async { thread::current().id() }).unwrap();
                let local = event_loop.handle().clone();
                (Handle::from(&local), Some(local), Owner::EventLoop(event_loop), Some(thread))
            }
            Kind::SharedLoop => {
                let shared = SharedLoop::builder().thread_name(format!("loop {index}")).build_shared().unwrap();
                (Handle::from(&shared), None, Owner::SharedLoop(shared), None)
            }
            Kind::CurrentThread => {
                let runtime = Builder::new_current_thread().enable_all().build().unwrap();
                let handle = Handle::from(&runtime);
                let (stop, stopped) = oneshot::channel();
                // The runtime is dropped on the thread that drove it.
                let driver = thread::spawn(move || drop(runtime.block_on(stopped)));
                let thread = driver.thread().id();
                (handle, None, Owner::CurrentThread(stop, driver), Some(thread))
            }
            Kind::MultiThread => {
                let runtime = Builder::new_multi_thread().worker_threads(1 + index % 2).enable_all().build().unwrap();
                (Handle::from(&runtime), None, Owner::MultiThread(runtime), None)
            }
        };
        let id = handle.block_on(async { tokio::runtime::Handle::current().id() }).unwrap();
        Place {
            index,
            kind,
            handle,
            local,
            id,
            thread,
            owner: Mutex::new(Some(owner)),
            ending: AtomicBool::new(false),
            aborting: AtomicBool::new(false),
            finished: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            live: AtomicI64::new(0),
            polls: AtomicI64::new(0),
            order: Mutex::default(),
        }
    }

    /// The first poll of a submission.
    pub(crate) fn first_poll(&self, (submitter, number): (ThreadId, u64)) -> Result<(), String> {
        let before = lock(&self.order).insert(submitter, number).unwrap_or(0);
        if self.kind.has_one_driver() && before > number {
            return Err(format!("polled after one that {submitter:?} submitted later"));
        }
        Ok(())
    }
}

pub(crate) type ToReap = (Arc<Record>, Canceller, Duration);

/// One run of a script.
pub(crate) struct World {
    pub(crate) script: Arc<Script>,
    pub(crate) places: Vec<Arc<Place>>,
    pub(crate) records: Mutex<Vec<Arc<Record>>>,
    pub(crate) cancellers: Mutex<Vec<(Arc<Record>, Canceller)>>,
    /// Cancels what nobody else would end.
    pub(crate) reaper: Mutex<Option<mpsc::Sender<ToReap>>>,
    pub(crate) outputs: Arc<AtomicI64>,
    submissions: AtomicU64,
    /// The script's threads that are at it.
    pub(crate) actors: AtomicUsize,
    /// What went wrong.
    pub(crate) faults: Log<String>,
}

impl World {
    pub(crate) fn new(script: &Arc<Script>, faults: &Log<String>) -> (Arc<World>, JoinHandle<()>) {
        let (reap, to_reap) = mpsc::channel::<ToReap>();
        let world = Arc::new(World {
            script: Arc::clone(script),
            places: script.loops.iter().enumerate().map(|(index, kind)| Arc::new(Place::new(index, *kind))).collect(),
            records: Mutex::default(),
            cancellers: Mutex::default(),
            reaper: Mutex::new(Some(reap)),
            outputs: Arc::default(),
            submissions: AtomicU64::new(1),
            actors: AtomicUsize::new(script.threads.len()),
            faults: faults.clone(),
        });
        let faults = faults.clone();
        let reaper = thread::spawn(move || {
            for (record, canceller, delay) in to_reap {
                thread::sleep(delay);
                if let Err(fault) = record.cancel_by(&canceller) {
                    faults.push(format!("{fault}: {record:?}"));
                }
            }
        });
        (world, reaper)
    }

    /// Notes what was not allowed.
    pub(crate) fn check(&self, about: &Record, checked: Result<(), String>) {
        if let Err(fault) = checked {
            self.faults.push(format!("{fault}: {about:?}"));
        }
    }

    pub(crate) fn number(&self) -> (ThreadId, u64) {
        (thread::current().id(), self.submissions.fetch_add(1, SeqCst))
    }

    /// Whether a wait of `from`'s thread for `on`, a loop or the end of one, may close a cycle.
    pub(crate) fn may_deadlock(&self, from: Option<usize>, on: usize) -> bool {
        let reaches = &self.script.reaches[on];
        let holds_up_an_end =
            |call: &usize| self.places[*call].kind == Kind::SharedLoop && reaches[self.places.len() + call];
        from.is_some_and(|from| from == on || reaches[from])
            || CALLS.with_borrow(|calls| calls.iter().any(holds_up_an_end))
    }

    /// Cancels one of the shared tasks.
    pub(crate) fn cancel_any(&self, index: usize) {
        let chosen = {
            let all = lock(&self.cancellers);
            (!all.is_empty()).then(|| all[index % all.len()].clone())
        };
        if let Some((record, canceller)) = chosen {
            self.check(&record, record.cancel_by(&canceller));
        }
    }

    pub(crate) fn reap(&self, record: &Arc<Record>, canceller: Canceller, delay: Duration) {
        let sent = lock(&self.reaper).as_ref().map(|reaper| reaper.send((Arc::clone(record), canceller, delay)));
        assert!(matches!(sent, Some(Ok(()))), "the reaper goes last");
    }

    /// The script's threads have left, and what they left is done: nobody is there to submit more.
    pub(crate) fn is_over(&self) -> bool {
        self.actors.load(SeqCst) == 0 && lock(&self.records).iter().all(|record| record.drops.load(SeqCst) > 0)
    }

    /// Ends a loop, unless somebody else does. `from`: on that loop's thread.
    pub(crate) fn end(&self, index: usize, how: How, from: Option<usize>) {
        let place = &self.places[index];
        // A runtime of tokio's must not be dropped where it would block others.
        let must_wait = self.script.workers_block && place.kind == Kind::MultiThread;
        let is_called_here = Calls::is_onto(index);
        let is_polled = from.is_some() || CALLS.with_borrow(|calls| !calls.is_empty());
        if is_polled && !place.kind.has_shutdown() || must_wait && !self.is_over() {
            return;
        }
        let Some(owner) = lock(&place.owner).take() else { return };
        let own = from == Some(index) || is_called_here;
        let finishes = place.kind.has_shutdown() && matches!(how, How::Shutdown | How::LongTimeout) && !own;
        if !finishes {
            place.aborting.store(true, SeqCst);
        }
        place.ending.store(true, SeqCst);
        let started = Instant::now();
        let ended = owner.end(how);
        let elapsed = started.elapsed();
        // Others know of no timeout.
        let said_so = ended.is_ok() && matches!(how, How::Timeout(_)) && place.kind.has_shutdown();
        place.finished.store(said_so, SeqCst);
        place.ended.store(true, SeqCst);
        let may_deadlock = own || self.may_deadlock(from, index) || self.may_deadlock(from, self.places.len() + index);
        let right = match (&ended, how) {
            (Ok(()), How::Drop) => true,
            (Ok(()), _) => !own,
            (Err(Error::WouldDeadlock(_)), _) => may_deadlock,
            (Err(Error::TimedOut(_)), How::Timeout(timeout)) => elapsed >= timeout,
            _ => false,
        };
        let live = place.live.load(SeqCst);
        // Where it may not have been joined, its thread may be at it still.
        if !right || live != 0 && !may_deadlock || !place.handle.is_closed() {
            let fault =
                format!("loop {index}, {how:?} from {from:?}: {ended:?} after {elapsed:?}, {live} futures live");
            self.faults.push(fault);
        }
    }
}
