//! Counts what is allocated, while somebody asks for it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

/// The system's allocator, counted.
#[derive(Debug)]
pub(crate) struct Counting;

/// Off but for the groups that count: two words that all threads write would be seen in the times.
static ON: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicI64 = AtomicI64::new(0);

/// What was allocated by all threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub(crate) count: u64,
    pub(crate) bytes: u64,
}

/// Counts until it is dropped. One at a time.
#[derive(Debug)]
pub(crate) struct Counter(());

impl Counter {
    pub(crate) fn start() -> Counter {
        // ORDERING: head counts. Who asks has synchronised with those that it asks about by the calls that it made.
        COUNT.store(0, Ordering::Relaxed);
        BYTES.store(0, Ordering::Relaxed);
        LIVE.store(0, Ordering::Relaxed);
        ON.store(true, Ordering::SeqCst);
        Counter(())
    }

    pub(crate) fn counted(&self) -> Counted {
        Counted { count: COUNT.load(Ordering::Relaxed), bytes: BYTES.load(Ordering::Relaxed) }
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        ON.store(false, Ordering::SeqCst);
    }
}

/// The bytes allocated since the last count began, less those freed; of no use when nobody counts.
pub(crate) fn live() -> i64 {
    LIVE.load(Ordering::Relaxed)
}

fn allocated(bytes: usize) {
    if ON.load(Ordering::Relaxed) {
        COUNT.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(bytes as u64, Ordering::Relaxed);
        LIVE.fetch_add(bytes as i64, Ordering::Relaxed);
    }
}

fn freed(bytes: usize) {
    if ON.load(Ordering::Relaxed) {
        LIVE.fetch_sub(bytes as i64, Ordering::Relaxed);
    }
}

// SAFETY: every method hands its arguments to `System` as they are, and returns what that returns.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        allocated(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        allocated(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        freed(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        freed(layout.size());
        allocated(size);
        // SAFETY: as the caller promises.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
