//! The one switch between the primitives of std and those of loom (`--cfg bridge_loom`).
//!
//! `Arc` is std's in both: loom's cannot hold a trait object, and the count of references is not what the
//! models are about.

#[cfg(not(bridge_loom))]
mod imp {
    pub(crate) use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
    pub(crate) use std::thread::{Thread, current, park};

    pub(crate) fn spin_loop() {
        std::hint::spin_loop();
    }

    /// `std::cell::UnsafeCell` with loom's way in.
    #[derive(Debug)]
    pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            UnsafeCell(std::cell::UnsafeCell::new(value))
        }

        #[inline]
        pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }

        #[inline]
        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}

#[cfg(bridge_loom)]
mod imp {
    pub(crate) use loom::cell::UnsafeCell;
    pub(crate) use loom::hint::spin_loop;
    pub(crate) use loom::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
    pub(crate) use loom::thread::{Thread, current, park};
}

pub(crate) use imp::*;
