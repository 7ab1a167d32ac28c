async fn length(text: &str, by: impl Fn(u8) -> bool) -> usize {
    Rc::new(text).len()
}
/**Blocking companion of [`length`]: runs it on `handle`'s event loop and waits for it.

# Panics

As [`length`] does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
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
/**Blocking companion of [`count`]: runs it on an event loop and waits for it.

# Panics

As [`count`] does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
#[track_caller]
fn count_blocking<T: ::core::marker::Send>(of: Vec<T>) -> usize {
    ::bridge::__private::call_local(
        "count_blocking",
        ::bridge::__private::local_handle(&LOOP),
        move || count::<T>(of),
    )
}
///Submits [`count`] to an event loop and returns its task at once.
#[track_caller]
fn count_submit<T: ::core::marker::Send + 'static>(of: Vec<T>) -> ::bridge::Task<usize> {
    ::bridge::__private::submit_local(
        ::bridge::__private::local_handle(&LOOP),
        move || count::<T>(of),
    )
}
