/// Doubles it.
#[threadsafe(submit)]
async fn double(number: u64) -> u64 {
    number * 2
}

#[threadsafe(submit = start, name = run, timeout = LIMIT)]
async fn generic<'a, T, F: Fn(&T) -> bool>(value: &'a T, by: F, text: &str, with: impl Display) -> io::Result<Found<'a>> {
    find(value, by)
}

#[threadsafe(submit)]
impl<T> Client<T> {
    async fn get(self: Arc<Self>, key: u64) -> T {
        self.value(key)
    }
}
