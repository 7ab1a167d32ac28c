mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(pub crate::Client); }
}
pub struct Client;

fn main() {}
