/// Fetches the page with this number.
///
/// It is not cached.
pub async fn fetch(id: u64, name: &str) -> io::Result<String> {
    get(id, name).await
}
/**Blocking companion of [`fetch`]: runs it on `handle`'s event loop and waits for it.

Fetches the page with this number.

# Errors

Those of [`fetch`].

# Panics

As [`fetch`] does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
#[track_caller]
pub fn fetch_blocking(
    handle: &::bridge::Handle,
    id: u64,
    name: &str,
) -> io::Result<String> {
    ::bridge::__private::call("fetch_blocking", handle, fetch(id, name))
}
async fn ping() {}
/**Blocking companion of [`ping`]: runs it on `handle`'s event loop and waits for it.

# Panics

As [`ping`] does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
#[track_caller]
fn ping_blocking(handle: &::bridge::Handle) {
    ::bridge::__private::call("ping_blocking", handle, ping())
}
