mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Lines(crate::Lines): Iterator<Item = u8>(next); }
}
pub struct Lines;
impl Lines {
    pub async fn next(&mut self) -> u8 { 0 }
}

fn main() {}
