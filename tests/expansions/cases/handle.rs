impl Client {
    #[threadsafe(handle = self.handle)]
    async fn place(&self, id: u64) {}

    #[threadsafe(handle = self.handle)]
    async fn moved(self) {}

    #[threadsafe(handle = self.lock().unwrap().handle)]
    async fn guarded(&self) {}

    #[threadsafe(handle = self.handle, timeout = self.limit)]
    async fn limited(&mut self) {}
}

#[threadsafe(handle = bridge::global(), submit)]
async fn global(id: u64) -> u64 {
    id
}

#[threadsafe(handle = bridge::shared(), docs = "Says its number.", attr(doc = "Any number."))]
async fn documented(id: u64) -> u64 {
    id
}

#[threadsafe(handle = bridge::global(), fallible)]
async fn attempted(id: u64) -> io::Result<u64> {
    Ok(id)
}

impl Client {
    #[threadsafe(handle = self.handle()?, fallible)]
    async fn asked(&self) -> io::Result<u64> {
        Ok(1)
    }

    #[threadsafe(handle = self.handle()?, fallible)]
    async fn asked_and_wrapped(&self) -> u64 {
        1
    }
}
