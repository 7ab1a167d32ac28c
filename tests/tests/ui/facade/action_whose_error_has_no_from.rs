mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Find(crate::Find): IntoFuture; }
}
pub struct Find;
impl std::future::IntoFuture for Find {
    type Output = Result<u8, String>;
    type IntoFuture = std::future::Ready<Self::Output>;
    fn into_future(self) -> Self::IntoFuture { std::future::ready(Ok(1)) }
}

fn main() {}
