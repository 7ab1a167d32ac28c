bridge::facade! {
    pub struct TcpStream(tokio::net::TcpStream) {
        /// Connects.
        pub async fn connect(address: SocketAddr) -> io::Result<Self>;
        pub fn set_nodelay(&self, on: bool) -> io::Result<()>;
    }
}
