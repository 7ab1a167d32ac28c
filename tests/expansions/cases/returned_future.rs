#[threadsafe]
fn length(text: &str) -> impl Future<Output = usize> + Send {
    async move { text.len() }
}

#[threadsafe]
fn boxed<'a, T: Clone>(value: &'a T) -> Pin<Box<dyn Future<Output = T> + Send + 'a>> {
    Box::pin(async move { value.clone() })
}

#[threadsafe(fallible)]
fn alias(text: &str) -> BoxFuture<'_, io::Result<&str>> {
    Box::pin(async move { Ok(text) })
}

#[threadsafe(local)]
fn local(text: String) -> LocalBoxFuture<'static, ()> {
    Box::pin(async move { drop(Rc::new(text)) })
}
