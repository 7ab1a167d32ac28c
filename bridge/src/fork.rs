//! Whether a loop's thread is in this process at all: a `fork` copies every handle, and no thread but the caller's.
//!
//! Hooks run at each `fork` (`pthread_atfork`). The child's adds to a counter; a loop remembers what it was. A lock that another
//! thread holds at the fork would be held in the child for ever, so the hook before it takes each global lock of this crate
//! ([`GlobalMutex`]), and those after it let them go. What the process has one of
//! is made anew in a child ([`PerProcess`]). On systems without `pthread_atfork` the counter stays as it is, and nothing is
//! noticed.

use std::cell::{Cell, UnsafeCell};
use std::io;
use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};
use std::sync::{LazyLock, OnceLock, PoisonError};

use crate::loom::outside::{Mutex, MutexGuard};

/// How many forks lie between the first process and this one.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// The process that something was made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Process(u32);

impl Process {
    pub(crate) fn current() -> Process {
        notice_forks();
        Process::counted()
    }

    /// Whether it is this one.
    pub(crate) fn is_current(self) -> bool {
        self == Process::counted()
    }

    /// Whether this process was forked off another, since something was made in that.
    pub(crate) fn is_child() -> bool {
        Process::counted() != Process(0)
    }

    fn counted() -> Process {
        // ORDERING: only a process with one thread writes it.
        Process(FORKS.load(Ordering::Relaxed))
    }
}

/// What a process has one of, made on first use: a child that was forked off makes its own.
pub(crate) struct PerProcess<T: 'static> {
    /// That of this process, or of the nearest forebear that has used it. Never freed.
    newest: AtomicPtr<Made<T>>,
}

struct Made<T> {
    process: Process,
    value: OnceLock<T>,
    /// Held while it is made, by a thread of that process.
    making: Mutex<()>,
}

impl<T: Send + Sync> PerProcess<T> {
    pub(crate) const fn new() -> PerProcess<T> {
        PerProcess { newest: AtomicPtr::new(ptr::null_mut()) }
    }

    /// The value of this process. While one thread makes it, others wait; if that fails, the next tries again.
    pub(crate) fn get_or_try_init(&self, make: impl FnOnce() -> io::Result<T>) -> io::Result<&'static T> {
        let made = self.made();
        if let Some(value) = made.value.get() {
            return Ok(value);
        }
        let _making = made.making.lock().unwrap_or_else(PoisonError::into_inner);
        match made.value.get() {
            Some(value) => Ok(value),
            None => {
                let value = make()?;
                Ok(made.value.get_or_init(|| value))
            }
        }
    }

    /// The place of this process. No lock is held while it is found, which a fork might leave locked.
    fn made(&self) -> &'static Made<T> {
        let process = Process::current();
        // ORDERING: Acquire pairs with the Release of the exchange below.
        let mut newest = self.newest.load(Ordering::Acquire);
        let mut own = None;
        loop {
            // SAFETY: null, or from `Box::into_raw` below, and never freed.
            match unsafe { newest.as_ref() } {
                Some(made) if made.process == process => return made,
                _ => {}
            }
            let new = || Box::into_raw(Box::new(Made { process, value: OnceLock::new(), making: Mutex::new(()) }));
            let at = *own.get_or_insert_with(new);
            // ORDERING: Release hands the place over. Acquire on failure: as above.
            match self.newest.compare_exchange(newest, at, Ordering::Release, Ordering::Acquire) {
                // SAFETY: from `Box::into_raw` above, and never freed from here on.
                Ok(_) => return unsafe { &*at },
                Err(seen) => {
                    // SAFETY: from `Box::into_raw` above, and published nowhere.
                    own.take().into_iter().for_each(|at| drop(unsafe { Box::from_raw(at) }));
                    newest = seen;
                }
            }
        }
    }
}

/// A global value under a lock that a child finds free, whatever the threads of its parent were doing: the thread that forks takes
/// it before, and lets it go after.
pub(crate) struct GlobalMutex<T: 'static> {
    value: LazyLock<Mutex<T>>,
    /// It is among the [`GLOBALS`].
    is_known: AtomicBool,
    /// Between the hook before a fork and that after it: the lock. Kept here, since a hook that allocates would need a lock of
    /// the allocator's, which another thread may hold at the fork.
    held: UnsafeCell<Option<MutexGuard<'static, T>>>,
}

// SAFETY: `held` is touched by the thread alone that holds the lock of `value`. The others are `Sync` themselves.
unsafe impl<T: Send> Sync for GlobalMutex<T> {}

/// A [`GlobalMutex`] of whatever value.
trait Global: Sync {
    /// Takes the lock, for the fork.
    fn hold(&'static self);

    /// Lets the lock go.
    ///
    /// # Safety
    ///
    /// This thread has called `hold`, and not `release` since.
    unsafe fn release(&'static self);
}

type Globals = Vec<&'static dyn Global>;

/// Those that were used, in the order in which the hook takes them. No thread takes this one while it holds one of them, nor one of
/// them while it holds another.
static GLOBALS: Mutex<Globals> = Mutex::new(Vec::new());

fn globals() -> MutexGuard<'static, Globals> {
    GLOBALS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T: Default + Send> GlobalMutex<T> {
    pub(crate) const fn new() -> GlobalMutex<T> {
        GlobalMutex {
            value: LazyLock::new(Mutex::default),
            is_known: AtomicBool::new(false),
            held: UnsafeCell::new(None),
        }
    }

    /// No user code runs under this lock: a panic in there could only be a failed allocation.
    pub(crate) fn lock(&'static self) -> MutexGuard<'static, T> {
        notice_forks();
        // ORDERING: it hands nothing over. It is asked again under the lock.
        if !self.is_known.load(Ordering::Relaxed) {
            let mut globals = globals();
            if !self.is_known.swap(true, Ordering::Relaxed) {
                globals.push(self);
            }
        }
        self.guard()
    }

    fn guard(&'static self) -> MutexGuard<'static, T> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Default + Send> Global for GlobalMutex<T> {
    fn hold(&'static self) {
        let guard = self.guard();
        // SAFETY: this thread holds the lock, so no other one touches the cell.
        unsafe { *self.held.get() = Some(guard) };
    }

    unsafe fn release(&'static self) {
        // SAFETY: as the caller sees to, this thread holds the lock, so no other one touches the cell.
        let guard = unsafe { (*self.held.get()).take() };
        drop(guard);
    }
}

thread_local! {
    /// The list of all global locks, and with it these locks: held by this thread, which forks. It needs no destructor.
    static HELD: Cell<Option<ManuallyDrop<MutexGuard<'static, Globals>>>> = const { Cell::new(None) };
    /// How many hooks have run before the fork that this thread is inside of.
    static HOOKS: Cell<usize> = const { Cell::new(0) };
}

fn before_fork() {
    if HOOKS.replace(HOOKS.get() + 1) == 0 {
        let globals = globals();
        globals.iter().for_each(|global| global.hold());
        HELD.set(Some(ManuallyDrop::new(globals)));
    }
}

/// Lets the locks go after the last hook.
fn after_fork(in_child: bool) {
    let left = HOOKS.get().saturating_sub(1);
    HOOKS.set(left);
    if left == 0 {
        if in_child {
            // ORDERING: the child has one thread as yet.
            FORKS.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(globals) = HELD.take().map(ManuallyDrop::into_inner) {
            for global in globals.iter() {
                // SAFETY: `before_fork` has called `hold` for the same list, and `HELD` is taken once.
                unsafe { global.release() };
            }
        }
    }
}

/// Sees to it that the hooks are there.
fn notice_forks() {
    static NOTICED: AtomicBool = AtomicBool::new(false);
    // Not by a `Once`, which a fork might leave half done. Threads that come here at the same time each add the hooks, which
    // takes them well.
    // ORDERING: it hands nothing over.
    if !NOTICED.load(Ordering::Relaxed) {
        add_hooks();
        NOTICED.store(true, Ordering::Relaxed);
    }
}

#[cfg(any(
    target_os = "linux",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_vendor = "apple"
))]
fn add_hooks() {
    use std::ffi::c_int;

    type ForkHook = Option<unsafe extern "C" fn()>;

    unsafe extern "C" {
        fn pthread_atfork(prepare: ForkHook, parent: ForkHook, child: ForkHook) -> c_int;
    }

    unsafe extern "C" fn prepare() {
        before_fork();
    }

    unsafe extern "C" fn in_parent() {
        after_fork(false);
    }

    unsafe extern "C" fn in_child() {
        after_fork(true);
    }

    // SAFETY: the hooks live as long as the program. They run on the thread that forks. The child's adds to an atomic and
    // lets go of locks that this very thread holds; it allocates and frees nothing. Where there is no memory for them, forks go
    // unnoticed.
    unsafe { pthread_atfork(Some(prepare), Some(in_parent), Some(in_child)) };
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_vendor = "apple"
)))]
fn add_hooks() {
    // Nothing runs them.
    let _ = (before_fork as fn(), after_fork as fn(bool));
}

#[cfg(all(test, not(bridge_loom)))]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::AtomicUsize;
    use std::thread;

    use super::*;

    #[test]
    fn of_many_threads_one_makes_what_the_process_has_one_of() {
        static ONE: PerProcess<usize> = PerProcess::new();
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let together = Barrier::new(8);
        let get = || {
            together.wait();
            *ONE.get_or_try_init(|| Ok(MADE.fetch_add(1, Ordering::SeqCst))).unwrap()
        };
        thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(get)).collect();
            assert!(all.into_iter().all(|one| one.join().unwrap() == 0));
        });
        assert_eq!(MADE.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn what_could_not_be_made_is_tried_again() {
        static ONE: PerProcess<u8> = PerProcess::new();
        assert!(ONE.get_or_try_init(|| Err(io::ErrorKind::OutOfMemory.into())).is_err());
        assert_eq!(*ONE.get_or_try_init(|| Ok(1)).unwrap(), 1);
        assert_eq!(*ONE.get_or_try_init(|| Ok(2)).unwrap(), 1);
    }

    #[test]
    fn hooks_that_were_added_twice_hold_the_locks_until_the_last_has_run() {
        static GLOBAL: GlobalMutex<u8> = GlobalMutex::new();
        *GLOBAL.lock() += 1;
        let held = || HELD.take().map(|locks| HELD.set(Some(locks))).is_some();
        for in_child in [false, false] {
            before_fork();
            before_fork();
            assert!(held());
            after_fork(in_child);
            assert!(held());
            after_fork(in_child);
            assert!(!held());
            assert_eq!(*GLOBAL.lock(), 1, "nobody holds it");
        }
    }
}
