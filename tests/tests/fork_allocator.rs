//! A fork while another thread holds a lock of the allocator's: the hooks of this crate need no memory.
#![cfg(unix)]
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use bridge_tests::kinds::{AnyLoop, Kind, for_each};
use bridge_tests::process::passes_in_a_child;

/// An allocator under a lock that no fork sees to, as those that profile have one.
struct Locking;

static LOCKED: AtomicBool = AtomicBool::new(false);

fn locked<R>(f: impl FnOnce() -> R) -> R {
    while LOCKED.swap(true, Ordering::Acquire) {
        std::hint::spin_loop();
    }
    let value = f();
    LOCKED.store(false, Ordering::Release);
    value
}

// SAFETY: all is handed on to `System`.
unsafe impl GlobalAlloc for Locking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's conditions are `System`'s.
        locked(|| unsafe { System.alloc(layout) })
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: as above.
        locked(|| unsafe { System.dealloc(ptr, layout) });
    }
}

#[global_allocator]
static ALLOCATOR: Locking = Locking;

#[test]
fn a_child_that_only_ends_needs_no_lock_of_the_allocators() {
    for_each(Kind::LOOPS, |kind| {
        let on = AnyLoop::start(kind);
        on.block_on(async {}).unwrap();
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        drop(std::hint::black_box(Box::new([0_u8; 64])));
                    }
                });
            }
            let hangs = (0..200).any(|_| passes_in_a_child(Duration::from_secs(20), || true).is_none());
            stop.store(true, Ordering::Relaxed);
            assert!(!hangs, "a child hangs in a hook");
        });
    });
}
