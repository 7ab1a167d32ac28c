use bridge::threadsafe;

#[threadsafe(submit)]
async fn length(text: &str) -> usize {
    text.len()
}

fn main() {
    let text = String::from("text");
    let task = length_submit(bridge::global(), &text);
    println!("{:?}", task.result());
}
