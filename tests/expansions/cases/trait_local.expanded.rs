trait Widget {
    fn draw(&self, on: &Canvas) -> impl ::core::future::Future<Output = ()>;
    /**Blocking companion of [`draw`](Self::draw): runs it on `handle`'s event loop and waits for it.

# Panics

As [`draw`](Self::draw) does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
    #[track_caller]
    fn draw_blocking(&self, handle: &::bridge::LocalHandle, on: &Canvas)
    where
        Self: ::core::marker::Sync,
    {
        ::bridge::__private::call_local(
            "draw_blocking",
            handle,
            move || Self::draw(self, on),
        )
    }
    fn size(&self) -> impl ::core::future::Future<Output = (u16, u16)> {
        async move {
            if false {
                return ::bridge::__private::returned::<(u16, u16)>();
            }
            (1, 1)
        }
    }
    /**Blocking companion of [`size`](Self::size): runs it on `handle`'s event loop and waits for it.

# Panics

As [`size`](Self::size) does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
    #[track_caller]
    fn size_blocking(&self, handle: &::bridge::LocalHandle) -> (u16, u16)
    where
        Self: ::core::marker::Sync,
    {
        ::bridge::__private::call_local(
            "size_blocking",
            handle,
            move || Self::size(self),
        )
    }
}
