/// Keeps things.
pub trait Store<T>: Base {
    type Key;
    /// Gets one.
    #[cfg(feature = "get")]
    fn get(
        &self,
        key: &Self::Key,
    ) -> impl ::core::future::Future<Output = Option<T>> + ::core::marker::Send;
    /**Blocking companion of [`get`](Self::get): runs it on `handle`'s event loop and waits for it.

Gets one.

# Panics

As [`get`](Self::get) does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
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
    /**Blocking companion of [`set`](Self::set): runs it on `handle`'s event loop and waits for it.

# Panics

As [`set`](Self::set) does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
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
    /**Blocking companion of [`close`](Self::close): runs it on `handle`'s event loop and waits for it.

# Errors

Those of [`close`](Self::close).

# Panics

As [`close`](Self::close) does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
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
