impl<'a, T> Client<'a, T> {
    /// Gets it.
    pub async fn get(&self, key: &str) -> Option<&T> {
        self.map.get(key)
    }
    /**Blocking companion of [`get`](Self::get): runs it on the event loop of `handle`, and blocks until it returns.

Gets it.

# Panics

Panics if [`get`](Self::get) panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
    #[track_caller]
    pub fn get_blocking(&self, handle: &::bridge::Handle, key: &str) -> Option<&T> {
        ::bridge::__private::call("get_blocking", handle, Self::get(self, key))
    }
    async fn close(self) -> io::Result<()> {
        Ok(())
    }
    /**Blocking companion of [`close`](Self::close): runs it on the event loop of `self`, and blocks until it returns.

# Errors

Returns the errors of [`close`](Self::close).

# Panics

Panics if [`close`](Self::close) panics, the event loop is closed, or the call would deadlock.*/
    #[track_caller]
    fn close_blocking(self) -> io::Result<()> {
        let handle = ::core::clone::Clone::clone(
            ::bridge::__private::handle(&self.handle),
        );
        ::bridge::__private::call("close_blocking", &handle, Self::close(self))
    }
    async fn next(self: Pin<&mut Self>) -> Option<T> {
        None
    }
    /**Blocking companion of [`next`](Self::next): runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`next`](Self::next) panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
    #[track_caller]
    fn next_blocking(self: Pin<&mut Self>, handle: &::bridge::Handle) -> Option<T> {
        ::bridge::__private::call("next_blocking", handle, Self::next(self))
    }
    async fn connect_async(address: &str) -> io::Result<Self> {
        Self::new(address)
    }
    /**Blocking companion of [`connect_async`](Self::connect_async): runs it on the event loop of `handle`, and blocks until it returns.

# Errors

Returns the errors of [`connect_async`](Self::connect_async).

# Panics

Panics if [`connect_async`](Self::connect_async) panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
    #[track_caller]
    fn connect(handle: &::bridge::Handle, address: &str) -> io::Result<Self> {
        ::bridge::__private::call("connect", handle, Self::connect_async(address))
    }
}
impl Plain {
    async fn describe(&self, text: &str) -> impl Display {
        self.text(text)
    }
    /**Blocking companion of [`describe`](Self::describe): runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`describe`](Self::describe) panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
    #[track_caller]
    fn describe_blocking<'arg0, 'arg1>(
        &'arg0 self,
        handle: &::bridge::Handle,
        text: &'arg1 str,
    ) -> impl Display + use<'arg0, 'arg1> {
        ::bridge::__private::call(
            "describe_blocking",
            handle,
            Self::describe(self, text),
        )
    }
}
