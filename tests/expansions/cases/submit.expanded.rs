/// Doubles it.
async fn double(number: u64) -> u64 {
    number * 2
}
/**Blocking companion of [`double`]: runs it on `handle`'s event loop and waits for it.

Doubles it.

# Panics

As [`double`] does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
#[track_caller]
fn double_blocking(handle: &::bridge::Handle, number: u64) -> u64 {
    ::bridge::__private::call("double_blocking", handle, double(number))
}
/**Submits [`double`] to `handle`'s event loop and returns its task at once.

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
/**Blocking companion of [`generic`]: runs it on `handle`'s event loop and waits for it.

# Errors

Those of [`generic`], and, converted from the bridge's error, where the time is up, the event loop is closed or the calling thread is the event loop's own.*/
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
    let handle = ::bridge::Handle::with_timeout(handle, LIMIT);
    ::bridge::__private::call_fold(
        "run",
        &handle,
        generic::<T, F>(value, by, text, with),
        ::bridge::__private::fold,
    )
}
/**Submits [`generic`] to `handle`'s event loop and returns its task at once.

Nobody waits for it, so what is borrowed must be `'static`.*/
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
    /**Blocking companion of [`get`](Self::get): runs it on `handle`'s event loop and waits for it.

# Panics

As [`get`](Self::get) does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
    #[track_caller]
    fn get_blocking(self: Arc<Self>, handle: &::bridge::Handle, key: u64) -> T
    where
        T: ::core::marker::Send + ::core::marker::Sync,
    {
        ::bridge::__private::call("get_blocking", handle, Self::get(self, key))
    }
    ///Submits [`get`](Self::get) to `handle`'s event loop and returns its task at once.
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
