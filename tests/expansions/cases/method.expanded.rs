impl<'a, T> Client<'a, T> {
    /// Gets it.
    pub async fn get(&self, key: &str) -> Option<&T> {
        self.map.get(key)
    }
    /**Blocking companion of [`get`](Self::get): runs it on `handle`'s event loop and waits for it.

Gets it.

# Panics

As [`get`](Self::get) does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
    #[track_caller]
    pub fn get_blocking(&self, handle: &::bridge::Handle, key: &str) -> Option<&T> {
        ::bridge::__private::call("get_blocking", handle, Self::get(self, key))
    }
    async fn close(self) -> io::Result<()> {
        Ok(())
    }
    /**Blocking companion of [`close`](Self::close): runs it on an event loop and waits for it.

# Errors

Those of [`close`](Self::close).

# Panics

As [`close`](Self::close) does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
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
    /**Blocking companion of [`next`](Self::next): runs it on `handle`'s event loop and waits for it.

# Panics

As [`next`](Self::next) does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
    #[track_caller]
    fn next_blocking(self: Pin<&mut Self>, handle: &::bridge::Handle) -> Option<T> {
        ::bridge::__private::call("next_blocking", handle, Self::next(self))
    }
    async fn connect_async(address: &str) -> io::Result<Self> {
        Self::new(address)
    }
    /**Blocking companion of [`connect_async`](Self::connect_async): runs it on `handle`'s event loop and waits for it.

# Errors

Those of [`connect_async`](Self::connect_async).

# Panics

As [`connect_async`](Self::connect_async) does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
    #[track_caller]
    fn connect(handle: &::bridge::Handle, address: &str) -> io::Result<Self> {
        ::bridge::__private::call("connect", handle, Self::connect_async(address))
    }
}
impl Plain {
    async fn describe(&self, text: &str) -> impl Display {
        self.text(text)
    }
    /**Blocking companion of [`describe`](Self::describe): runs it on `handle`'s event loop and waits for it.

# Panics

As [`describe`](Self::describe) does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
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
