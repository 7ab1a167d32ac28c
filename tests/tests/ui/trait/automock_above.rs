// What `#[automock]` makes of a trait with `#[threadsafe]` below it.
#[bridge::threadsafe]
struct MockStore;

fn main() {
    let _ = MockStore;
}
