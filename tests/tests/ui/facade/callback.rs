use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Client(crate::Client); }
}
pub struct Client;

#[threadsafe(facade)]
impl Client {
    pub async fn each(&self, line: &mut dyn FnMut(&str)) {
        line("one");
    }
}

fn main() {}
