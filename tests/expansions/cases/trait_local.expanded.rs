trait Widget {
    fn draw(&self, on: &Canvas) -> impl ::core::future::Future<Output = ()>;
    /**Blocking companion of [`draw`](Self::draw): runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`draw`](Self::draw) panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
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
    /**Blocking companion of [`size`](Self::size): runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`size`](Self::size) panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
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
