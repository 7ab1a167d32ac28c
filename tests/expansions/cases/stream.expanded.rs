fn numbers(end: u64) -> impl Stream<Item = u64> {
    stream::iter(0..end)
}
/**Blocking companion of [`numbers`]: runs the stream on `handle`'s event loop and gives its items.

# Panics

As [`numbers`] does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
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
/**Blocking companion of [`lines`]: runs the stream on `handle`'s event loop and gives its items.

# Panics

As [`lines`] does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
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
/**Blocking companion of [`events`]: runs the stream on `handle`'s event loop and gives its items.

# Errors

Where the time is up, the event loop is closed, or the calling thread is the event loop's own.*/
#[track_caller]
fn events_blocking(
    handle: &::bridge::Handle,
    name: &str,
) -> ::core::result::Result<::bridge::Iter<Event>, ::bridge::Error> {
    let handle = ::bridge::Handle::with_timeout(handle, Duration::from_secs(1));
    ::bridge::__private::iter_wrap("events_blocking", &handle, events(name))
}
fn results(end: u64) -> impl Stream<Item = io::Result<u64>> {
    stream::iter(0..end).map(Ok)
}
/**Blocking companion of [`results`]: runs the stream on `handle`'s event loop and gives its items.

# Errors

The items' own; and, converted from the bridge's error, one as the last item, where a limit of the handle is up, the event loop is closed or the calling thread is the event loop's own.*/
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
