//! The one switch between the primitives of std and those of loom (`--cfg bridge_loom`).
//!
//! `Arc` is std's in both: loom's cannot hold a trait object, and the count of references is not what the
//! models are about.

#[cfg(not(bridge_loom))]
mod imp {
    pub(crate) use std::sync::OnceLock;
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
#[allow(unsafe_code)]
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

    /// `std::sync::OnceLock`, as far as one thread sets it and others look.
    #[derive(Debug)]
    pub(crate) struct OnceLock<T> {
        is_set: AtomicU32,
        value: UnsafeCell<Option<T>>,
    }

    // SAFETY: the value is written once, before `is_set` is, and only read after that.
    unsafe impl<T: Send + Sync> Sync for OnceLock<T> {}

    impl<T> OnceLock<T> {
        pub(crate) fn new() -> Self {
            OnceLock { is_set: AtomicU32::new(0), value: UnsafeCell::new(None) }
        }

        pub(crate) fn get(&self) -> Option<&T> {
            if self.is_set.load(Ordering::Acquire) == 0 {
                return None;
            }
            // SAFETY: it is set, and so is not written to any more.
            self.value.with(|value| unsafe { (*value).as_ref() })
        }

        pub(crate) fn get_or_init(&self, value: impl FnOnce() -> T) -> &T {
            if self.is_set.load(Ordering::Acquire) == 0 {
                // SAFETY: one thread sets it, and nobody reads it before that.
                self.value.with_mut(|place| unsafe { *place = Some(value()) });
                self.is_set.store(1, Ordering::Release);
            }
            self.get().expect("it was set above")
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
