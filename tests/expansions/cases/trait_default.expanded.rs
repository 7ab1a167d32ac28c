trait Greet {
    type Name;
    fn nothing(&self) -> impl ::core::future::Future<Output = ()> + ::core::marker::Send
    where
        Self: ::core::marker::Sync,
    {
        async move {}
    }
    /**Blocking companion of [`nothing`](Self::nothing): runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`nothing`](Self::nothing) panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
    #[track_caller]
    fn nothing_blocking(&self, handle: &::bridge::Handle)
    where
        Self: ::core::marker::Sync,
    {
        ::bridge::__private::call("nothing_blocking", handle, Self::nothing(self))
    }
    fn greet(
        &self,
        name: &str,
    ) -> impl ::core::future::Future<Output = String> + ::core::marker::Send
    where
        Self: ::core::marker::Sync,
    {
        async move {
            if false {
                return ::bridge::__private::returned::<String>();
            }
            self.say(format!("hello {name}")).await
        }
    }
    /**Blocking companion of [`greet`](Self::greet): runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`greet`](Self::greet) panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
    #[track_caller]
    fn greet_blocking(&self, handle: &::bridge::Handle, name: &str) -> String
    where
        Self: ::core::marker::Sync,
    {
        ::bridge::__private::call("greet_blocking", handle, Self::greet(self, name))
    }
    fn all<T: ::core::marker::Send>(
        self: Arc<Self>,
        names: Vec<T>,
        arg1: (u8, Self::Name),
        #[cfg(unix)]
        fd: Fd,
    ) -> impl ::core::future::Future<Output = io::Result<T>> + ::core::marker::Send
    where
        Self::Name: ::core::marker::Send,
        Self: ::core::marker::Send + ::core::marker::Sync,
    {
        async move {
            let _ = &self;
            if false {
                return ::bridge::__private::returned::<io::Result<T>>();
            }
            #[cfg(unix)]
            let fd = fd;
            match names {
                mut names => {
                    match arg1 {
                        arg1 => {
                            match arg1 {
                                (a, _) => names.pop(),
                            }
                        }
                    }
                }
            }
        }
    }
    /**Blocking companion of [`all`](Self::all): runs it on the event loop of `handle`, and blocks until it returns.

# Errors

Returns the errors of [`all`](Self::all).

# Panics

Panics if [`all`](Self::all) panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
    #[track_caller]
    fn all_blocking<T: ::core::marker::Send>(
        self: Arc<Self>,
        handle: &::bridge::Handle,
        names: Vec<T>,
        arg1: (u8, Self::Name),
        #[cfg(unix)]
        fd: Fd,
    ) -> io::Result<T>
    where
        Self::Name: ::core::marker::Send,
        Self: ::core::marker::Send + ::core::marker::Sync,
    {
        #[cfg(not(unix))]
        {
            ::bridge::__private::call(
                "all_blocking",
                handle,
                Self::all::<T>(self, names, arg1),
            )
        }
        #[cfg(unix)]
        {
            ::bridge::__private::call(
                "all_blocking",
                handle,
                Self::all::<T>(self, names, arg1, fd),
            )
        }
    }
    fn forever(
        self,
    ) -> impl ::core::future::Future<
        Output = <fn() -> ! as ::bridge::__private::Returns>::Output,
    > + ::core::marker::Send
    where
        Self: Sized,
        Self: ::core::marker::Send,
    {
        async move {
            let _ = &self;
            loop {}
        }
    }
    /**Blocking companion of [`forever`](Self::forever): runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`forever`](Self::forever) panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
    #[track_caller]
    fn forever_blocking(self, handle: &::bridge::Handle) -> !
    where
        Self: Sized,
        Self: ::core::marker::Send,
    {
        ::bridge::__private::call("forever_blocking", handle, Self::forever(self))
    }
}
