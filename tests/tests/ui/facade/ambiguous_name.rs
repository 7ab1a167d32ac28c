mod blocking {
    bridge::facade! {
        handle = bridge::shared();
        pub struct Builder(crate::connection::Builder);
        pub struct ProxyBuilder(crate::proxy::Builder);
    }
}

mod connection {
    pub struct Builder;

    #[bridge::threadsafe(facade)]
    impl Builder {
        pub async fn build(&self) {}
    }
}

mod proxy {
    pub struct Builder;

    #[bridge::threadsafe(facade)]
    impl crate::proxy::Builder {
        pub fn new() -> Builder { Builder }
    }
}

fn main() {}
