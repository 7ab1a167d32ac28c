bridge::facade! {
    handle = bridge::shared();
    pub struct Set(tokio::task::JoinSet<u8>) {
        #[cfg_attr(feature = "brief", threadsafe(timeout = std::time::Duration::MAX))]
        pub async fn shutdown(&mut self);
    }
}
fn main() {}
