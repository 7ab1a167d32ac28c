async fn ping() {}
/**Blocking companion of [`ping`]: runs it on the event loop of `handle`, and blocks until it returns.

# Errors

Returns a `bridge::Error` if the event loop of `handle` is closed, the call takes longer than its timeout, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn ping_blocking(
    handle: &crate::vendored::bridge::Handle,
) -> ::core::result::Result<(), crate::vendored::bridge::Error> {
    let handle = crate::vendored::bridge::Handle::__with_own_timeout(handle, LIMIT);
    crate::vendored::bridge::__private::call_wrap("ping_blocking", &handle, ping())
}
