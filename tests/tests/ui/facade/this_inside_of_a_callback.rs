use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Find(crate::Find); }
}
pub struct Find;

#[threadsafe(facade)]
pub trait Action: Send + Sync + Sized {
    fn optional<V, F: FnOnce(Self, V) -> Self>(self, value: Option<V>, apply: F) -> Self;
}

fn main() {}
