#[async_trait]
pub trait Store: Send + Sync {
    async fn get(&self, key: &str) -> Option<String>;
    /**Blocking companion of [`get`](Self::get): runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`get`](Self::get) panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
    #[track_caller]
    fn get_blocking(&self, handle: &::bridge::Handle, key: &str) -> Option<String> {
        ::bridge::__private::call(
            "get_blocking",
            handle,
            <Self as Store>::get(self, key),
        )
    }
    async fn has(&self, key: &str) -> bool {
        self.get(key).await.is_some()
    }
    /**Blocking companion of [`has`](Self::has): runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`has`](Self::has) panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
    #[track_caller]
    fn has_blocking(&self, handle: &::bridge::Handle, key: &str) -> bool {
        ::bridge::__private::call(
            "has_blocking",
            handle,
            <Self as Store>::has(self, key),
        )
    }
}
trait Expanded {
    fn get<'life0, 'life1, 'async_trait>(
        &'life0 self,
        key: &'life1 str,
    ) -> ::core::pin::Pin<
        Box<
            dyn ::core::future::Future<
                Output = Option<String>,
            > + ::core::marker::Send + 'async_trait,
        >,
    >
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        Self: 'async_trait;
    /**Blocking companion of [`get`](Self::get): runs it on the event loop of `handle`, and blocks until it returns.

# Panics

Panics if [`get`](Self::get) panics, the event loop of `handle` is closed, a timeout or a canceller of `handle` ends the call, or the call would deadlock.*/
    #[track_caller]
    fn get_blocking<'life0, 'life1>(
        &'life0 self,
        handle: &::bridge::Handle,
        key: &'life1 str,
    ) -> Option<String> {
        ::bridge::__private::call("get_blocking", handle, Self::get(self, key))
    }
}
