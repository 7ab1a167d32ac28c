//! Threads that call at once, and how many calls they get done.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crate::measure::{Entry, Role, Series, Slice, interleave};

/// A caller's stack.
const STACK: usize = 512 * 1024;

/// One call, made again and again by one thread.
pub(crate) type Request = Box<dyn FnMut() + Send>;

/// One entry of a comparison: a request for each caller.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    pub(crate) requests: Vec<Request>,
}

/// How long a turn takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// Before anything is counted.
    pub(crate) settle: Duration,
    pub(crate) slice: Duration,
}

/// The calls per second of each contender. All have a request for each of the callers.
pub(crate) fn rates(rounds: usize, turn: Turn, contenders: Vec<Contender>) -> Vec<Series> {
    let callers = contenders.iter().map(|contender| contender.requests.len()).min().unwrap_or(0);
    let crowd = &Crowd::new(callers);
    let (mut heads, mut requests) = (Vec::new(), (0..callers).map(|_| Vec::new()).collect::<Vec<Vec<Request>>>());
    for Contender { name, role, requests: theirs } in contenders {
        heads.push((name, role));
        requests.iter_mut().zip(theirs).for_each(|(all, request)| all.push(request));
    }
    thread::scope(|scope| {
        let threads = requests.into_iter().zip(&crowd.counts).map(|(requests, count)| {
            let caller = thread::Builder::new().stack_size(STACK);
            let caller = caller.spawn_scoped(scope, move || crowd.call(requests, count));
            caller.expect("a thread can be started").thread().clone()
        });
        let leader = &Leader { crowd, threads: threads.collect() };
        let entries = heads
            .into_iter()
            .enumerate()
            .map(|(index, (name, role))| Entry::new(name, role, move || Slice::of(leader.rate(index, turn))));
        interleave(rounds, entries.collect())
    })
}

/// Threads that all make the calls of the contender whose turn it is. They are started once, since that takes longer
/// than a turn. They start and end a turn without a lock: with hundreds of threads that never sleep, a lock takes
/// seconds to go round.
#[derive(Debug)]
struct Crowd {
    counts: Vec<Count>,
    /// How many turns have begun.
    turns: AtomicUsize,
    /// The index of the contender whose turn it is.
    whose: AtomicUsize,
    stop: AtomicBool,
    /// How many callers have not yet ended this turn.
    calling: AtomicUsize,
    /// A request has panicked.
    failed: AtomicBool,
    /// The thread that measures.
    leader: Thread,
}

/// A caller's count, on a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Count(AtomicU64);

/// As the turn of nobody: the end.
const NOBODY: usize = usize::MAX;

impl Crowd {
    fn new(callers: usize) -> Crowd {
        Crowd {
            counts: (0..callers).map(|_| Count::default()).collect(),
            turns: AtomicUsize::new(0),
            whose: AtomicUsize::new(NOBODY),
            stop: AtomicBool::new(false),
            calling: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
            leader: thread::current(),
        }
    }

    /// What a caller's thread does.
    fn call(&self, mut requests: Vec<Request>, count: &Count) {
        let mut calls = 0;
        for turn in 1.. {
            // ORDERING: hands over whose turn it is.
            while self.turns.load(Ordering::Acquire) != turn {
                thread::park();
            }
            let Some(request) = requests.get_mut(self.whose.load(Ordering::Relaxed)) else { return };
            let called = catch_unwind(AssertUnwindSafe(|| {
                while !self.stop.load(Ordering::Relaxed) {
                    request();
                    calls += 1;
                    count.0.store(calls, Ordering::Relaxed);
                }
            }));
            if called.is_err() {
                self.failed.store(true, Ordering::Relaxed);
            }
            // ORDERING: hands over that a request has panicked.
            if self.calling.fetch_sub(1, Ordering::AcqRel) == 1 {
                self.leader.unpark();
            }
        }
    }

    fn total(&self) -> u64 {
        self.counts.iter().map(|count| count.0.load(Ordering::Relaxed)).sum()
    }
}

/// Says whose turn it is. The callers end when it is dropped, also when the measurement panics.
struct Leader<'a> {
    crowd: &'a Crowd,
    threads: Vec<Thread>,
}

impl Leader<'_> {
    /// Calls per second.
    fn rate(&self, index: usize, turn: Turn) -> f64 {
        let crowd = self.crowd;
        self.begin(index);
        thread::sleep(turn.settle);
        let before = crowd.total();
        let start = Instant::now();
        // Of none, there is no ratio.
        let mut calls = 0;
        while calls == 0 && !crowd.failed.load(Ordering::Relaxed) {
            thread::sleep(turn.slice);
            calls = crowd.total() - before;
        }
        let taken = start.elapsed();
        crowd.stop.store(true, Ordering::Relaxed);
        while crowd.calling.load(Ordering::Acquire) > 0 {
            thread::park();
        }
        assert!(!crowd.failed.load(Ordering::Relaxed), "a request has panicked");
        calls as f64 / taken.as_secs_f64()
    }

    fn begin(&self, index: usize) {
        let crowd = self.crowd;
        crowd.whose.store(index, Ordering::Relaxed);
        crowd.stop.store(false, Ordering::Relaxed);
        crowd.calling.store(self.threads.len(), Ordering::Relaxed);
        crowd.turns.fetch_add(1, Ordering::Release);
        self.threads.iter().for_each(Thread::unpark);
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        self.begin(NOBODY);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;
    use std::thread;
    use std::time::Duration;

    use super::{Contender, Request, Turn, rates};
    use crate::measure::Role;

    const TURN: Turn = Turn { settle: Duration::from_millis(5), slice: Duration::from_millis(20) };

    fn contender(name: &'static str, callers: usize, request: impl Fn() + Clone + Send + 'static) -> Contender {
        let requests = (0..callers).map(|_| Box::new(request.clone()) as Request).collect();
        Contender { name, role: Role::Peer, requests }
    }

    #[test]
    fn all_callers_are_counted() {
        let sleep = || thread::sleep(Duration::from_millis(1));
        let alone = rates(2, TURN, vec![contender("alone", 1, sleep)]);
        let four = rates(2, TURN, vec![contender("four", 4, sleep)]);
        assert!(alone[0].median() > 0.0);
        assert!(four[0].median() > alone[0].median() * 1.5, "{four:?} against {alone:?}");
    }

    #[test]
    fn a_request_that_panics_ends_the_measurement() {
        let run = || rates(1, TURN, vec![contender("panics", 2, || panic!("expected"))]);
        assert!(catch_unwind(run).is_err());
    }
}
