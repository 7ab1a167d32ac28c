mod put {
    pub struct Put;
}
pub use put::Put;

#[bridge::threadsafe(facade)]
impl crate::put::Put {
    pub async fn execute(&self) {}
}
mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Put(crate::Put); }
}

fn main() {}
