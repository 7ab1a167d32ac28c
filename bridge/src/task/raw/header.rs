//! A job by one thin pointer: what the queue links, and what a waker holds.

use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::task::{RawWaker, RawWakerVTable, Waker};

use crate::loom::UnsafeCell;
use crate::task::raw::job::AnyJob;

/// A job's place in the queue. It is in one queue, once, at most: from the push of a new job until it is taken, and from
/// the step that set `WOKEN` in `IDLE` (see [`state`](crate::task::raw::state)) until it is taken again.
///
/// Aligned so that the queue has three bits of its address for its marks.
#[repr(align(8))]
pub(crate) struct Header {
    /// The job that this is a part of, as a reference to it was when it was first given away: the thin pointers lead to
    /// this fat one. Written once, by the first `into_raw`.
    job: UnsafeCell<Option<NonNull<AnyJob>>>,
    /// The job that was pushed before it.
    pub(crate) next: UnsafeCell<*const Header>,
}

impl Header {
    pub(crate) fn new() -> Header {
        Header { job: UnsafeCell::new(None), next: UnsafeCell::new(ptr::null()) }
    }

    /// A pointer that keeps the job alive, in the place of `job`. [`Header::from_raw`] is the way back.
    ///
    /// # Safety
    ///
    /// The first time, nobody else gives the same job away, or has a waker of it.
    pub(crate) unsafe fn into_raw(job: Arc<AnyJob>) -> *const Header {
        let header: *const Header = &raw const job.header;
        // SAFETY: what is there was written by the first call, which came before, as this function asks.
        let is_known = job.header.job.with(|known| unsafe { *known }.is_some());
        let job = Arc::into_raw(job);
        if !is_known {
            // SAFETY: the job is alive, by the reference that the last line has given up.
            let header = unsafe { &*header };
            // SAFETY: this is the first call, during which nobody else looks, as this function asks.
            header.job.with_mut(|known| unsafe { *known = NonNull::new(job.cast_mut()) });
        }
        header
    }

    /// The reference that was given away.
    ///
    /// # Safety
    ///
    /// `header` is from [`Header::into_raw`] or from a waker's clone, and its reference was not taken back yet.
    pub(crate) unsafe fn from_raw(header: *const Header) -> Arc<AnyJob> {
        // SAFETY: the job is alive, by the reference that was given away.
        let job = unsafe { (*header).known() };
        // SAFETY: it is from `Arc::into_raw`, and this call has its reference, as this function asks.
        unsafe { Arc::from_raw(job) }
    }

    /// A reference to the job, which has been given away before.
    pub(crate) fn job(&self) -> Arc<AnyJob> {
        let job = self.known();
        // SAFETY: it is from `Arc::into_raw`, and alive: this header, which is borrowed, is a part of it.
        unsafe { Arc::increment_strong_count(job) };
        // SAFETY: as above, and with the reference that was just made.
        unsafe { Arc::from_raw(job) }
    }

    fn known(&self) -> *const AnyJob {
        // SAFETY: nobody writes to it after the first `into_raw`, which came before: whoever has the header to ask it has it
        // from there.
        let known = self.job.with(|known| unsafe { *known });
        known.expect("a job is known from its first push on").as_ptr().cast_const()
    }

    /// A waker of the job, which has been given away before. It does not count as a reference; its clones do.
    pub(crate) fn waker(&self) -> ManuallyDrop<Waker> {
        let header: *const Header = self;
        // SAFETY: the functions of the table keep the contract of a waker: each clone has a reference of its own, and
        // what they do may be done on any thread. This one, which has none, is not dropped, and is used while the header
        // is borrowed.
        ManuallyDrop::new(unsafe { Waker::from_raw(RawWaker::new(header.cast(), &WAKER)) })
    }
}

static WAKER: RawWakerVTable = RawWakerVTable::new(clone_waker, wake, wake_by_ref, drop_waker);

/// The job of a waker, by the reference that the waker has.
///
/// # Safety
///
/// `header` is the data of a waker that is not used, nor dropped, after this.
unsafe fn of_waker(header: *const ()) -> Arc<AnyJob> {
    // SAFETY: each waker that may be used up has a reference, by `clone_waker`.
    unsafe { Header::from_raw(header.cast()) }
}

/// # Safety
///
/// `header` is the data of a waker, in this and in the next three.
unsafe fn clone_waker(header: *const ()) -> RawWaker {
    // SAFETY: a waker keeps its job alive, or is borrowed from one that does.
    let job = unsafe { &*header.cast::<Header>() }.job();
    let _its_own = Arc::into_raw(job);
    RawWaker::new(header, &WAKER)
}

unsafe fn wake(header: *const ()) {
    // SAFETY: by the contract of a waker it is used up by this.
    unsafe { of_waker(header) }.wake();
}

unsafe fn wake_by_ref(header: *const ()) {
    // SAFETY: as in `clone_waker`. The header is not used after `wake`, during which the job may end.
    unsafe { &*header.cast::<Header>() }.job().wake();
}

unsafe fn drop_waker(header: *const ()) {
    // SAFETY: by the contract of a waker this is the last that is done with it.
    drop(unsafe { of_waker(header) });
}
