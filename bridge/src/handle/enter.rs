//! [`Handle::enter`]: a loop's context, without a call.

use std::convert::Infallible;
use std::fmt;
use std::future::pending;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Waker};

use tokio::runtime::{Builder, Handle as TokioHandle};

use super::{Handle, Target};
use crate::deadlock::context::InGuard;
use crate::fork::PerProcess;

impl Handle {
    /// Enters the loop's tokio context on this thread, until the guard is dropped.
    ///
    /// What is made or dropped meanwhile finds the loop: sockets and timers of tokio's, `tokio::spawn`,
    /// [`Handle::current`]. Nothing is polled, and nothing waits, for a loop that is busy either. A thread that has entered
    /// a loop does not drive it, so it may call onto it as before.
    ///
    /// On a loop that has ended the guard enters the context of a runtime that has shut down: what is spawned is dropped at
    /// once, and a new socket or timer panics, as tokio has it. On a thread whose thread-locals are being destroyed, where
    /// tokio has no context any more, it enters nothing.
    ///
    /// Guards are dropped in the reverse order of `enter`, which blocks see to. The guard does not hold up the loop's end.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let handle = bridge::shared();
    /// let sleep = {
    ///     let _context = handle.enter();
    ///     // Outside of a context this panics.
    ///     tokio::time::sleep(Duration::from_millis(1))
    /// };
    /// handle.block_on(sleep).unwrap();
    /// ```
    #[must_use = "the context is left when the guard is dropped"]
    pub fn enter(&self) -> EnterGuard<'_> {
        EnterGuard { entered: self.context().and_then(enter), _handle: PhantomData }
    }

    /// Runs `f` in the loop's context, as [`enter`](Handle::enter) does.
    #[cfg(feature = "facade")]
    pub(crate) fn within<R>(&self, f: impl FnOnce() -> R) -> R {
        let Some(runtime) = self.context() else { return f() };
        let Ok(_in_guard) = InGuard::start(runtime.id()) else { return f() };
        let _context = runtime.enter();
        f()
    }

    /// The context of the loop, or once that has ended of a runtime that has shut down.
    fn context(&self) -> Option<TokioHandle> {
        let runtime = match &self.target {
            Target::Loop(loop_ref) => loop_ref.runtime(),
            Target::External(external) if external.on.is_of_parent_process() => None,
            Target::External(external) => Some(external.runtime.clone()),
        };
        runtime.or_else(ended)
    }
}

/// A runtime that has shut down, without file descriptors and threads.
fn ended() -> Option<TokioHandle> {
    static ENDED: PerProcess<TokioHandle> = PerProcess::new();
    let end = || {
        let runtime = Builder::new_current_thread().name("ended loop").build()?;
        let ended = runtime.handle().clone();
        // Its plain drop may wait, which tokio does not allow in async code.
        runtime.shutdown_background();
        Ok(ended)
    };
    ENDED.get_or_try_init(end).ok().cloned()
}

fn enter(runtime: TokioHandle) -> Option<EnteredContext> {
    let in_guard = InGuard::start(runtime.id()).ok()?;
    let mut context = Box::pin(hold(runtime));
    let _pending = context.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    Some(EnteredContext { _context: context, _in_guard: in_guard })
}

/// Is in the context of `runtime` from the first poll to the drop. tokio's own guard borrows the runtime's handle, and a
/// future may own both.
async fn hold(runtime: TokioHandle) -> Infallible {
    let _context = runtime.enter();
    pending().await
}

/// In the order in which they are dropped.
struct EnteredContext {
    _context: Pin<Box<dyn Future<Output = Infallible>>>,
    _in_guard: InGuard,
}

/// Keeps its thread in the context of a loop, until dropped. From [`Handle::enter`].
///
/// # Panics
///
/// When it is dropped before one that was made later on the same thread.
///
/// # Examples
///
/// ```
/// let event_loop = bridge::EventLoop::new()?;
/// let context = event_loop.enter();
/// assert!(tokio::runtime::Handle::try_current().is_ok());
/// drop(context);
/// assert!(tokio::runtime::Handle::try_current().is_err());
/// # std::io::Result::Ok(())
/// ```
#[must_use = "the context is left when the guard is dropped"]
pub struct EnterGuard<'a> {
    entered: Option<EnteredContext>,
    _handle: PhantomData<&'a Handle>,
}

impl fmt::Debug for EnterGuard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnterGuard").field("is_entered", &self.entered.is_some()).finish()
    }
}
