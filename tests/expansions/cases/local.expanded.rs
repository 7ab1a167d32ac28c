async fn length(text: &str, by: impl Fn(u8) -> bool) -> usize {
    Rc::new(text).len()
}
/**Blocking companion of [`length`]: runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`length`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn length_blocking(
    handle: &::bridge::LocalHandle,
    text: &str,
    by: impl Fn(u8) -> bool + ::core::marker::Send,
) -> usize {
    ::bridge::__private::call_local("length_blocking", handle, move || length(text, by))
}
async fn count<T>(of: Vec<T>) -> usize {
    of.len()
}
/**Blocking companion of [`count`]: runs it on an event loop, and blocks until it returns.

# Panics

Panics if [`count`] panics, the event loop is closed, or the call would deadlock.*/
#[track_caller]
fn count_blocking<T: ::core::marker::Send>(of: Vec<T>) -> usize {
    ::bridge::__private::call_local(
        "count_blocking",
        ::bridge::__private::local_handle(&LOOP),
        move || count::<T>(of),
    )
}
///Submits [`count`] to an event loop, and returns its `Task` at once.
#[track_caller]
fn count_submit<T: ::core::marker::Send + 'static>(of: Vec<T>) -> ::bridge::Task<usize> {
    ::bridge::__private::submit_local(
        ::bridge::__private::local_handle(&LOOP),
        move || count::<T>(of),
    )
}
