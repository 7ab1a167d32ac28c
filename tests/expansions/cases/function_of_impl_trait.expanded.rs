async fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ')
}
/**Blocking companion of [`words`]: runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`words`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn words_blocking<'a>(
    handle: &::bridge::Handle,
    text: &'a str,
) -> impl Iterator<Item = &'a str> + use<'a> {
    ::bridge::__private::call("words_blocking", handle, words(text))
}
async fn show<T: Copy>(text: &str, value: T, number: impl Into<u64>) -> impl Display {
    text.len()
}
/**Blocking companion of [`show`]: runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`show`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn show_blocking<
    'a,
    T: Copy + ::core::marker::Send,
    Arg0: Into<u64> + ::core::marker::Send,
>(
    handle: &::bridge::Handle,
    text: &'a str,
    value: T,
    number: Arg0,
) -> impl Display + use<'a, T, Arg0> {
    ::bridge::__private::call("show_blocking", handle, show::<T>(text, value, number))
}
async fn owned(text: &str) -> impl Display + use<> {
    3
}
/**Blocking companion of [`owned`]: runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`owned`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn owned_blocking(handle: &::bridge::Handle, text: &str) -> impl Display + use<> {
    ::bridge::__private::call("owned_blocking", handle, owned(text))
}
