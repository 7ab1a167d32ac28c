#[threadsafe]
trait Greet {
    type Name;

    async fn nothing(&self) {}

    async fn greet(&self, name: &str) -> String {
        self.say(format!("hello {name}")).await
    }

    async fn all<T>(self: Arc<Self>, mut names: Vec<T>, (a, _): (u8, Self::Name), #[cfg(unix)] fd: Fd) -> io::Result<T> {
        names.pop()
    }

    async fn forever(self) -> !
    where
        Self: Sized,
    {
        loop {}
    }
}
