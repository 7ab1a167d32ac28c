/// Doubles it.
async fn double(number: u64) -> u64 {
    number * 2
}
/**Blocking companion of [`double`]: runs it on the event loop of `handle`, and blocks until it returns.

Doubles it.

# Panics

Panics if [`double`] panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn double_blocking(handle: &::bridge::Handle, number: u64) -> u64 {
    ::bridge::__private::call("double_blocking", handle, double(number))
}
/**Submits [`double`] to the event loop of `handle`, and returns its `Task` at once.

Doubles it.*/
#[track_caller]
fn double_submit(handle: &::bridge::Handle, number: u64) -> ::bridge::Task<u64> {
    ::bridge::__private::submit(handle, double(number))
}
async fn generic<'a, T, F: Fn(&T) -> bool>(
    value: &'a T,
    by: F,
    text: &str,
    with: impl Display,
) -> io::Result<Found<'a>> {
    find(value, by)
}
/**Blocking companion of [`generic`]: runs it on the event loop of `handle`, and blocks until it returns.

# Errors

Returns the errors of [`generic`]. Also returns an error, converted from `bridge::Error`, if the event loop of `handle` is closed, the call takes longer than its timeout, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
#[track_caller]
fn run<
    'a,
    T: ::core::marker::Send + ::core::marker::Sync,
    F: Fn(&T) -> bool + ::core::marker::Send,
>(
    handle: &::bridge::Handle,
    value: &'a T,
    by: F,
    text: &str,
    with: impl Display + ::core::marker::Send,
) -> io::Result<Found<'a>> {
    let handle = ::bridge::Handle::__with_own_timeout(handle, LIMIT);
    ::bridge::__private::call_fold(
        "run",
        &handle,
        generic::<T, F>(value, by, text, with),
        ::bridge::__private::fold,
    )
}
/**Submits [`generic`] to the event loop of `handle`, and returns its `Task` at once.

The task keeps the arguments, so references among them must be `'static`.*/
#[allow(redundant_lifetimes)]
#[track_caller]
fn start<
    'a: 'static,
    T: ::core::marker::Send + ::core::marker::Sync + 'static,
    F: Fn(&T) -> bool + ::core::marker::Send + 'static,
>(
    handle: &::bridge::Handle,
    value: &'a T,
    by: F,
    text: &'static str,
    with: impl Display + ::core::marker::Send + 'static,
) -> ::bridge::Task<io::Result<Found<'a>>> {
    ::bridge::__private::submit(handle, generic::<T, F>(value, by, text, with))
}
impl<T> Client<T> {
    async fn get(self: Arc<Self>, key: u64) -> T {
        self.value(key)
    }
    /**Blocking companion of [`get`](Self::get): runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`get`](Self::get) panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
    #[track_caller]
    fn get_blocking(self: Arc<Self>, handle: &::bridge::Handle, key: u64) -> T
    where
        T: ::core::marker::Send + ::core::marker::Sync,
    {
        ::bridge::__private::call("get_blocking", handle, Self::get(self, key))
    }
    ///Submits [`get`](Self::get) to the event loop of `handle`, and returns its `Task` at once.
    #[track_caller]
    fn get_submit(
        self: Arc<Self>,
        handle: &::bridge::Handle,
        key: u64,
    ) -> ::bridge::Task<T>
    where
        T: ::core::marker::Send + ::core::marker::Sync + 'static,
        Self: 'static,
    {
        ::bridge::__private::submit(handle, Self::get(self, key))
    }
}
