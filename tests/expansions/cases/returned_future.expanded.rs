fn length(text: &str) -> impl Future<Output = usize> + Send {
    async move { text.len() }
}
/**Blocking companion of [`length`]: runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`length`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn length_blocking(handle: &::bridge::Handle, text: &str) -> usize {
    ::bridge::__private::call(
        "length_blocking",
        handle,
        ::bridge::__private::future(move || length(text)),
    )
}
fn boxed<'a, T: Clone>(value: &'a T) -> Pin<Box<dyn Future<Output = T> + Send + 'a>> {
    Box::pin(async move { value.clone() })
}
/**Blocking companion of [`boxed`]: runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`boxed`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn boxed_blocking<'a, T: Clone + ::core::marker::Send + ::core::marker::Sync>(
    handle: &::bridge::Handle,
    value: &'a T,
) -> T {
    ::bridge::__private::call(
        "boxed_blocking",
        handle,
        ::bridge::__private::future(move || boxed::<T>(value)),
    )
}
fn alias(text: &str) -> BoxFuture<'_, io::Result<&str>> {
    Box::pin(async move { Ok(text) })
}
/**Blocking companion of [`alias`]: runs it on the event loop of `handle`, and blocks until it returns.

# Errors

Returns the errors of [`alias`]. Also returns an error, converted from `bridge::Error`, if the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn alias_blocking<'a>(handle: &::bridge::Handle, text: &'a str) -> io::Result<&'a str> {
    ::bridge::__private::call_fold(
        "alias_blocking",
        handle,
        ::bridge::__private::future(move || alias(text)),
        ::bridge::__private::fold,
    )
}
fn local(text: String) -> LocalBoxFuture<'static, ()> {
    Box::pin(async move { drop(Rc::new(text)) })
}
/**Blocking companion of [`local`]: runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`local`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn local_blocking(handle: &::bridge::LocalHandle, text: String) {
    ::bridge::__private::call_local("local_blocking", handle, move || local(text))
}
