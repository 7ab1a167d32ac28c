#[async_trait]
pub trait Store: Send + Sync {
    async fn get(&self, key: &str) -> Option<String>;
    /**Blocking companion of [`get`](Self::get): runs it on `handle`'s event loop and waits for it.

# Panics

As [`get`](Self::get) does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
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
    /**Blocking companion of [`has`](Self::has): runs it on `handle`'s event loop and waits for it.

# Panics

As [`has`](Self::has) does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
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
    /**Blocking companion of [`get`](Self::get): runs it on `handle`'s event loop and waits for it.

# Panics

As [`get`](Self::get) does, and where the event loop is closed, a limit of the handle is up, or the calling thread is the event loop's own.*/
    #[track_caller]
    fn get_blocking<'life0, 'life1>(
        &'life0 self,
        handle: &::bridge::Handle,
        key: &'life1 str,
    ) -> Option<String> {
        ::bridge::__private::call("get_blocking", handle, Self::get(self, key))
    }
}
