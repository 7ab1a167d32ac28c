async fn first_word(text: &str) -> &str {
    text
}
/**Blocking companion of [`first_word`]: runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`first_word`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn first_word_blocking<'a>(handle: &::bridge::Handle, text: &'a str) -> &'a str {
    ::bridge::__private::call("first_word_blocking", handle, first_word(text))
}
async fn named<'text>(text: &'text str, separators: &[char]) -> Words<'text> {
    Words::of(text, separators)
}
/**Blocking companion of [`named`]: runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`named`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn named_blocking<'text>(
    handle: &::bridge::Handle,
    text: &'text str,
    separators: &[char],
) -> Words<'text> {
    ::bridge::__private::call("named_blocking", handle, named(text, separators))
}
async fn called<'a>(text: &'a str, by: for<'b> fn(&'b str) -> &'b str) -> &'a str {
    by(text)
}
/**Blocking companion of [`called`]: runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`called`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn called_blocking<'a>(
    handle: &::bridge::Handle,
    text: &'a str,
    by: for<'b> fn(&'b str) -> &'b str,
) -> &'a str {
    ::bridge::__private::call("called_blocking", handle, called(text, by))
}
async fn without_handle(text: &str) -> &str {
    text
}
/**Blocking companion of [`without_handle`]: runs it on the process-wide event loop, and blocks until it returns.

# Panics

Panics if [`without_handle`] panics, the event loop cannot be started, or the call would deadlock.*/
#[track_caller]
fn without_handle_blocking(text: &str) -> &str {
    let handle = ::core::clone::Clone::clone(
        ::bridge::__private::handle(&bridge::global()),
    );
    ::bridge::__private::call("without_handle_blocking", &handle, without_handle(text))
}
