// Where `async_trait` comes later.

#[threadsafe]
#[async_trait]
pub trait Store: Send + Sync {
    async fn get(&self, key: &str) -> Option<String>;

    async fn has(&self, key: &str) -> bool {
        self.get(key).await.is_some()
    }
}

// Where it has been.

#[threadsafe]
trait Expanded {
    fn get<'life0, 'life1, 'async_trait>(
        &'life0 self,
        key: &'life1 str,
    ) -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = Option<String>> + ::core::marker::Send + 'async_trait>>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        Self: 'async_trait;
}
