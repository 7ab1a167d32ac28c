//! The jobs of a thread's scoped calls, used again: a call whose future is ready allocates nothing.
//!
//! The loop drops its reference to a job a moment after it has completed it, so a caller may make its next call while the job of
//! its last one is still referenced. So there are two, made together: by the time that a loop has completed one, it has dropped the
//! other. One that is referenced for longer, by a waker that somebody keeps, is replaced.

use std::cell::RefCell;
use std::sync::Arc;

use crate::loom::thread_local;
use crate::task::raw::core::ScopedCore;
use crate::task::raw::job::Job;

/// A job whose core is on its caller's stack.
pub(crate) type ScopedJob = Job<ScopedCore>;

thread_local! {
    // loom's macro takes no `const`.
    #[allow(clippy::missing_const_for_thread_local)]
    static CACHE: RefCell<[Option<Arc<ScopedJob>>; 2]> = RefCell::new([None, None]);
}

/// A job for `core`, to be given back by [`put`].
///
/// # Safety
///
/// As for [`Job::new`].
pub(crate) unsafe fn take(core: ScopedCore) -> Arc<ScopedJob> {
    // SAFETY: the caller keeps the condition for the one that is returned. The other is sent nowhere and no reference
    // to it is out, so nobody reads its pointer, which soon dangles, before it is made anew.
    let new = || unsafe { Job::new(core) };
    let cache = CACHE.try_with(|cache| {
        let mut cache = cache.borrow_mut();
        if let [first @ None, second @ None] = &mut *cache {
            *first = Some(Arc::new(new()));
            *second = Some(Arc::new(new()));
        }
        cache.iter_mut().find_map(|place| place.take_if(|job| Arc::get_mut(job).map(|free| *free = new()).is_some()))
    });
    // In the destructor of another thread-local this one may be gone.
    cache.ok().flatten().unwrap_or_else(|| Arc::new(new()))
}

/// Takes back a job that is done and holds nothing of the loop's.
pub(crate) fn put(job: Arc<ScopedJob>) {
    let _ = CACHE.try_with(|cache| {
        let mut cache = cache.borrow_mut();
        let is_held = |place: &Option<Arc<ScopedJob>>| place.as_ref().is_some_and(|job| Arc::strong_count(job) > 1);
        let place = cache.iter().position(Option::is_none).or_else(|| cache.iter().position(is_held));
        // Nothing ends with a job that was held, nor with this one if all places are good.
        place.map(|place| cache[place].replace(job))
    });
}
