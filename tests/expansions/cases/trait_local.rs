#[threadsafe(local)]
trait Widget {
    async fn draw(&self, on: &Canvas);

    async fn size(&self) -> (u16, u16) {
        (1, 1)
    }
}
