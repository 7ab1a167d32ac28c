impl<T: Clone, const N: usize> Pool<'_, T, N> {
    /// How many at most.
    pub const SIZE: usize = N;
    /// Makes one.
    pub async fn new(size: usize) -> Self {
        Pool::of(size)
    }
    /**Blocking companion of [`new`](Self::new): runs it on the event loop of `handle`, and blocks until it returns.

Makes one.

# Errors

Returns a `bridge::Error` if the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
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
    /**Blocking companion of [`take`](Self::take): runs it on the event loop of `self`, and blocks until it returns.

Takes one out.

# Errors

Returns the errors of [`take`](Self::take). Also returns an error, converted from `bridge::Error`, if the event loop is closed or the call would deadlock.*/
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
    /**Blocking companion of [`lend`](Self::lend): runs it on the event loop of `self`, and blocks until it returns.

# Errors

Returns a `bridge::Error` if the event loop is closed, the call takes longer than its timeout, or the call would deadlock.*/
    #[track_caller]
    fn lent(self: Arc<Self>) -> ::core::result::Result<T, ::bridge::Error>
    where
        T: ::core::marker::Send + ::core::marker::Sync,
    {
        let handle = ::bridge::Handle::__with_own_timeout(
            ::bridge::__private::handle(&self.handle),
            self.limit,
        );
        ::bridge::__private::call_wrap("lent", &handle, Self::lend(self))
    }
    fn all(&self) -> BoxFuture<'_, Vec<T>> {
        Box::pin(async { self.items() })
    }
    /**Blocking companion of [`all`](Self::all): runs it on the event loop of `self`, and blocks until it returns.

# Errors

Returns a `bridge::Error` if the event loop is closed or the call would deadlock.*/
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
