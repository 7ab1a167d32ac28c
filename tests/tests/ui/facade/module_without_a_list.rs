use bridge::threadsafe;

mod sync {}
pub struct Client;

#[threadsafe(facade = crate::sync)]
impl Client {
    pub async fn get(&self) {}
}

fn main() {}
