//! `Drop(method)`: a drop that awaits.

use std::panic::Location;
use std::time::Duration;

use super::held::Held;
use crate::instrument;
use crate::unwind::catch_and_drop;

/// The timeout of a drop that awaits, unless `facade!` names another.
pub const DROP_TIMEOUT: Duration = Duration::from_secs(5);

/// Awaits what `with` makes of the value, for `timeout` at most, also while the thread unwinds. A value whose loop has
/// ended, is driven by this thread, or is too late is dropped at once, in the loop's context. So is one whose loop no call
/// has asked for yet.
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
    let Some(handle) = held.on().known() else { return catch_and_drop(|| held) };
    let handle = handle.to_clean_up(timeout);
    // One that is not polled drops what it holds. In a box, since a debug build copies it into each function on the way.
    let future = Box::pin(async move { drop(with(held.into_parts().0).await) });
    let site = Location::caller();
    catch_and_drop(|| {
        if let Err(error) = handle.block_on_at(site, None, future) {
            instrument::not_awaited(&error, site);
        }
    });
}
