use bridge::threadsafe;

#[threadsafe]
enum Answer {
    Yes,
}

fn main() {}
