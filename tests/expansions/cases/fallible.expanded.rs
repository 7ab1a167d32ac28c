/// Reads.
async fn read(id: u64) -> io::Result<u64> {
    Ok(id)
}
/**Blocking companion of [`read`]: runs it on the event loop of `handle`, and blocks until it returns.

Reads.

# Errors

Returns the errors of [`read`]. Also returns an error, converted from `bridge::Error`, if the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn read_blocking(handle: &::bridge::Handle, id: u64) -> io::Result<u64> {
    ::bridge::__private::call_fold(
        "read_blocking",
        handle,
        read(id),
        ::bridge::__private::fold,
    )
}
async fn count() -> usize {
    3
}
/**Blocking companion of [`count`]: runs it on the event loop of `handle`, and blocks until it returns.

# Errors

Returns a `bridge::Error` if the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn count_blocking(
    handle: &::bridge::Handle,
) -> ::core::result::Result<usize, ::bridge::Error> {
    ::bridge::__private::call_wrap("count_blocking", handle, count())
}
async fn wrapped() -> Result<u8, Mistake> {
    Ok(1)
}
/**Blocking companion of [`wrapped`]: runs it on the event loop of `handle`, and blocks until it returns.

# Errors

Returns a `bridge::Error` if the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn wrapped_blocking(
    handle: &::bridge::Handle,
) -> ::core::result::Result<Result<u8, Mistake>, ::bridge::Error> {
    ::bridge::__private::call_wrap("wrapped_blocking", handle, wrapped())
}
async fn folded() -> Answer {
    Ok(1)
}
/**Blocking companion of [`folded`]: runs it on the event loop of `handle`, and blocks until it returns.

# Errors

Returns the errors of [`folded`]. Also returns an error, converted from `bridge::Error`, if the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn folded_blocking(handle: &::bridge::Handle) -> Answer {
    ::bridge::__private::call_fold(
        "folded_blocking",
        handle,
        folded(),
        ::bridge::__private::fold,
    )
}
async fn limited(limit: u64) {}
/**Blocking companion of [`limited`]: runs it on the event loop of `handle`, and blocks until it returns.

# Errors

Returns a `bridge::Error` if the event loop of `handle` is closed, the call takes longer than its timeout, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn limited_blocking(
    handle: &::bridge::Handle,
    limit: u64,
) -> ::core::result::Result<(), ::bridge::Error> {
    let handle = ::bridge::Handle::__with_own_timeout(
        handle,
        Duration::from_millis(limit),
    );
    ::bridge::__private::call_wrap("limited_blocking", &handle, limited(limit))
}
async fn alias(id: u64) -> PyResult<String> {
    get(id).await
}
/**Blocking companion of [`alias`]: runs it on the event loop of `handle`, and blocks until it returns.

# Errors

Returns the errors of [`alias`]. Also returns an error, converted from `bridge::Error`, if the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn alias_blocking(handle: &::bridge::Handle, id: u64) -> PyResult<String> {
    ::bridge::__private::call_fold(
        "alias_blocking",
        handle,
        alias(id),
        ::bridge::__private::fold,
    )
}
async fn foreign(id: u64) -> Result<String, PyErr> {
    get(id).await
}
/**Blocking companion of [`foreign`]: runs it on the event loop of `handle`, and blocks until it returns.

# Errors

Returns the errors of [`foreign`]. Also returns an error, converted from `bridge::Error`, if the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn foreign_blocking(handle: &::bridge::Handle, id: u64) -> Result<String, PyErr> {
    ::bridge::__private::call_fold(
        "foreign_blocking",
        handle,
        foreign(id),
        crate::error::from_bridge,
    )
}
