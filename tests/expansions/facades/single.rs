#[threadsafe(facade = pub BlockingCounter, facade_attr(derive(Debug)))]
impl<T: Clone> Counter<T> {
    pub async fn start(at: &T) -> Self {
        Counter(at.clone())
    }

    pub async fn value(&self) -> T {
        self.0.clone()
    }
}
