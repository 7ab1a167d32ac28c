async fn store<K: Hash, V>(map: &Map<K, V>, key: K, values: Arc<[V]>) -> Option<V>
where
    V: Clone,
{
    map.put(key, values)
}
/**Blocking companion of [`store`]: runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`store`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn store_blocking<K: Hash + ::core::marker::Send + ::core::marker::Sync, V>(
    handle: &::bridge::Handle,
    map: &Map<K, V>,
    key: K,
    values: Arc<[V]>,
) -> Option<V>
where
    V: ::core::marker::Send + ::core::marker::Sync,
    V: Clone,
{
    ::bridge::__private::call("store_blocking", handle, store::<K, V>(map, key, values))
}
async fn show(
    out: &mut impl Write,
    value: &impl Display,
    rest: impl Iterator<Item = u8>,
) {}
/**Blocking companion of [`show`]: runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`show`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn show_blocking(
    handle: &::bridge::Handle,
    out: &mut (impl Write + ::core::marker::Send),
    value: &(impl Display + ::core::marker::Send + ::core::marker::Sync),
    rest: impl Iterator<Item = u8> + ::core::marker::Send,
) {
    ::bridge::__private::call("show_blocking", handle, show(out, value, rest))
}
async fn last<I: Iterator>(items: I) -> Option<I::Item> {
    items.last()
}
/**Blocking companion of [`last`]: runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`last`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn last_blocking<I>(handle: &::bridge::Handle, items: I) -> Option<I::Item>
where
    I: Iterator + ::core::marker::Send,
    I::Item: ::core::marker::Send,
    I::Item: Send,
{
    ::bridge::__private::call("last_blocking", handle, last::<I>(items))
}
async fn fill<const N: usize, T: Copy + Send + Sync>(value: &T) -> [T; N] {
    [*value; N]
}
/**Blocking companion of [`fill`]: runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`fill`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn fill_blocking<const N: usize, T: Copy + Send + Sync>(
    handle: &::bridge::Handle,
    value: &T,
) -> [T; N] {
    ::bridge::__private::call("fill_blocking", handle, fill::<N, T>(value))
}
