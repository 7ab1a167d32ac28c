mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Plain(crate::Client<crate::Tokio>); }
}
pub struct Tokio;
pub struct Client<E>(E);

#[bridge::threadsafe(facade)]
impl<E: Send + Sync> Client<E> {
    pub async fn get(&self) {}
}

fn main() {}
