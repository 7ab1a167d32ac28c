fn length(text: &str) -> impl Future<Output = usize> + Send {
    async move { text.len() }
}
/**Blocking companion of [`length`]: runs it on `handle`'s event loop and waits for it.

# Panics

As [`length`] does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
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
/**Blocking companion of [`boxed`]: runs it on `handle`'s event loop and waits for it.

# Panics

As [`boxed`] does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
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
/**Blocking companion of [`alias`]: runs it on `handle`'s event loop and waits for it.

# Errors

Those of [`alias`], and, converted from the bridge's error, where a limit of the handle is up, the event loop is closed or the calling thread is the event loop's own.*/
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
/**Blocking companion of [`local`]: runs it on `handle`'s event loop and waits for it.

# Panics

As [`local`] does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
#[track_caller]
fn local_blocking(handle: &::bridge::LocalHandle, text: String) {
    ::bridge::__private::call_local("local_blocking", handle, move || local(text))
}
