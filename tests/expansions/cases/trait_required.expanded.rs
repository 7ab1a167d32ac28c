/// Keeps things.
pub trait Store<T>: Base {
    type Key;
    /// Gets one.
    #[cfg(feature = "get")]
    fn get(
        &self,
        key: &Self::Key,
    ) -> impl ::core::future::Future<Output = Option<T>> + ::core::marker::Send;
    /**Blocking companion of [`get`](Self::get): runs it on the event loop of `handle`, and blocks until it returns.

Gets one.

# Panics

Panics if [`get`](Self::get) panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
    #[cfg(feature = "get")]
    #[track_caller]
    fn get_blocking(&self, handle: &::bridge::Handle, key: &Self::Key) -> Option<T>
    where
        T: ::core::marker::Send,
    {
        ::bridge::__private::call(
            "get_blocking",
            handle,
            <Self as Store<T>>::get(self, key),
        )
    }
    fn set<U: Into<T> + ::core::marker::Send + ::core::marker::Sync>(
        &mut self,
        key: Self::Key,
        value: &U,
        note: impl Display + ::core::marker::Send,
    ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
    /**Blocking companion of [`set`](Self::set): runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`set`](Self::set) panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
    #[track_caller]
    fn set_blocking<U: Into<T> + ::core::marker::Send + ::core::marker::Sync>(
        &mut self,
        handle: &::bridge::Handle,
        key: Self::Key,
        value: &U,
        note: impl Display + ::core::marker::Send,
    ) {
        ::bridge::__private::call(
            "set_blocking",
            handle,
            <Self as Store<T>>::set::<U>(self, key, value, note),
        )
    }
    fn close(
        self,
    ) -> impl ::core::future::Future<
        Output = Result<Self::Key, T>,
    > + ::core::marker::Send;
    /**Blocking companion of [`close`](Self::close): runs it on the event loop of `handle`, and blocks until it returns.

# Errors

Returns the errors of [`close`](Self::close).

# Panics

Panics if [`close`](Self::close) panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
    #[track_caller]
    fn close_blocking(self, handle: &::bridge::Handle) -> Result<Self::Key, T>
    where
        T: ::core::marker::Send,
        Self::Key: ::core::marker::Send,
        Self: ::core::marker::Sized,
    {
        ::bridge::__private::call(
            "close_blocking",
            handle,
            <Self as Store<T>>::close(self),
        )
    }
    fn background(
        &self,
    ) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send;
    fn len(&self) -> usize;
}
