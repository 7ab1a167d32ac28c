//! The one switch between the primitives of std and those of loom (`--cfg bridge_loom`).
//!
//! `Arc` is std's in both: loom's cannot hold a trait object, and the count of references is not what the
//! models are about.

#[cfg(not(bridge_loom))]
mod imp {
    pub(crate) use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
    pub(crate) use std::thread::{Thread, current, park};
    pub(crate) use std::thread_local;

    pub(crate) fn spin_loop() {
        std::hint::spin_loop();
    }

    pub(crate) fn now() -> std::time::Instant {
        std::time::Instant::now()
    }

    /// `std::cell::UnsafeCell` with loom's way in.
    #[derive(Debug)]
    pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            UnsafeCell(std::cell::UnsafeCell::new(value))
        }

        #[inline]
        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}

#[cfg(bridge_loom)]
mod imp {
    pub(crate) use loom::hint::spin_loop;
    pub(crate) use loom::sync::atomic::Ordering;
    pub(crate) use loom::sync::{Mutex, MutexGuard};
    pub(crate) use loom::thread::{Thread, current, park};
    pub(crate) use loom::thread_local;

    /// A cell whose access is a step of its own: of one that comes right after an atomic step, loom would believe that it happened
    /// before that one was seen.
    #[derive(Debug)]
    pub(crate) struct UnsafeCell<T> {
        step: loom::sync::atomic::AtomicU32,
        cell: loom::cell::UnsafeCell<T>,
    }

    impl<T> UnsafeCell<T> {
        pub(crate) fn new(value: T) -> Self {
            UnsafeCell { step: loom::sync::atomic::AtomicU32::new(0), cell: loom::cell::UnsafeCell::new(value) }
        }

        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            self.step.fetch_add(0, Ordering::Relaxed);
            self.cell.with_mut(f)
        }
    }

    /// Time does not pass in a model.
    pub(crate) fn now() -> std::time::Instant {
        static NOW: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
        *NOW
    }

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

#[cfg(not(bridge_loom))]
pub(crate) use outside::{Mutex, MutexGuard};

/// The mutex of what is in no model.
pub(crate) mod outside {
    #[cfg(not(bridge_tsan))]
    pub(crate) use std::sync::{Mutex, MutexGuard};

    #[cfg(bridge_tsan)]
    pub(crate) use super::seen::{Mutex, MutexGuard};
}

/// For ThreadSanitizer (`ci/tsan`), which does not see what the mutexes of std order: std comes compiled without it.
#[cfg(bridge_tsan)]
mod seen {
    use std::ops::{Deref, DerefMut};
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{LockResult, PoisonError, TryLockError};

    /// A mutex of std, whose critical sections also follow each other in an atomic.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T> {
        mutex: std::sync::Mutex<T>,
        order: AtomicU32,
    }

    pub(crate) struct MutexGuard<'a, T> {
        guard: std::sync::MutexGuard<'a, T>,
        order: &'a AtomicU32,
    }

    impl<T> Mutex<T> {
        pub(crate) const fn new(value: T) -> Mutex<T> {
            Mutex { mutex: std::sync::Mutex::new(value), order: AtomicU32::new(0) }
        }

        pub(crate) fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
            let guard = self.mutex.lock().unwrap_or_else(PoisonError::into_inner);
            self.order.fetch_add(1, Ordering::AcqRel);
            Ok(MutexGuard { guard, order: &self.order })
        }

        pub(crate) fn try_lock(&self) -> Result<MutexGuard<'_, T>, TryLockError<MutexGuard<'_, T>>> {
            let guard = match self.mutex.try_lock() {
                Ok(guard) => guard,
                Err(TryLockError::Poisoned(error)) => error.into_inner(),
                Err(TryLockError::WouldBlock) => return Err(TryLockError::WouldBlock),
            };
            self.order.fetch_add(1, Ordering::AcqRel);
            Ok(MutexGuard { guard, order: &self.order })
        }
    }

    impl<T> Deref for MutexGuard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            &self.guard
        }
    }

    impl<T> DerefMut for MutexGuard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            &mut self.guard
        }
    }

    impl<T> Drop for MutexGuard<'_, T> {
        fn drop(&mut self) {
            self.order.fetch_add(1, Ordering::AcqRel);
        }
    }
}

/// Locks a mutex under which no user code runs: a panic in there could only be a failed allocation.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
