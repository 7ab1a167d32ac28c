/// Fetches the page with this number.
///
/// It is not cached.
pub async fn fetch(id: u64, name: &str) -> io::Result<String> {
    get(id, name).await
}
/**Blocking companion of [`fetch`]: runs it on the event loop of `handle`, and blocks until it returns.

Fetches the page with this number.

# Errors

Returns the errors of [`fetch`].

# Panics

Panics if [`fetch`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
pub fn fetch_blocking(
    handle: &::bridge::Handle,
    id: u64,
    name: &str,
) -> io::Result<String> {
    ::bridge::__private::call("fetch_blocking", handle, fetch(id, name))
}
async fn ping() {}
/**Blocking companion of [`ping`]: runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`ping`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn ping_blocking(handle: &::bridge::Handle) {
    ::bridge::__private::call("ping_blocking", handle, ping())
}
