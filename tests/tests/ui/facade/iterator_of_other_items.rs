mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Lines(crate::Lines): Iterator<Item = u16>(next); }
}
pub struct Lines;
impl Lines {
    pub async fn next(&mut self) -> Option<u8> { None }
}

fn main() {}
