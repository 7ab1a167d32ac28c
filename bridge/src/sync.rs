//! The one switch between the primitives of std and those of loom (`--cfg bridge_loom`).
//!
//! `Arc` is std's in both: loom's cannot hold a trait object, and the count of references is not what the
//! models are about.

#[cfg(not(bridge_loom))]
mod imp {
    pub(crate) use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
    pub(crate) use std::thread::{Thread, current, park, yield_now};
    pub(crate) use std::thread_local;

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
    pub(crate) use loom::sync::atomic::Ordering;
    pub(crate) use loom::thread::{Thread, current, park, yield_now};
    pub(crate) use loom::thread_local;

    pub(crate) type AtomicU32 = Stepped<loom::sync::atomic::AtomicU32>;
    pub(crate) type AtomicPtr<T> = Stepped<loom::sync::atomic::AtomicPtr<T>>;

    /// An atomic of loom's, with a step that orders nothing before each access.
    ///
    /// Loom knows the last access of a word only, and overlooks orders in which a load comes after another thread's
    /// load and exchange rather than before. Of exchanges it overlooks none, and the step is one.
    #[derive(Debug)]
    pub(crate) struct Stepped<A> {
        step: loom::sync::atomic::AtomicU32,
        atomic: A,
    }

    impl AtomicU32 {
        pub(crate) fn new(value: u32) -> Self {
            Stepped { step: loom::sync::atomic::AtomicU32::new(0), atomic: loom::sync::atomic::AtomicU32::new(value) }
        }
    }

    impl<T> AtomicPtr<T> {
        pub(crate) fn new(value: *mut T) -> Self {
            Stepped { step: loom::sync::atomic::AtomicU32::new(0), atomic: loom::sync::atomic::AtomicPtr::new(value) }
        }
    }

    impl<A> std::ops::Deref for Stepped<A> {
        type Target = A;

        fn deref(&self) -> &A {
            self.step.fetch_add(0, Ordering::Relaxed);
            &self.atomic
        }
    }
}

pub(crate) use imp::*;
