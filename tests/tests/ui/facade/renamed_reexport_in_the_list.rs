mod inner {
    pub struct Stream;

    #[bridge::threadsafe(facade = crate::blocking)]
    impl Stream {
        pub async fn get(&self) {}
    }
}
pub use inner::Stream as AsyncStream;
mod blocking {
    bridge::facade! { handle = bridge::shared(); pub struct Stream(crate::AsyncStream); }
}

fn main() {}
