use bridge::threadsafe;

trait Fetch {}

#[threadsafe]
impl<T> Fetch for Vec<T> {}

fn main() {}
