fn numbers(end: u64) -> impl Stream<Item = u64> {
    stream::iter(0..end)
}
/**Blocking companion of [`numbers`]: runs the stream on the event loop of `handle`, and returns an iterator of its items.

# Panics

Panics, in this call or in the iterator's `next`, if [`numbers`] or its stream panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn numbers_blocking(handle: &::bridge::Handle, end: u64) -> ::bridge::Iter<u64> {
    ::bridge::__private::iter(
        "numbers_blocking",
        handle,
        ::bridge::__private::made(move || numbers(end)),
    )
}
fn lines<T: Read>(from: T, name: &str) -> BoxStream<'_, io::Result<String>> {
    lines_of(from, name)
}
/**Blocking companion of [`lines`]: runs the stream on the event loop of `handle`, and returns an iterator of its items.

# Panics

Panics, in this call or in the iterator's `next`, if [`lines`] or its stream panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn lines_blocking<T: Read + ::core::marker::Send + 'static>(
    handle: &::bridge::Handle,
    from: T,
    name: &'static str,
) -> ::bridge::Iter<io::Result<String>> {
    ::bridge::__private::iter(
        "lines_blocking",
        handle,
        ::bridge::__private::made(move || lines::<T>(from, name)),
    )
}
async fn events(name: &str) -> Pin<Box<dyn Stream<Item = Event> + Send>> {
    subscribe(name).await
}
/**Blocking companion of [`events`]: runs the stream on the event loop of `handle`, and returns an iterator of its items.

# Errors

Returns a `bridge::Error` if the event loop of `handle` is closed, the call takes longer than its timeout, a timeout or a canceller of `handle` ends the call, or the call would deadlock.

# Panics

The iterator's `next` panics for the same reasons; its `next_timeout` returns the error.*/
#[track_caller]
fn events_blocking(
    handle: &::bridge::Handle,
    name: &str,
) -> ::core::result::Result<::bridge::Iter<Event>, ::bridge::Error> {
    let handle = ::bridge::Handle::__with_own_timeout(handle, Duration::from_secs(1));
    ::bridge::__private::iter_wrap("events_blocking", &handle, events(name))
}
fn results(end: u64) -> impl Stream<Item = io::Result<u64>> {
    stream::iter(0..end).map(Ok)
}
/**Blocking companion of [`results`]: runs the stream on the event loop of `handle`, and returns an iterator of its items.

# Errors

The iterator yields the errors of the stream. Its last item is an error, converted from `bridge::Error`, if the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn results_blocking(
    handle: &::bridge::Handle,
    end: u64,
) -> ::bridge::Iter<io::Result<u64>> {
    ::bridge::__private::iter_fold(
        "results_blocking",
        handle,
        ::bridge::__private::made(move || results(end)),
        |error| ::bridge::__private::failed(::bridge::__private::fold(error)),
    )
}
