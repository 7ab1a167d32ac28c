//! The one owner of a job: the [`JoinHandle`] of a submitted future, or a [`call`] whose future is on its stack.
//!
//! The waker cell, the outcome and the address of the core of a job are safe to use by ownership: a [`JoinHandle`] is not
//! `Clone`, and [`call`] does not return before the job is done.

use std::panic::{Location, RefUnwindSafe};
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use crate::deadlock::WaitGuard;
use crate::deadlock::blocked::{Call, Of, WaitFor};
use crate::deadlock::current::LoopMeta;
use crate::error::Deadlock;
use crate::instrument::Span;
use crate::instrument::stall::{self, Site};
use crate::park::Host;
use crate::park::cancel::Cancellers;
use crate::park::spin::Spin;
use crate::task::block::{self, WaitOptions, WaitOutcome};
use crate::task::raw::cache::{self, ScopedJob};
use crate::task::raw::completion::{Completion, Outcome};
use crate::task::raw::core::{FutureCore, ScopedCore, TaskCore};
use crate::task::raw::header::{Pushable, TaskRef};
use crate::task::raw::job::Job;
use crate::task::raw::state::{Ended, GIVEN_UP, Reason};
use crate::unwind::catch_and_drop;

/// A submitted job, as the one that asks for its result sees it.
trait RawTask<T>: Send + Sync + RefUnwindSafe {
    fn completion(&self) -> &Completion;

    /// # Safety
    ///
    /// As for `FutureCore::take`.
    unsafe fn take(&self) -> Option<Outcome<T>>;

    fn span(&self) -> &Span;
    fn job(self: Arc<Self>) -> TaskRef;
}

impl<M, F> RawTask<F::Output> for Job<FutureCore<M, F>>
where
    M: FnOnce() -> F + 'static,
    F: Future + 'static,
    F::Output: 'static,
{
    fn completion(&self) -> &Completion {
        Job::completion(self)
    }

    unsafe fn take(&self) -> Option<Outcome<F::Output>> {
        // SAFETY: the condition is the same.
        unsafe { self.core().take() }
    }

    fn span(&self) -> &Span {
        &self.core().span
    }

    fn job(self: Arc<Self>) -> TaskRef {
        TaskRef::from(&self)
    }
}

/// The one that may wait for a submitted job and take its outcome. Dropping it detaches.
pub(crate) struct JoinHandle<T> {
    job: Arc<dyn RawTask<T>>,
}

/// Submits a future that any thread may poll.
#[track_caller]
pub(crate) fn submit<F>(future: F, send: impl FnOnce(Pushable)) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    submit_from(Location::caller(), future, send)
}

/// The same, where another line than the caller's is to be named.
pub(crate) fn submit_from<F>(
    site: &'static Location<'static>,
    future: F,
    send: impl FnOnce(Pushable),
) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    // SAFETY: all of it is `Send`.
    let job = Arc::new(unsafe { Job::new(FutureCore::future(future, Site::new(site))) });
    // SAFETY: it is new, and is sent nowhere else.
    send(unsafe { Pushable::new(TaskRef::from(&job)) });
    JoinHandle { job }
}

/// Submits a future that is made on the loop's thread, and stays there.
#[track_caller]
pub(crate) fn submit_local<M, F>(make: M, send: impl FnOnce(Pushable)) -> JoinHandle<F::Output>
where
    M: FnOnce() -> F + Send + 'static,
    F: Future + 'static,
    F::Output: Send + 'static,
{
    // SAFETY: `make` is `Send`, and so is the output; what `make` makes stays with a loop of this crate.
    let job = Arc::new(unsafe { Job::new(FutureCore::make(make, Site::new(Location::caller()))) });
    // SAFETY: it is new, and is sent nowhere else.
    send(unsafe { Pushable::new(TaskRef::from(&job)) });
    JoinHandle { job }
}

impl<T> JoinHandle<T> {
    pub(crate) fn is_done(&self) -> bool {
        self.job.completion().state.is_done()
    }

    pub(crate) fn is_started(&self) -> bool {
        self.job.completion().state.is_started()
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.job.completion().state.is_cancelled()
    }

    /// Whether it is done, and its outcome is no value.
    pub(crate) fn has_failed(&self) -> bool {
        self.job.completion().state.has_failed()
    }

    pub(crate) fn state(&self) -> &'static str {
        self.job.completion().state.name()
    }

    pub(crate) fn cancel(&self) -> bool {
        self.job().cancel()
    }

    pub(crate) fn job(&self) -> TaskRef {
        Arc::clone(&self.job).job()
    }

    /// Leaves a waker for completion. False: it is done.
    pub(crate) fn register(&mut self, waker: &Waker) -> bool {
        // SAFETY: this is the one owner, and it is borrowed exclusively.
        unsafe { self.job.completion().register(waker) }
    }

    /// Waits on this thread.
    pub(crate) fn wait(&mut self, options: WaitOptions<'_>) -> WaitOutcome {
        // SAFETY: this is the one owner, and it is borrowed exclusively.
        unsafe { block::wait(self.job.completion(), options) }
    }

    /// The outcome, once, and only when it is done.
    pub(crate) fn take(&mut self) -> Option<Outcome<T>> {
        if !self.is_done() {
            return None;
        }
        // SAFETY: it is done, not detached, and this is the owner.
        unsafe { self.job.take() }
    }

    /// Ends as its drop does, but that what is dropped with it panics at nobody. Whether a loop has it, or had it.
    pub(crate) fn detach(mut self) -> bool {
        let unasked = self.take();
        self.job.span().log_unobserved(unasked.as_ref().and_then(Outcome::panic));
        let refused = matches!(unasked, Some(Outcome::Stopped(Reason::Closed)));
        catch_and_drop(|| unasked);
        catch_and_drop(|| self);
        !refused
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        // SAFETY: this is the one owner, at its end.
        if !unsafe { self.job.completion().detach() } {
            let unasked = self.take();
            self.job.span().log_unobserved(unasked.as_ref().and_then(Outcome::panic));
            // As on the loop's thread, where the output of a task that was detached before is dropped.
            catch_and_drop(|| unasked);
        }
    }
}

/// How a scoped call waits.
#[derive(Clone, Copy)]
pub(crate) struct ScopedWait<'a> {
    pub(crate) deadline: Option<Instant>,
    pub(crate) spin: &'a Spin,
    pub(crate) cancellers: &'a Cancellers,
    /// Where the caller waits; `None` for an event loop, where it parks.
    pub(crate) host: Option<&'a dyn Host>,
    pub(crate) on: &'a Arc<LoopMeta>,
    pub(crate) site: &'static Location<'static>,
    pub(crate) companion: Option<&'static str>,
    /// Checks that this thread may wait for the job.
    pub(crate) guard: &'a dyn Fn(&Arc<ScopedJob>) -> Result<WaitGuard, Deadlock>,
}

/// A scoped call of a future that any thread may poll. It is dropped when this returns.
pub(crate) fn call<F>(
    future: F,
    send: impl FnOnce(Pushable),
    wait: ScopedWait<'_>,
) -> Result<Outcome<F::Output>, Deadlock>
where
    F: Future + Send,
    F::Output: Send,
{
    // SAFETY: all of it is `Send`.
    unsafe { scoped(FutureCore::future(future, Site::new(wait.site)), send, wait) }
}

/// A scoped call of a future that is made on the loop's thread, and dropped there before this returns.
pub(crate) fn call_local<M, F>(
    make: M,
    send: impl FnOnce(Pushable),
    wait: ScopedWait<'_>,
) -> Result<Outcome<F::Output>, Deadlock>
where
    M: FnOnce() -> F + Send,
    F: Future,
    F::Output: Send,
{
    // SAFETY: `make` is `Send`, and so is the output; what `make` makes stays with a loop of this crate.
    unsafe { scoped(FutureCore::make(make, Site::new(wait.site)), send, wait) }
}

/// The core is `cell`, on this function's stack, where it stays until the job is done.
///
/// # Safety
///
/// As for `Job::new`.
unsafe fn scoped<M, F>(
    cell: FutureCore<M, F>,
    send: impl FnOnce(Pushable),
    wait: ScopedWait<'_>,
) -> Result<Outcome<F::Output>, Deadlock>
where
    M: FnOnce() -> F,
    F: Future,
{
    // SAFETY: `cell` is not moved. It is dropped at the end of this function, after `ScopedCall`, whose drop waits until
    // the job is done, on every way out.
    let core = unsafe { ScopedCore::new(&cell) };
    // SAFETY: the caller keeps the condition.
    let job = unsafe { cache::take(core) };
    let guard = match (wait.guard)(&job) {
        Ok(guard) => guard,
        Err(deadlock) => {
            // Not left to this function's end: a destructor that panics there would take the way back, on which the
            // compiler forgets the error that is returned.
            // SAFETY: the job was sent nowhere, so its core is still this thread's.
            let ended = unsafe { cell.stop(Reason::Closed) };
            // SAFETY: as above.
            let outcome = unsafe { cell.take() };
            return outcome.filter(|_| ended == Ended::Panicked).ok_or(deadlock);
        }
    };
    let (spin, cancellers) = (Some(wait.spin), Some(wait.cancellers));
    let of = || Of { on: Some(Arc::clone(wait.on)), job: Some(TaskRef::from(&job)) };
    let call = Call { site: wait.site, companion: wait.companion, what: WaitFor::Job, of: &of };
    let options = WaitOptions {
        deadline: wait.deadline,
        spin,
        host: None,
        warning: guard.warning(),
        cancellers,
        call: Some(call),
    };
    let call = ScopedCall { job: &job, options };
    let waited = guard.block(|may_drive| {
        let options = WaitOptions { host: wait.host.map(|host| (host, may_drive)), ..options };
        // SAFETY: the job is new to this call, and is sent nowhere else.
        send(unsafe { Pushable::new(TaskRef::from(&job)) });
        let waited = call.wait(options);
        drop(call);
        waited
    });
    drop(guard);
    // SAFETY: the job is done, and this is its owner.
    let outcome = unsafe { cell.take() };
    if outcome.as_ref().is_some_and(Outcome::ended_well) {
        // It ended by itself, and so has dropped its scheduler.
        cache::put(job);
    }
    Ok(match outcome.expect("a job that is done has an outcome") {
        // Why it gave up, if not by its timeout.
        Outcome::Stopped(Reason::GivenUp) if waited == WaitOutcome::Cancelled => Outcome::Stopped(Reason::Cancel),
        outcome => outcome,
    })
}

/// A scoped call under way. Its drop ends the call: what is not done by then is stopped, and waited for.
struct ScopedCall<'a> {
    job: &'a Arc<ScopedJob>,
    options: WaitOptions<'a>,
}

impl ScopedCall<'_> {
    fn wait(&self, options: WaitOptions<'_>) -> WaitOutcome {
        // SAFETY: the owner is the thread that is inside `scoped`: this one.
        unsafe { block::wait(self.job.completion(), options) }
    }
}

impl Drop for ScopedCall<'_> {
    fn drop(&mut self) {
        if !self.job.completion().state.is_done() {
            // A panic on the way (tokio's, when the system does not let it wake the loop) must not free the core.
            let guard = AbortOnDrop;
            TaskRef::from(self.job).stop(GIVEN_UP, Reason::GivenUp);
            let options = WaitOptions { deadline: None, spin: None, cancellers: None, ..self.options };
            if let Some(at) = stall::late_at().filter(|_| !self.job.completion().state.is_done()) {
                if let (false, Some(call)) =
                    (self.wait(WaitOptions { deadline: Some(at), ..options }).is_over(), options.call)
                {
                    stall::late(call.site, (call.of)().on.as_ref().map(|on| &*on.name));
                }
            }
            self.wait(options);
            std::mem::forget(guard);
        }
    }
}

/// Ends the process rather than a core that a loop may still touch.
struct AbortOnDrop;

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        std::process::abort();
    }
}

#[cfg(all(test, not(bridge_loom)))]
mod tests {
    use std::panic::panic_any;

    use super::*;
    use crate::task::raw::job::Runner;

    struct PanicsInDrop;

    impl Drop for PanicsInDrop {
        fn drop(&mut self) {
            panic!("a payload's drop");
        }
    }

    #[test]
    fn who_leaves_a_job_that_has_panicked_meanwhile_hears_nothing_of_it() {
        let handle = submit(async { panic_any(PanicsInDrop) }, |job| {
            job.run(Runner::Task(Waker::noop()));
        });
        assert!(handle.is_done() && handle.detach());
    }

    #[test]
    fn who_leaves_a_job_that_was_refused_is_reported() {
        let handle = submit(async {}, |job| job.refuse());
        assert!(!handle.detach());
        assert!(submit(async {}, drop).detach());
    }
}
