//! [`TaskRef`]: a counted, thin pointer to a job of whatever future. It is what the queue links, what the slab keeps and what a
//! waker holds.
//!
//! It points to the [`Header`] of the job, which knows by its [`VTable`] what kind of job it is the start of. The count is that
//! of the `Arc` that the job was made in.

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::ptr;
use std::sync::Arc;
use std::task::{RawWaker, RawWakerVTable, Waker};

use crate::deadlock::graph::{Dependency, JobId};
use crate::loom::UnsafeCell;
use crate::task::raw::completion::Completion;
use crate::task::raw::core::TaskCore;
use crate::task::raw::schedule::Schedule;
use crate::task::raw::slab::SlabKey;

/// What a job has whatever its future is.
///
/// Aligned so that the queue has three bits of its address for its marks.
#[repr(align(8))]
pub(crate) struct Header {
    pub(crate) completion: Completion,
    /// The key under which its loop keeps it while it is pending.
    pub(crate) key: SlabKey,
    /// The job that was pushed before it. A job is in one queue, once, at most: from the push of a new job until it is taken, and
    /// from the step that set `WOKEN` in `IDLE` (see [`state`](crate::task::raw::state)) until it is taken again.
    next: UnsafeCell<*const Header>,
    /// Where it is sent to run again; see the last chapter of [`state`](crate::task::raw::state).
    pub(super) schedule: UnsafeCell<Option<Arc<dyn Schedule>>>,
    vtable: &'static VTable,
}

/// What depends on the type of a job. The functions take a pointer to the header of a job of that type that is alive.
pub(super) struct VTable {
    /// Counts one reference more.
    pub(super) retain: unsafe fn(*const Header),
    /// Counts one reference less, and frees the job after the last.
    pub(super) release: unsafe fn(*const Header),
    /// Where the core of the job is.
    pub(super) core: unsafe fn(*const Header) -> *const dyn TaskCore,
}

impl Header {
    /// # Safety
    ///
    /// The header becomes the first field of a job whose functions `vtable` has, in an `Arc`.
    pub(super) unsafe fn new(vtable: &'static VTable) -> Header {
        Header {
            completion: Completion::new(),
            key: SlabKey::default(),
            next: UnsafeCell::new(ptr::null()),
            schedule: UnsafeCell::new(None),
            vtable,
        }
    }
}

/// A reference to a job that is in no queue, and that only its holder may push.
#[derive(Debug)]
pub(crate) struct Pushable(TaskRef);

impl Pushable {
    /// # Safety
    ///
    /// The job is new, or the caller has set `WOKEN` in `IDLE`; and this is done once for each of these.
    pub(crate) unsafe fn new(job: TaskRef) -> Pushable {
        Pushable(job)
    }

    /// The job, which nobody is to push.
    pub(crate) fn into_task(self) -> TaskRef {
        self.0
    }

    /// Notes what was pushed before.
    pub(super) fn set_next(&self, next: *const Header) {
        // SAFETY: the job is in no queue, and no other thread may push it: nobody else touches the cell.
        self.0.next.with_mut(|cell| unsafe { *cell = next });
    }
}

impl Deref for Pushable {
    type Target = TaskRef;

    fn deref(&self) -> &TaskRef {
        &self.0
    }
}

/// A counted reference to a job.
pub(crate) struct TaskRef {
    /// From `Arc::into_raw`, so that it leads to all of the job, with a reference of the `Arc`.
    header: *const Header,
}

// SAFETY: as for `Job`.
unsafe impl Send for TaskRef {}
// SAFETY: as for `Job`.
unsafe impl Sync for TaskRef {}

// As for `Job`.
impl UnwindSafe for TaskRef {}
impl RefUnwindSafe for TaskRef {}

impl TaskRef {
    /// # Safety
    ///
    /// `header` is from `Arc::into_raw` of a job, and the caller gives its reference away.
    pub(super) unsafe fn from_raw(header: *const Header) -> TaskRef {
        TaskRef { header }
    }

    /// The pointer. It keeps the provenance of the whole job.
    pub(super) fn as_ptr(&self) -> *const Header {
        self.header
    }

    pub(crate) fn id(&self) -> JobId {
        JobId::of(&**self)
    }

    /// The core of the job.
    ///
    /// # Safety
    ///
    /// The state gives the core to the calling thread, or has given it the outcome in it: until then, a core that is on its
    /// caller's stack stays there.
    pub(super) unsafe fn core(&self) -> &dyn TaskCore {
        // SAFETY: the job is alive, by this reference.
        let core = unsafe { (self.vtable.core)(self.header) };
        // SAFETY: the core is a part of the job, or on the stack of a caller that waits until the job is done.
        unsafe { &*core }
    }

    /// Takes what was pushed before, and puts `next` in its place.
    ///
    /// # Safety
    ///
    /// The job was taken out of a queue by the calling thread, as a part of a list that is not shared. What was pushed before it
    /// was not taken yet.
    pub(super) unsafe fn replace_next(&self, next: Option<TaskRef>) -> Option<TaskRef> {
        let next = next.map_or(ptr::null(), |next| ManuallyDrop::new(next).header);
        // SAFETY: the list is this thread's.
        let header = self.next.with_mut(|cell| unsafe { ptr::replace(cell, next) });
        // SAFETY: the reference that was pushed before is the list's, and is not taken again.
        (!header.is_null()).then(|| unsafe { TaskRef::from_raw(header) })
    }

    /// A waker of the job. It does not count as a reference; its clones do.
    pub(super) fn waker(&self) -> ManuallyDrop<Waker> {
        // SAFETY: the functions of the table keep the contract of a waker: each clone has a reference of its own, and
        // what they do may be done on any thread. This one, which has none, is not dropped, and is used while `self` is
        // borrowed.
        ManuallyDrop::new(unsafe { Waker::from_raw(RawWaker::new(self.header.cast(), &WAKER)) })
    }
}

impl Deref for TaskRef {
    type Target = Header;

    fn deref(&self) -> &Header {
        // SAFETY: the job is alive, by this reference.
        unsafe { &*self.header }
    }
}

impl Clone for TaskRef {
    fn clone(&self) -> TaskRef {
        // SAFETY: the job is alive, by this reference.
        unsafe { (self.vtable.retain)(self.header) };
        TaskRef { header: self.header }
    }
}

impl Drop for TaskRef {
    fn drop(&mut self) {
        // SAFETY: the job is alive, by this reference, which is given up and not used again.
        unsafe { (self.vtable.release)(self.header) };
    }
}

impl fmt::Debug for TaskRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskRef").field("state", &self.completion.state.name()).finish_non_exhaustive()
    }
}

impl Dependency for TaskRef {
    fn job(&self) -> Option<JobId> {
        Some(self.id())
    }

    fn is_resolved(&self) -> bool {
        self.completion.state.needs_no_loop()
    }
}

static WAKER: RawWakerVTable = RawWakerVTable::new(clone_waker, wake, wake_by_ref, drop_waker);

/// The reference of a waker, which keeps it.
///
/// # Safety
///
/// `data` is that of a waker, in this and in the next four. What this returns is used while the waker is there.
unsafe fn of_waker(data: *const ()) -> ManuallyDrop<TaskRef> {
    // SAFETY: the data of a waker is the pointer of a `TaskRef`, whose reference stays with the waker.
    ManuallyDrop::new(unsafe { TaskRef::from_raw(data.cast()) })
}

unsafe fn clone_waker(data: *const ()) -> RawWaker {
    // SAFETY: the waker is borrowed by this call.
    let task = unsafe { of_waker(data) };
    let clone = ManuallyDrop::new(TaskRef::clone(&task));
    RawWaker::new(clone.header.cast(), &WAKER)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: the waker ends with this call, and its reference is taken over.
    ManuallyDrop::into_inner(unsafe { of_waker(data) }).wake();
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: the waker is borrowed by this call. The job may end in it, and with that the waker: hence a reference of its own.
    let task = TaskRef::clone(&*unsafe { of_waker(data) });
    task.wake();
}

unsafe fn drop_waker(data: *const ()) {
    // SAFETY: the waker ends with this call, and its reference is taken over.
    drop(ManuallyDrop::into_inner(unsafe { of_waker(data) }));
}
