use bridge::threadsafe;

struct Client {
    handle: bridge::Handle,
}

impl Client {
    #[threadsafe(handle = self.handle fallible)]
    async fn fetch(&self) {}
}

fn main() {}
