//! The jobs of a loop that are pending: kept until they end, whether anybody else knows of them or not.

use std::sync::atomic::{AtomicU32, Ordering};

use slab::Slab;

use crate::task::raw::header::TaskRef;
use crate::unwind::catch_and_drop;

/// The key under which a job is kept. Of the thread that drives the loop.
pub(crate) struct SlabKey(AtomicU32);

impl SlabKey {
    /// A job that is not kept.
    const NONE: u32 = u32::MAX;

    // ORDERING, of both: of the one thread that has the driver.
    fn get(&self) -> Option<usize> {
        let key = self.0.load(Ordering::Relaxed);
        (key != SlabKey::NONE).then_some(key as usize)
    }

    fn set(&self, key: u32) {
        self.0.store(key, Ordering::Relaxed);
    }
}

impl Default for SlabKey {
    fn default() -> SlabKey {
        SlabKey(AtomicU32::new(SlabKey::NONE))
    }
}

/// A loop's pending jobs. They are closed by [`JobSlab::close`], before this is dropped.
#[derive(Default)]
pub(crate) struct JobSlab(Slab<TaskRef>);

impl JobSlab {
    /// With more capacity than this the memory is given back when no job is left.
    const CAPACITY: usize = 1024;

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a slab keeps `job`.
    pub(crate) fn is_kept(job: &TaskRef) -> bool {
        job.key.get().is_some()
    }

    pub(crate) fn insert(&mut self, job: TaskRef) {
        let entry = self.0.vacant_entry();
        let key = u32::try_from(entry.key()).ok().filter(|key| *key != SlabKey::NONE);
        job.key.set(key.expect("four billion jobs are more than memory holds"));
        entry.insert(job);
    }

    /// Lets go of `job`, if it is kept here.
    pub(crate) fn remove(&mut self, job: &TaskRef) {
        let Some(key) = job.key.get() else { return };
        job.key.set(SlabKey::NONE);
        // The caller has a reference as well, so nothing ends with this one.
        drop(self.0.remove(key));
        if self.0.is_empty() && self.0.capacity() > JobSlab::CAPACITY {
            self.0 = Slab::new();
        }
    }

    /// Ends them all. Whether there were any.
    pub(crate) fn close(&mut self) -> bool {
        let jobs = std::mem::take(&mut self.0);
        let any = !jobs.is_empty();
        for (_, job) in jobs {
            job.close();
            // What hangs on the last reference may be the user's.
            catch_and_drop(|| job);
        }
        any
    }
}

impl std::fmt::Debug for JobSlab {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JobSlab").field("jobs", &self.0.len()).finish()
    }
}

#[cfg(all(test, not(bridge_loom)))]
mod tests {
    use std::future::{Pending, pending};
    use std::sync::Arc;

    use super::*;
    use crate::instrument::stall::Site;
    use crate::task::raw::core::FutureCore;
    use crate::task::raw::job::Job;

    /// Jobs that never end by themselves.
    type Never = Job<FutureCore<fn() -> Pending<()>, Pending<()>>>;

    fn jobs(count: usize) -> Vec<Arc<Never>> {
        let site = Site::new(std::panic::Location::caller());
        // SAFETY: all of it is `Send`, and in an `Arc`.
        let new = || Arc::new(unsafe { Job::new(FutureCore::future(pending(), site)) });
        std::iter::repeat_with(new).take(count).collect()
    }

    fn is_done(job: &Arc<Never>) -> bool {
        job.completion().state.is_done()
    }

    fn contains(job: &Arc<Never>) -> bool {
        JobSlab::is_kept(&TaskRef::from(job))
    }

    #[test]
    fn what_was_released_is_not_closed_and_not_kept_alive() {
        let (mut slab, mut jobs) = (JobSlab::default(), jobs(3));
        jobs.iter().for_each(|job| slab.insert(TaskRef::from(job)));
        let released = jobs.remove(1);
        slab.remove(&TaskRef::from(&released));
        slab.remove(&TaskRef::from(&released));
        assert_eq!(Arc::strong_count(&released), 1);
        assert!(!contains(&released) && jobs.iter().all(contains));
        assert!(!slab.is_empty() && slab.close() && slab.is_empty());
        assert!(!is_done(&released) && jobs.iter().all(|job| is_done(job) && Arc::strong_count(job) == 1));
        assert!(!slab.close(), "there is nothing left");
    }

    #[test]
    fn the_memory_of_many_is_given_back_when_none_is_left() {
        let (mut slab, jobs) = (JobSlab::default(), jobs(10 * JobSlab::CAPACITY));
        jobs.iter().for_each(|job| slab.insert(TaskRef::from(job)));
        jobs.iter().for_each(|job| slab.remove(&TaskRef::from(job)));
        assert!(slab.is_empty());
        assert_eq!(slab.0.capacity(), 0);
    }
}
