use bridge::threadsafe;

macro_rules! functions {
    () => {};
}

#[threadsafe]
functions!();

fn main() {}
