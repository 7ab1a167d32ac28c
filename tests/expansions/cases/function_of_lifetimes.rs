// What was left out means what it meant in the async fn: never the handle's lifetime.

#[threadsafe]
async fn first_word(text: &str) -> &str {
    text
}

#[threadsafe]
async fn named<'text>(text: &'text str, separators: &[char]) -> Words<'text> {
    Words::of(text, separators)
}

#[threadsafe]
async fn called<'a>(text: &'a str, by: for<'b> fn(&'b str) -> &'b str) -> &'a str {
    by(text)
}

#[threadsafe(handle = bridge::global())]
async fn without_handle(text: &str) -> &str {
    text
}
