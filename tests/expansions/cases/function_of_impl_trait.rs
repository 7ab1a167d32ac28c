// A hidden output holds what the async fn's does, and not the handle.

#[threadsafe]
async fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ')
}

#[threadsafe]
async fn show<T: Copy>(text: &str, value: T, number: impl Into<u64>) -> impl Display {
    text.len()
}

#[threadsafe]
async fn owned(text: &str) -> impl Display + use<> {
    3
}
