mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client): Async; }
}
pub struct Client;

fn main() {}
