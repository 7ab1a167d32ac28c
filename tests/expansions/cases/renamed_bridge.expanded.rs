async fn ping() {}
/**Blocking companion of [`ping`]: runs it on `handle`'s event loop and waits for it.

# Errors

Where the time is up, the event loop is closed, or the calling thread is the event loop's own.*/
#[track_caller]
fn ping_blocking(
    handle: &crate::vendored::bridge::Handle,
) -> ::core::result::Result<(), crate::vendored::bridge::Error> {
    let handle = crate::vendored::bridge::Handle::with_timeout(handle, LIMIT);
    crate::vendored::bridge::__private::call_wrap("ping_blocking", &handle, ping())
}
