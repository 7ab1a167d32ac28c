//! The jobs of a loop that are pending: kept until they end, whether anybody else knows of them or not.

use std::mem;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::job::AnyJob;
use crate::link::Link;
use crate::slot::contain;

/// Where a job is kept. Of the loop's thread.
pub(crate) struct Place(AtomicU32);

impl Place {
    /// A job that is nowhere; the end of the list of free places.
    const NONE: u32 = u32::MAX;

    // ORDERING, of both: of one thread.
    fn get(&self) -> Option<usize> {
        let place = self.0.load(Ordering::Relaxed);
        (place != Place::NONE).then_some(place as usize)
    }

    fn set(&self, place: u32) {
        self.0.store(place, Ordering::Relaxed);
    }
}

impl Default for Place {
    fn default() -> Place {
        Place(AtomicU32::new(Place::NONE))
    }
}

/// One word: a job's link, with a reference to the job, or else, with the lowest bit set, the next free place. Links are
/// aligned to more than that.
struct Entry(*const Link);

impl Entry {
    fn free(next: u32) -> Entry {
        Entry(ptr::without_provenance(((next as usize) << 1) | 1))
    }

    fn kept(job: Arc<AnyJob>) -> Entry {
        // SAFETY: a job is kept by the loop that has polled it, so it was given away before, by its push.
        Entry(unsafe { Link::give(job) })
    }

    fn is_free(&self) -> bool {
        self.0.addr() & 1 != 0
    }

    /// The place after this one in the list of free ones.
    fn next_free(&self) -> u32 {
        debug_assert!(self.is_free());
        (self.0.addr() >> 1) as u32
    }

    /// The job that is kept here.
    fn take(self) -> Option<Arc<AnyJob>> {
        if self.is_free() {
            return None;
        }
        // SAFETY: it is from `kept`, and this uses it up. An entry is not dropped otherwise, but for `Pending`'s own end.
        Some(unsafe { Link::take(self.0) })
    }
}

/// A loop's pending jobs. They are closed by [`Pending::close`], before this is dropped.
pub(crate) struct Pending {
    entries: Vec<Entry>,
    /// The first free one.
    free: u32,
    count: usize,
}

impl Pending {
    /// With more room than this the memory is given back when no job is left.
    const ROOM: usize = 1024;

    pub(crate) fn new() -> Pending {
        Pending { entries: Vec::new(), free: Place::NONE, count: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether `job` is kept here.
    pub(crate) fn has(job: &AnyJob) -> bool {
        job.place.get().is_some()
    }

    pub(crate) fn keep(&mut self, job: Arc<AnyJob>) {
        self.count += 1;
        if let Some(entry) = self.entries.get_mut(self.free as usize) {
            job.place.set(self.free);
            self.free = mem::replace(entry, Entry::kept(job)).next_free();
            return;
        }
        if self.entries.len() == self.entries.capacity() {
            // By an eighth: what is too much counts for each job that is kept, and the move is one of words.
            self.entries.reserve_exact((self.entries.len() / 8).max(64));
        }
        let place = u32::try_from(self.entries.len()).expect("so many jobs have no room in memory");
        job.place.set(place);
        self.entries.push(Entry::kept(job));
    }

    /// Lets go of `job`, if it is kept here.
    pub(crate) fn release(&mut self, job: &AnyJob) {
        let Some(place) = job.place.get() else { return };
        job.place.set(Place::NONE);
        self.count -= 1;
        let kept = mem::replace(&mut self.entries[place], Entry::free(self.free)).take();
        // There are fewer places than `NONE`.
        self.free = place as u32;
        if self.count == 0 && self.entries.capacity() > Pending::ROOM {
            *self = Pending::new();
        }
        // The caller has a reference as well, so nothing ends with this one.
        drop(kept);
    }

    /// Ends them all. Whether there were any.
    pub(crate) fn close(&mut self) -> bool {
        let Pending { entries, count, .. } = mem::replace(self, Pending::new());
        for job in entries.into_iter().filter_map(Entry::take) {
            job.close();
            // What hangs on the last reference may be the user's.
            contain(|| job);
        }
        count > 0
    }
}

#[cfg(all(test, not(bridge_loom)))]
pub(crate) mod tests {
    use super::*;
    use crate::frame::Cell;
    use crate::job::Job;

    /// Jobs that never end by themselves.
    pub(crate) fn jobs(count: usize) -> Vec<Arc<AnyJob>> {
        // SAFETY: all of it is `Send`.
        let new = || Arc::new(unsafe { Job::new(Cell::future(std::future::pending::<()>())) }) as Arc<AnyJob>;
        std::iter::repeat_with(new).take(count).collect()
    }

    fn is_done(job: &Arc<AnyJob>) -> bool {
        job.signal.state.is_done()
    }

    #[test]
    fn a_place_that_is_free_is_taken_again() {
        let (mut pending, jobs) = (Pending::new(), jobs(10));
        jobs[..5].iter().for_each(|job| pending.keep(Arc::clone(job)));
        jobs[1..3].iter().for_each(|job| pending.release(job));
        jobs[5..].iter().for_each(|job| pending.keep(Arc::clone(job)));
        let mut places: Vec<_> = jobs.iter().map(|job| job.place.get()).collect();
        assert!(jobs.iter().all(|job| Pending::has(job) == job.place.get().is_some()));
        places.sort_unstable();
        let kept = [None, None].into_iter().chain((0..8).map(Some));
        assert_eq!(places, Vec::from_iter(kept), "eight jobs, eight places, each its own");
        assert!(pending.close());
        assert_eq!(jobs.iter().filter(|job| is_done(job)).count(), 8);
    }

    #[test]
    fn what_was_released_is_not_closed_and_not_kept_alive() {
        let (mut pending, mut jobs) = (Pending::new(), jobs(3));
        jobs.iter().for_each(|job| pending.keep(Arc::clone(job)));
        let released = jobs.remove(1);
        pending.release(&released);
        pending.release(&released);
        assert_eq!(Arc::strong_count(&released), 1);
        assert!(!pending.is_empty() && pending.close() && pending.is_empty());
        assert!(!is_done(&released) && jobs.iter().all(|job| is_done(job) && Arc::strong_count(job) == 1));
        assert!(!pending.close(), "there is nothing left");
    }

    #[test]
    fn the_memory_of_many_is_given_back_when_none_is_left() {
        let (mut pending, jobs) = (Pending::new(), jobs(10 * Pending::ROOM));
        jobs.iter().for_each(|job| pending.keep(Arc::clone(job)));
        assert!(pending.entries.capacity() < jobs.len() * 5 / 4, "no more is kept ready than a part of what is needed");
        jobs.iter().for_each(|job| pending.release(job));
        assert!(pending.is_empty());
        assert_eq!(pending.entries.capacity(), 0);
    }
}
