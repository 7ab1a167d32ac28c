//! `Drop(method)`: a drop that awaits.

use std::panic::Location;
use std::time::Duration;

use super::held::Held;
use crate::instrument;
use crate::unwind::catch_and_drop;

/// The timeout of a drop that awaits, unless `facade!` names another.
pub const DROP_TIMEOUT: Duration = Duration::from_secs(5);

/// Awaits what `with` makes of the value, for `timeout` at most, also while the thread unwinds. A value whose loop has
/// ended, is driven by this thread, or is too late is dropped at once, in the loop's context.
///
/// A value on no loop yet, as a sync constructor or a `From` makes it, may be one to clean up all the same: the loop is started.
/// Where that fails, the value is dropped.
///
/// The handle's cancellers do not hold for it: what cleans up is to run after a Ctrl-C, too.
///
/// On an `EventLoop` a future that has started ends when the poll that is under way there has ended, as with every call.
///
/// It does not panic: the panic of the future, or of a destructor, has been reported by the panic hook.
#[track_caller]
pub fn drop_with<T, F>(held: Held<T>, timeout: Duration, with: impl FnOnce(T) -> F + Send)
where
    T: Send,          // the value goes to the thread that polls the future
    F: Future + Send, // a facade's futures are `Send`
{
    if held.is_empty() {
        return;
    }
    let site = Location::caller();
    // The expression of the list's `handle` may panic.
    let mut handle = None;
    catch_and_drop(|| handle = Some(held.on().try_handle().map(|handle| handle.to_clean_up(timeout))));
    let handle = match handle {
        Some(Ok(handle)) => handle,
        not_started => {
            if let Some(Err(error)) = not_started {
                instrument::not_awaited(&error, site);
            }
            return catch_and_drop(|| held);
        }
    };
    // One that is not polled drops what it holds. In a box, since a debug build copies it into each function on the way.
    let future = Box::pin(async move { drop(with(held.into_parts().0).await) });
    catch_and_drop(|| {
        if let Err(error) = handle.block_on_at(site, None, future) {
            instrument::not_awaited(&error, site);
        }
    });
}
