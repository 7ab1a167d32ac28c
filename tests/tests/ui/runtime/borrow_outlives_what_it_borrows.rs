use bridge::threadsafe;

#[threadsafe]
async fn first_word(text: &str) -> &str {
    text.split(char::is_whitespace).next().unwrap_or(text)
}

fn main() {
    let text = String::from("two words");
    let word = first_word_blocking(bridge::global(), &text);
    drop(text);
    println!("{word}");
}
