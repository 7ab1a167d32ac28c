//! What the programs that run at random share: numbers, settings, and a count of what leaks.

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// Counts what is allocated and not freed; to be a program's `#[global_allocator]`.
#[derive(Debug)]
pub struct Counting;

static LIVE: AtomicI64 = AtomicI64::new(0);
static LIVE_BYTES: AtomicI64 = AtomicI64::new(0);

impl Counting {
    /// How many allocations, and how many bytes, there are now.
    #[must_use]
    pub fn live() -> (i64, i64) {
        (LIVE.load(Ordering::SeqCst), LIVE_BYTES.load(Ordering::SeqCst))
    }
}

fn bytes(layout: Layout) -> i64 {
    i64::try_from(layout.size()).unwrap_or(i64::MAX)
}

// SAFETY: all is handed on to `System`.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(1, Ordering::Relaxed);
        LIVE_BYTES.fetch_add(bytes(layout), Ordering::Relaxed);
        // SAFETY: the caller's conditions are `System`'s.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
        LIVE_BYTES.fetch_sub(bytes(layout), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(ptr, layout) }
    }
}

/// Xorshift: enough to plan with, and the same everywhere.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// The same numbers for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Random {
        // A multiple of an odd number spreads seeds that are neighbours; zero would stay zero.
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Less than `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Less than `len`: a place in a list.
    pub fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(u64::try_from(len).unwrap_or(u64::MAX))).unwrap_or(0)
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// Less than `limit` microseconds.
    pub fn micros(&mut self, limit: u64) -> Duration {
        Duration::from_micros(self.below(limit))
    }
}

/// A number of the environment's, or `default`.
///
/// # Panics
///
/// If what is there is none.
#[must_use]
pub fn setting<T: FromStr>(name: &str, default: T) -> T {
    match std::env::var(name) {
        Ok(value) => value.parse().unwrap_or_else(|_| panic!("{name}={value} is no number")),
        Err(_) => default,
    }
}

/// A seed that is another one in every run.
#[must_use]
pub fn any_seed() -> u64 {
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::from(clock.subsec_nanos())
}

/// The threads that this process has at a time, where they can be seen.
///
/// They are known by their ids and not counted: a thread that has been joined takes a moment to leave the list, and would be
/// counted for one that is still at it.
#[derive(Debug)]
pub struct Threads(HashSet<OsString>);

impl Threads {
    /// Those that it has now.
    ///
    /// Linux ends its list early if the thread that it is at ends meanwhile, so threads that live on may be missing in one
    /// reading. Two that are the same, and as long as the process has threads, are whole.
    #[must_use]
    pub fn now() -> Threads {
        let mut before = listed_threads();
        loop {
            let (now, count) = (listed_threads(), count_threads());
            if now == before && count.is_none_or(|count| count == now.len()) {
                return Threads(now);
            }
            before = now;
        }
    }

    /// How many have been started since, and have not ended.
    #[must_use]
    pub fn started_since(&self) -> usize {
        Threads::now().0.difference(&self.0).count()
    }
}

fn listed_threads() -> HashSet<OsString> {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten();
    tasks.filter_map(Result::ok).map(|task| task.file_name()).collect()
}

fn count_threads() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("Threads:"))?.trim().parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::thread;
    use std::time::Instant;

    use super::*;

    #[test]
    fn the_threads_of_a_process_hold_the_one_that_asks_while_others_end() {
        let name_of_this_thread = || fs::read_link("/proc/thread-self").unwrap().file_name().unwrap().to_owned();
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(1) {
            let others: Vec<_> = (0..8).map(|_| thread::spawn(|| ())).collect();
            // The youngest, which is the last of the list.
            let is_there = thread::spawn(move || Threads::now().0.contains(&name_of_this_thread()));
            assert!(is_there.join().unwrap());
            others.into_iter().for_each(|other| other.join().unwrap());
        }
    }
}
