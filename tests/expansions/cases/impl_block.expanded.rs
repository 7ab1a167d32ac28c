impl<T: Clone, const N: usize> Pool<'_, T, N> {
    /// How many at most.
    pub const SIZE: usize = N;
    /// Makes one.
    pub async fn new(size: usize) -> Self {
        Pool::of(size)
    }
    /**Blocking companion of [`new`](Self::new): runs it on `handle`'s event loop and waits for it.

Makes one.

# Errors

Where a limit of the handle is up, the event loop is closed, or the calling thread is the event loop's own.*/
    #[track_caller]
    pub fn new_sync(
        handle: &::bridge::Handle,
        size: usize,
    ) -> ::core::result::Result<Self, ::bridge::Error>
    where
        T: ::core::marker::Send,
    {
        ::bridge::__private::call_wrap("new_sync", handle, Self::new(size))
    }
    /// Takes one out.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub async fn take(&mut self, index: usize) -> Result<T, Empty> {
        self.items.take(index)
    }
    /**Blocking companion of [`take`](Self::take): runs it on an event loop and waits for it.

Takes one out.

# Errors

Those of [`take`](Self::take), and, converted from the bridge's error, where a limit of the handle is up, the event loop is closed or the calling thread is the event loop's own.*/
    #[track_caller]
    pub fn take_sync(&mut self, index: usize) -> Result<T, Empty>
    where
        T: ::core::marker::Send,
    {
        let handle = ::core::clone::Clone::clone(
            ::bridge::__private::handle(&self.handle),
        );
        ::bridge::__private::call_fold(
            "take_sync",
            &handle,
            Self::take(self, index),
            ::bridge::__private::fold,
        )
    }
    async fn lend(self: Arc<Self>) -> T {
        self.item()
    }
    /**Blocking companion of [`lend`](Self::lend): runs it on an event loop and waits for it.

# Errors

Where the time is up, the event loop is closed, or the calling thread is the event loop's own.*/
    #[track_caller]
    fn lent(self: Arc<Self>) -> ::core::result::Result<T, ::bridge::Error>
    where
        T: ::core::marker::Send + ::core::marker::Sync,
    {
        let handle = ::bridge::Handle::with_timeout(
            ::bridge::__private::handle(&self.handle),
            self.limit,
        );
        ::bridge::__private::call_wrap("lent", &handle, Self::lend(self))
    }
    fn all(&self) -> BoxFuture<'_, Vec<T>> {
        Box::pin(async { self.items() })
    }
    /**Blocking companion of [`all`](Self::all): runs it on an event loop and waits for it.

# Errors

Where a limit of the handle is up, the event loop is closed, or the calling thread is the event loop's own.*/
    #[track_caller]
    fn all_sync(&self) -> ::core::result::Result<Vec<T>, ::bridge::Error>
    where
        T: ::core::marker::Send + ::core::marker::Sync,
    {
        ::bridge::__private::call_wrap(
            "all_sync",
            ::bridge::__private::handle(&self.handle),
            ::bridge::__private::future(move || Self::all(self)),
        )
    }
    async fn background(&self) {}
    fn reply(&self) -> impl Future<Output = T> {
        async { self.item() }
    }
    pub fn len(&self) -> usize {
        N
    }
}
