use bridge::threadsafe;

mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Upload(Box<crate::Upload>); }
}
pub struct Upload;

#[threadsafe(facade)]
impl Upload {
    pub async fn abort(&self) {}
}

fn main() {}
