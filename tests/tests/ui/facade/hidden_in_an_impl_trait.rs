mod pool {
    pub struct Conn;
    pub struct Pool;

    #[bridge::threadsafe(facade = super::blocking)]
    impl Pool {
        pub async fn idle(&self) -> std::io::Result<impl Iterator<Item = Conn>> {
            Ok(std::iter::empty())
        }
    }
}
mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Conn(crate::pool::Conn); pub struct Pool(crate::pool::Pool); }
}
fn main() {}
